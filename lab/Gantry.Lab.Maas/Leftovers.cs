using System.Text.Json.Nodes;
using Gantry.Lab.Maas.Json;
using Gantry.Lab.Maas.Rows;

namespace Gantry.Lab.Maas;

/// <summary>Resources in use that were not in the seed; empty after every resource has been released.</summary>
internal static class Leftovers
{
    private const string SeedOwned = "lab-seed-owned";

    /// <summary>Records the seeded resources; called once, after the seed has filled the region.</summary>
    public static void RememberSeed(RegionState state) =>
        state.Settings.Put(
            new SettingRow(
                SeedOwned,
                string.Join(
                    ' ',
                    Held(state)
                        .Select(machine => machine.SystemId)
                        .Concat(state.Addresses.All.Select(address => address.Ip))
                        .Concat(state.DnsResources.All.Select(resource => NetworkJson.Fqdn(state, resource)))
                )
            )
        );

    public static JsonObject Of(RegionState state)
    {
        var seed = (state.Settings.Find(SeedOwned)?.Value ?? "").Split(' ').ToHashSet();
        return new JsonObject
        {
            ["machines"] = new JsonArray([
                .. Held(state)
                    .Where(machine => !seed.Contains(machine.SystemId))
                    .Select(machine =>
                        (JsonNode)
                            new JsonObject
                            {
                                ["systemId"] = machine.SystemId,
                                ["hostname"] = machine.Hostname,
                                ["status"] = MachineStatus.Label(machine.Status),
                                ["owner"] = machine.Owner,
                            }
                    ),
            ]),
            ["addresses"] = new JsonArray([
                .. state.Addresses.All.Select(address => address.Ip).Where(ip => !seed.Contains(ip)).Select(ip => (JsonNode?)ip),
            ]),
            ["dnsRecords"] = new JsonArray([
                .. state
                    .DnsResources.All.Select(resource => NetworkJson.Fqdn(state, resource))
                    .Where(fqdn => !seed.Contains(fqdn))
                    .Select(fqdn => (JsonNode?)fqdn),
            ]),
        };
    }

    private static IEnumerable<MachineRow> Held(RegionState state) =>
        state.MachinesById.Where(machine => machine.Owner is not null);
}
