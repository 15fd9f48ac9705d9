using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using Gantry.Lab.Maas.Rows;

namespace Gantry.Lab.Maas.Networks;

/// <summary>The used IPv4 addresses of a subnet and their purposes.</summary>
internal static class AddressPlan
{
    public static (uint Network, int Prefix) Parse(string cidr)
    {
        var slash = cidr.IndexOf('/', StringComparison.Ordinal);
        var prefix = int.Parse(cidr[(slash + 1)..], CultureInfo.InvariantCulture);
        return (Number(cidr[..slash]) & Mask(prefix), prefix);
    }

    public static bool IsCidr(string text) =>
        text.IndexOf('/', StringComparison.Ordinal) is > 0 and var slash
        && IPAddress.TryParse(text[..slash], out var address)
        && address.AddressFamily is System.Net.Sockets.AddressFamily.InterNetwork
        && int.TryParse(text[(slash + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var prefix)
        && prefix <= 32;

    public static bool IsAddress(string text) =>
        IPAddress.TryParse(text, out var address)
        && (address.AddressFamily is System.Net.Sockets.AddressFamily.InterNetworkV6 || text.Count(letter => letter == '.') == 3);

    public static uint Number(string ip) => BinaryPrimitives.ReadUInt32BigEndian(IPAddress.Parse(ip).GetAddressBytes());

    public static string Text(uint number)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, number);
        return new IPAddress(bytes).ToString();
    }

    public static bool Contains(string cidr, string ip)
    {
        if (
            !IPAddress.TryParse(ip, out var address) || address.AddressFamily is not System.Net.Sockets.AddressFamily.InterNetwork
        )
        {
            return false;
        }

        var (network, prefix) = Parse(cidr);
        return (Number(ip) & Mask(prefix)) == network;
    }

    /// <summary>Whether two networks share an address.</summary>
    public static bool Overlap(string one, string other)
    {
        var (first, second) = (Ends(one), Ends(other));
        return first.Network <= second.Broadcast && second.Network <= first.Broadcast;
    }

    /// <summary>The first and the last address of a network.</summary>
    public static (uint Network, uint Broadcast) Ends(string cidr)
    {
        var (network, prefix) = Parse(cidr);
        return (network, network | ~Mask(prefix));
    }

    public static SubnetRow? SubnetOf(RegionState state, string ip) =>
        state.Subnets.All.FirstOrDefault(subnet => Contains(subnet.Cidr, ip));

    /// <summary>Finds a subnet by id, name or CIDR, each with or without its kind as prefix.</summary>
    public static SubnetRow? Find(RegionState state, string specifier)
    {
        var (kind, value) = specifier.Split(':', 2) is [var before, var after] ? (before, after) : ("", specifier);
        return state.Subnets.All.FirstOrDefault(subnet =>
            kind switch
            {
                "name" => subnet.Name == value,
                "cidr" => subnet.Cidr == value,
                "ip" => Contains(subnet.Cidr, value),
                "vid" => state.Vlans.Find(subnet.VlanId)!.Vid.ToString(CultureInfo.InvariantCulture) == value,
                "vlan" => subnet.VlanId.ToString(CultureInfo.InvariantCulture) == value,
                "fabric" => state.Fabrics.Find(state.Vlans.Find(subnet.VlanId)!.FabricId)!.Name == value,
                "space" => state.Vlans.Find(subnet.VlanId)!.SpaceId is { } space && state.Spaces.Find(space)!.Name == value,
                "id" => subnet.Id.ToString(CultureInfo.InvariantCulture) == value,
                _ => subnet.Id.ToString(CultureInfo.InvariantCulture) == specifier
                    || subnet.Name == specifier
                    || subnet.Cidr == specifier,
            }
        );
    }

    /// <summary>Each unavailable address with its purposes, with a space between them.</summary>
    public static SortedDictionary<uint, string> Taken(RegionState state, SubnetRow subnet)
    {
        var taken = new SortedDictionary<uint, string>();
        void Take(string? ip, string purpose)
        {
            if (!string.IsNullOrEmpty(ip) && Contains(subnet.Cidr, ip))
            {
                var was = taken.GetValueOrDefault(Number(ip), "");
                taken[Number(ip)] =
                    was.Length == 0 || was.Contains(purpose, StringComparison.Ordinal) ? purpose : $"{was} {purpose}";
            }
        }

        foreach (var server in subnet.DnsServers)
        {
            Take(server, "dns-server");
        }

        Take(subnet.GatewayIp, "gateway-ip");
        foreach (var address in state.Addresses.All)
        {
            Take(address.Ip, "assigned-ip");
        }

        var nics = state.Machines.All.SelectMany(machine => machine.Nics);
        foreach (var nic in nics.Concat(state.Devices.All.SelectMany(device => device.Nics)))
        {
            // What commissioning saw is kept from others, too.
            Take(nic.DiscoveredIp, "assigned-ip");
            foreach (var link in nic.Links)
            {
                Take(link.Ip, "assigned-ip");
            }
        }

        return taken;
    }

    /// <summary>Whether somebody has the address; one that was only seen may be taken.</summary>
    public static bool IsInUse(RegionState state, string ip) =>
        state.Addresses.All.Any(address => address.Ip == ip)
        || state
            .Machines.All.SelectMany(machine => machine.Nics)
            .Concat(state.Devices.All.SelectMany(device => device.Nics))
            .Any(nic => nic.Links.Any(link => link.Ip == ip));

    /// <summary>The reserved or dynamic range that contains an address.</summary>
    public static IpRangeRow? RangeOf(RegionState state, SubnetRow subnet, uint ip) =>
        state.Ranges.All.FirstOrDefault(range =>
            range.SubnetId == subnet.Id && Number(range.StartIp) <= ip && ip <= Number(range.EndIp)
        );

    /// <summary>The next address that MAAS gives out: the first of the smallest free range.</summary>
    /// <param name="beside">Addresses that are as good as taken.</param>
    /// <returns><c>null</c> for a full subnet.</returns>
    public static string? NextFree(RegionState state, SubnetRow subnet, params IReadOnlyCollection<string> beside) =>
        Free(state, subnet, beside)
            .OrderBy(range => range.End - range.Start)
            .ThenBy(range => range.Start)
            .Select(range => Text(range.Start))
            .FirstOrDefault();

    /// <summary>Ranges of consecutive free addresses.</summary>
    public static IEnumerable<(uint Start, uint End)> Free(
        RegionState state,
        SubnetRow subnet,
        params IReadOnlyCollection<string> beside
    )
    {
        var taken = Taken(state, subnet);
        foreach (var ip in beside.Where(ip => Contains(subnet.Cidr, ip)))
        {
            taken[Number(ip)] = "assigned-ip";
        }

        foreach (var (start, end) in HostRanges(state, subnet))
        {
            var from = start;
            foreach (var ip in taken.Keys.Where(ip => ip >= start && ip <= end))
            {
                if (ip > from)
                {
                    yield return (from, ip - 1);
                }

                from = ip + 1;
            }

            if (from <= end)
            {
                yield return (from, end);
            }
        }
    }

    /// <summary>Host addresses outside of all reserved and dynamic ranges.</summary>
    private static IEnumerable<(uint Start, uint End)> HostRanges(RegionState state, SubnetRow subnet)
    {
        var (network, prefix) = Parse(subnet.Cidr);
        var from = network + 1;
        var last = (network | ~Mask(prefix)) - 1;
        foreach (
            var range in state.Ranges.All.Where(range => range.SubnetId == subnet.Id).OrderBy(range => Number(range.StartIp))
        )
        {
            if (Number(range.StartIp) > from)
            {
                yield return (from, Number(range.StartIp) - 1);
            }

            from = Math.Max(from, Number(range.EndIp) + 1);
        }

        if (from <= last)
        {
            yield return (from, last);
        }
    }

    private static uint Mask(int prefix) => prefix == 0 ? 0 : uint.MaxValue << (32 - prefix);
}
