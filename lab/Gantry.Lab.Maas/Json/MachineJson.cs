using System.Text.Json.Nodes;
using Gantry.Lab.Maas.Networks;
using Gantry.Lab.Maas.Rows;

namespace Gantry.Lab.Maas.Json;

/// <summary>The JSON of a machine in MAAS 3.7: every key, with the recorded types.</summary>
internal static class MachineJson
{
    private static readonly string[] ScriptKinds = ["cpu", "memory", "network", "interface", "other"];

    private static readonly string[] AnonymousFields =
    [
        "system_id",
        "hostname",
        "domain",
        "fqdn",
        "architecture",
        "status",
        "power_type",
        "power_state",
        "zone",
        "status_action",
        "status_message",
        "status_name",
        "node_type",
        "resource_uri",
    ];

    public static JsonObject Machine(RegionState state, MachineRow machine)
    {
        var domain = state.Domains.Find(machine.DomainId)!;
        var zone = state.Zones.All.First(one => one.Id == machine.ZoneId);
        var pool = state.Pools.Find(machine.PoolId)!;
        var gateway = DefaultRoute.GatewayOf(state, DefaultRoute.Of(state, machine));
        var commissioning = machine.CommissioningStatus ?? (machine.Commissioned ? 2 : -1);
        var testing = machine.TestingStatus ?? (machine.Commissioned ? 0 : -1);
        var json = new JsonObject
        {
            ["system_id"] = machine.SystemId,
            ["hostname"] = machine.Hostname,
            ["fqdn"] = $"{machine.Hostname}.{domain.Name}",
            ["description"] = machine.Description,
            ["hardware_uuid"] = machine.HardwareUuid,
            ["domain"] = NetworkJson.Domain(state, domain),
            ["owner"] = machine.Owner,
            ["owner_data"] = Texts(machine.OwnerData),
            ["workload_annotations"] = Texts(machine.OwnerData),
            ["locked"] = machine.Locked,
            ["architecture"] = machine.Architecture,
            ["min_hwe_kernel"] = machine.MinHweKernel,
            ["hwe_kernel"] = machine.HweKernel,
            ["cpu_count"] = machine.CpuCount,
            ["cpu_speed"] = machine.CpuSpeed,
            ["memory"] = machine.Memory,
            ["swap_size"] = machine.SwapSize,
            ["storage"] = Megabytes(machine.Disks.Sum(disk => disk.Size)),
            ["status"] = machine.Status,
            ["status_name"] = MachineStatus.Label(machine.Status),
            ["status_message"] = machine.StatusMessage,
            ["status_action"] = machine.StatusMessage is null ? null : machine.StatusAction,
            ["error_description"] = machine.ErrorDescription,
            ["osystem"] = machine.Osystem,
            ["distro_series"] = machine.DistroSeries,
            ["ephemeral_deploy"] = machine.EphemeralDeploy,
            ["netboot"] = machine.Netboot,
            ["enable_kernel_crash_dump"] = false,
            ["enable_hw_sync"] = machine.EnableHwSync,
            ["last_sync"] = null,
            ["sync_interval"] = null,
            ["next_sync"] = null,
            ["is_dpu"] = machine.IsDpu,
            ["power_type"] = machine.PowerType,
            ["power_state"] = machine.PowerState,
            ["bios_boot_method"] = machine.BiosBootMethod,
            ["tag_names"] = new JsonArray([.. machine.Tags.Select(tag => (JsonNode?)tag)]),
            ["address_ttl"] = null,
            ["ip_addresses"] = new JsonArray([.. Addresses(machine).Select(ip => (JsonNode?)ip)]),
            ["zone"] = OtherJson.Zone(zone),
            ["pool"] = OtherJson.Pool(pool),
            ["node_type"] = 0,
            ["node_type_name"] = "Machine",
            ["disable_ipv4"] = false,
            ["parent"] = null,
            ["pod"] = null,
            ["virtualmachine_id"] = null,
            ["default_gateways"] = new JsonObject
            {
                ["ipv4"] = new JsonObject { ["gateway_ip"] = gateway, ["link_id"] = machine.GatewayLinkId },
                ["ipv6"] = new JsonObject { ["gateway_ip"] = null, ["link_id"] = null },
            },
            ["boot_interface"] = machine.Nics.Count > 0 ? Nic(state, machine, machine.Nics[0]) : null,
            ["interface_set"] = new JsonArray([.. machine.Nics.Select(nic => (JsonNode)Nic(state, machine, nic))]),
            ["boot_disk"] = machine.Disks.Count > 0 ? StorageJson.Disk(machine, machine.Disks[0]) : null,
            ["blockdevice_set"] = StorageJson.All(machine),
            ["physicalblockdevice_set"] = StorageJson.PhysicalOnly(machine),
            ["virtualblockdevice_set"] = StorageJson.VirtualOnly(machine),
            ["volume_groups"] = StorageJson.VolumeGroups(machine),
            ["raids"] = new JsonArray(),
            ["bcaches"] = new JsonArray(),
            ["cache_sets"] = new JsonArray(),
            ["special_filesystems"] = new JsonArray(),
            ["numanode_set"] = new JsonArray(
                new JsonObject
                {
                    ["index"] = 0,
                    ["memory"] = machine.Memory,
                    ["cores"] = new JsonArray([.. Enumerable.Range(0, machine.CpuCount).Select(core => (JsonNode?)core)]),
                    ["hugepages_set"] = new JsonArray(),
                }
            ),
            ["hardware_info"] = Texts(machine.HardwareInfo),
            ["commissioning_status"] = commissioning,
            ["commissioning_status_name"] = StatusName(commissioning),
            ["testing_status"] = testing,
            ["testing_status_name"] = StatusName(testing),
            ["storage_test_status"] = testing,
            ["storage_test_status_name"] = StatusName(testing),
            ["current_commissioning_result_id"] = machine.CommissioningResult,
            ["current_testing_result_id"] = machine.TestingResult,
            ["current_installation_result_id"] = machine.InstallationResult,
            ["resource_uri"] = $"/MAAS/api/2.0/machines/{machine.SystemId}/",
        };
        foreach (var kind in ScriptKinds)
        {
            json[$"{kind}_test_status"] = -1;
            json[$"{kind}_test_status_name"] = "Unknown";
        }

        return json;
    }

    /// <summary>Python prints a float with a decimal point even for a whole number; a decimal keeps the point.</summary>
    private static JsonNode Megabytes(long bytes) => JsonValue.Create((bytes / 1_000_000m) + 0.0m);

    /// <summary>The configured addresses, or else those discovered by commissioning.</summary>
    public static IReadOnlyList<string> Addresses(MachineRow machine)
    {
        var configured = machine.Nics.SelectMany(nic => nic.Links).Select(link => link.Ip).OfType<string>().ToList();
        return configured.Count > 0 ? configured : [.. machine.Nics.Select(nic => nic.DiscoveredIp).OfType<string>()];
    }

    public static JsonObject Nic(RegionState state, MachineRow machine, NicRow nic) =>
        NicJson.Nic(state, machine.SystemId, machine.Nics, nic);

    /// <summary>The part of a machine that MAAS shows to a machine that enlists itself, without a key.</summary>
    public static JsonObject Anonymous(RegionState state, MachineRow machine)
    {
        var whole = Machine(state, machine);
        var part = new JsonObject();
        foreach (var name in AnonymousFields)
        {
            part[name] = whole[name]?.DeepClone();
        }

        part["domain"]!.AsObject().Remove("resource_uri");
        part["zone"]!.AsObject().Remove("resource_uri");
        return part;
    }

    public static string StatusName(int status) =>
        status switch
        {
            0 => "Pending",
            1 => "Running",
            2 => "Passed",
            3 => "Failed",
            4 => "Timed out",
            5 => "Aborted",
            _ => "Unknown",
        };

    private static JsonObject Texts(IReadOnlyDictionary<string, string> values) =>
        new(values.Select(value => KeyValuePair.Create(value.Key, (JsonNode?)value.Value)));
}
