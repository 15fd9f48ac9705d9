using System.Globalization;
using System.Text.Json.Nodes;
using Gantry.Lab.Maas.Json;
using Gantry.Lab.Maas.Rows;

namespace Gantry.Lab.Maas.Networks;

/// <summary>The statistics of a subnet in MAAS.</summary>
internal static class SubnetFigures
{
    public static JsonArray Free(RegionState state, SubnetRow subnet) =>
        [.. AddressPlan.Free(state, subnet).Select(range => (JsonNode)Shown(range.Start, range.End))];

    public static JsonArray Reserved(RegionState state, SubnetRow subnet) =>
        [.. InUse(state, subnet).Select(range => (JsonNode)range.Json)];

    private static List<(uint Start, JsonObject Json)> InUse(RegionState state, SubnetRow subnet)
    {
        var ranges = state
            .Ranges.All.Where(range => range.SubnetId == subnet.Id)
            .Select(range =>
                (Start: AddressPlan.Number(range.StartIp), End: AddressPlan.Number(range.EndIp), Purpose: range.Type)
            )
            .ToList();
        var reserved = ranges.ToList();
        foreach (var (ip, purpose) in AddressPlan.Taken(state, subnet))
        {
            if (reserved.Exists(range => range.Start <= ip && ip <= range.End))
            {
                continue;
            }

            if (ranges.FindIndex(range => range.End + 1 == ip && range.Purpose == purpose) is >= 0 and var before)
            {
                ranges[before] = ranges[before] with { End = ip };
            }
            else
            {
                ranges.Add((ip, ip, purpose));
            }
        }

        return
        [
            .. ranges
                .OrderBy(range => range.Start)
                .Select(range => (range.Start, With(Shown(range.Start, range.End), range.Purpose.Split(' ')))),
        ];
    }

    private static JsonObject With(JsonObject range, params IEnumerable<string> purposes)
    {
        range["purpose"] = new JsonArray([.. purposes.Order(StringComparer.Ordinal).Select(purpose => (JsonNode?)purpose)]);
        return range;
    }

    public static JsonObject Statistics(RegionState state, SubnetRow subnet, bool includeRanges)
    {
        var (network, prefix) = AddressPlan.Parse(subnet.Cidr);
        var total = prefix >= 31 ? 1L << (32 - prefix) : (1L << (32 - prefix)) - 2;
        var free = AddressPlan.Free(state, subnet).Select(range => (long)(range.End - range.Start) + 1).ToList();
        var available = free.Sum();
        var usage = total == 0 ? 1 : (total - available) / (double)total;
        var statistics = new JsonObject
        {
            ["num_available"] = available,
            ["largest_available"] = free.DefaultIfEmpty(0).Max(),
            ["num_unavailable"] = total - available,
            ["total_addresses"] = total,
            ["usage"] = usage,
            ["usage_string"] = usage.ToString("0%", CultureInfo.InvariantCulture),
            ["available_string"] = (1 - usage).ToString("0%", CultureInfo.InvariantCulture),
            ["first_address"] = AddressPlan.Text(network + 1),
            ["last_address"] = AddressPlan.Text((uint)(network + total)),
            ["ip_version"] = 4,
        };
        if (includeRanges)
        {
            var unused = AddressPlan
                .Free(state, subnet)
                .Select(range => (range.Start, Json: With(Shown(range.Start, range.End), "unused")));
            statistics["ranges"] = new JsonArray([
                .. InUse(state, subnet).Concat(unused).OrderBy(range => range.Start).Select(range => (JsonNode)range.Json),
            ]);
        }

        return statistics;
    }

    public static JsonArray Addresses(RegionState state, SubnetRow subnet)
    {
        var reserved = state
            .Addresses.All.Where(address => address.SubnetId == subnet.Id)
            .Select(address =>
                (
                    address.Ip,
                    Json: new JsonObject
                    {
                        ["ip"] = address.Ip,
                        ["alloc_type"] = 4,
                        ["alloc_type_name"] = "User reserved",
                        ["created"] = Created(address.Created),
                        ["updated"] = Created(address.Created),
                        ["user"] = address.Owner,
                    }
                )
            );
        var machines = state.Machines.All.SelectMany(machine =>
            machine.Nics.SelectMany(nic =>
                nic.Links.Where(link => link.SubnetId == subnet.Id && link.Ip is not null)
                    .Select(link =>
                        (
                            Ip: link.Ip!,
                            Json: new JsonObject
                            {
                                ["ip"] = link.Ip,
                                ["alloc_type"] = link.Mode == LinkMode.Static ? 1 : 0,
                                ["alloc_type_name"] = link.Mode == LinkMode.Static ? "Sticky" : "Automatic",
                                ["user"] = machine.Owner,
                                ["node_summary"] = new JsonObject
                                {
                                    ["system_id"] = machine.SystemId,
                                    ["node_type"] = 0,
                                    ["node_type_name"] = "Machine",
                                    ["hostname"] = machine.Hostname,
                                    ["fqdn"] = $"{machine.Hostname}.{state.Domains.Find(machine.DomainId)!.Name}",
                                    ["via"] = nic.Name,
                                    ["is_container"] = false,
                                },
                            }
                        )
                    )
            )
        );
        return
        [
            .. reserved
                .Concat(machines)
                .OrderBy(address => AddressPlan.Number(address.Ip))
                .Select(address => (JsonNode)address.Json),
        ];
    }

    private static JsonObject Shown(uint start, uint end) =>
        new()
        {
            ["start"] = AddressPlan.Text(start),
            ["end"] = AddressPlan.Text(end),
            ["num_addresses"] = (long)(end - start) + 1,
        };

    private static string Created(DateTimeOffset at) => at.ToString("ddd, dd MMM'.' yyyy HH:mm:ss", CultureInfo.InvariantCulture);
}
