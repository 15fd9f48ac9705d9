using System.Text.Json;
using System.Text.Json.Nodes;
using Gantry.Lab.Maas.Rows;

namespace Gantry.Lab.Maas.Machines;

/// <summary>The ways in which MAAS switches machines on and off, and what each has to know.</summary>
internal static class PowerTypes
{
    private const string Prefix = "power_parameters_";

    public static IReadOnlyList<string> All { get; } =
    [
        "amt",
        "apc",
        "dli",
        "eaton",
        "hmc",
        "hmcz",
        "ipmi",
        "lxd",
        "manual",
        "moonshot",
        "mscm",
        "msftocs",
        "nova",
        "openbmc",
        "proxmox",
        "raritan",
        "recs_box",
        "redfish",
        "sm15k",
        "ucsm",
        "virsh",
        "vmware",
        "webhook",
        "wedge",
    ];

    public static bool NeedsAddress(string type) => type is "ipmi" or "redfish" or "amt" or "openbmc" or "virsh" or "lxd";

    /// <summary>The parameters of a form, each as a field of its own or all in one as JSON.</summary>
    public static IReadOnlyDictionary<string, string> Parameters(Parameters form)
    {
        var found = new Dictionary<string, string>();
        if (form.Filled("power_parameters") is { } json)
        {
            try
            {
                foreach (var (name, value) in JsonNode.Parse(json) as JsonObject ?? [])
                {
                    found[name] = value?.ToString() ?? "";
                }
            }
            catch (JsonException)
            {
                throw RegionFault.Field("power_parameters", "The JSON provided is invalid.");
            }
        }

        foreach (
            var (name, value) in form.Fields.Where(field =>
                field.Key.StartsWith(Prefix, StringComparison.Ordinal) && field.Key != Prefix + "skip_check"
            )
        )
        {
            found[name[Prefix.Length..]] = value;
        }

        return found;
    }

    /// <summary>The parameters of a machine: those that were set, or those of the lab's BMC of it.</summary>
    public static IReadOnlyDictionary<string, string> Of(MachineRow machine) =>
        machine.PowerParameters
        ?? (
            machine.PowerType is "ipmi"
                ? new Dictionary<string, string>
                {
                    ["power_address"] = $"bmc-{machine.SystemId}",
                    ["power_user"] = "maas",
                    ["power_pass"] = "",
                }
                : []
        );

    /// <summary>The parameters as MAAS shows them, with the defaults of the type.</summary>
    public static JsonObject Shown(MachineRow machine)
    {
        var json = machine.PowerType is "ipmi"
            ? new JsonObject
            {
                ["power_driver"] = "LAN_2_0",
                ["power_boot_type"] = "auto",
                ["power_address"] = "",
                ["power_user"] = "",
                ["power_pass"] = "",
                ["k_g"] = "",
                ["cipher_suite_id"] = "3",
                ["privilege_level"] = "OPERATOR",
                ["workaround_flags"] = new JsonArray("opensesspriv"),
                ["mac_address"] = "",
                ["power_off_mode"] = "hard",
            }
            : [];
        foreach (var (name, value) in Of(machine))
        {
            json[name] = value;
        }

        return json;
    }
}
