using System.Text.Json.Nodes;
using Gantry.Lab.Maas.Json;
using Gantry.Lab.Maas.Routing;

namespace Gantry.Lab.Maas.Server;

/// <summary><c>rackcontrollers/</c> and <c>regioncontrollers/</c>: the lab has one rack, of which nothing is known but its name.</summary>
internal sealed class ControllersResource(RegionState state)
{
    private const string SystemId = "r4ckfk";

    private static readonly string[] Services =
    [
        "ntp_rack",
        "http",
        "rackd",
        "tftp",
        "syslog_rack",
        "proxy_rack",
        "dhcpd6",
        "agent",
        "dhcpd",
    ];

    private static readonly string[] Hardware =
    [
        "system_vendor",
        "system_product",
        "system_family",
        "system_version",
        "system_sku",
        "system_serial",
        "cpu_model",
        "mainboard_vendor",
        "mainboard_product",
        "mainboard_serial",
        "mainboard_version",
        "mainboard_firmware_vendor",
        "mainboard_firmware_date",
        "mainboard_firmware_version",
        "chassis_vendor",
        "chassis_type",
        "chassis_serial",
        "chassis_version",
    ];

    private static readonly string[] Tests =
    [
        "commissioning",
        "testing",
        "cpu_test",
        "memory_test",
        "network_test",
        "interface_test",
        "storage_test",
        "other_test",
    ];

    public IEnumerable<Resource> Resources =>
        [
            new("RackControllers", "rackcontrollers/", Operation.Read(_ => RegionAnswer.JsonList([Rack()]))),
            new(
                "RackController",
                "rackcontrollers/{system_id}/",
                Operation.Read(request =>
                    request.At("system_id") == SystemId ? RegionAnswer.Json(Rack()) : throw RegionFault.Missing("RackController")
                )
            ),
            new("RegionControllers", "regioncontrollers/", Operation.Read(_ => RegionAnswer.JsonList([]))),
        ];

    private JsonObject Rack()
    {
        var rack = new JsonObject
        {
            ["system_id"] = SystemId,
            ["hostname"] = "fakerack",
            ["fqdn"] = $"fakerack.{state.DefaultDomain.Name}",
            ["domain"] = NetworkJson.Domain(state, state.DefaultDomain),
            ["description"] = "",
            ["hardware_uuid"] = null,
            ["architecture"] = "amd64/generic",
            ["cpu_count"] = 0,
            ["cpu_speed"] = 0,
            ["memory"] = 0,
            ["swap_size"] = null,
            ["osystem"] = "",
            ["distro_series"] = "",
            ["power_type"] = "",
            ["power_state"] = "unknown",
            ["ip_addresses"] = new JsonArray(),
            ["interface_set"] = new JsonArray(),
            ["zone"] = OtherJson.Zone(state.DefaultZone),
            ["status_action"] = null,
            ["node_type"] = 2,
            ["node_type_name"] = "Rack controller",
            ["current_commissioning_result_id"] = null,
            ["current_testing_result_id"] = null,
            ["current_installation_result_id"] = null,
            ["version"] = null,
            ["service_set"] = new JsonArray([
                .. Services.Select(name =>
                    (JsonNode)
                        new JsonObject
                        {
                            ["name"] = name,
                            ["status"] = "unknown",
                            ["status_info"] = "",
                        }
                ),
            ]),
            ["tag_names"] = new JsonArray(),
            ["hardware_info"] = new JsonObject(Hardware.Select(name => KeyValuePair.Create(name, (JsonNode?)"Unknown"))),
            ["resource_uri"] = $"/MAAS/api/2.0/rackcontrollers/{SystemId}/",
        };
        foreach (var test in Tests)
        {
            rack[$"{test}_status"] = -1;
            rack[$"{test}_status_name"] = "Unknown";
        }

        return rack;
    }
}
