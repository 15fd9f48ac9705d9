using System.Globalization;
using System.Net;
using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Maas;
using Gantry.Maas.Networks;
using IpAddress = Gantry.Clusters.Model.IpAddress;

namespace Gantry.Engine.Regions;

/// <summary>Reads from MAAS what there is where a cluster asks for its endpoint.</summary>
internal static class MaasEndpointSite
{
    public static Task<EndpointSite> DescribeAsync(MaasClient maas, EndpointChoice choice, CancellationToken cancellationToken) =>
        choice switch
        {
            EndpointChoice.VirtualIp { Address: { } address } => OfAddressAsync(maas, address, cancellationToken),
            EndpointChoice.VirtualIp { Subnet: { } subnet } => OfSubnetAsync(maas, subnet, cancellationToken),
            EndpointChoice.MaasDns { Domain: var domain } => OfDomainAsync(maas, domain, cancellationToken),
            _ => Task.FromResult(EndpointSite.Unknown),
        };

    private static async Task<EndpointSite> OfAddressAsync(
        MaasClient maas,
        IpAddress address,
        CancellationToken cancellationToken
    )
    {
        var subnets = await maas.Subnets.ListAsync(cancellationToken);
        var around = subnets
            .Select(subnet => (Subnet: subnet, Network: Cidr.TryParse(subnet.Cidr, out var network) ? network : null))
            .Where(pair => pair.Network?.Contains(address) is true)
            .OrderByDescending(pair => pair.Network!.PrefixLength)
            .FirstOrDefault();
        if (around.Network is null)
        {
            subnets.Whole();
            return new EndpointSite { Subnet = new Observation<SiteSubnet>.Absent() };
        }

        var taken = await maas.Subnets.ListReservedRangesAsync(around.Subnet.Id, cancellationToken);
        return new EndpointSite
        {
            Subnet = new Observation<SiteSubnet>.Present(new SiteSubnet(around.Network, around.Subnet.Name)),
            Purposes = [.. PurposesOf(taken, address)],
        };
    }

    private static async Task<EndpointSite> OfSubnetAsync(MaasClient maas, string subnet, CancellationToken cancellationToken) =>
        new()
        {
            Subnet =
                Find(await maas.Subnets.ListAsync(cancellationToken), subnet) is not { } found
                    ? new Observation<SiteSubnet>.Absent()
                : Cidr.TryParse(found.Cidr, out var network)
                    ? new Observation<SiteSubnet>.Present(new SiteSubnet(network, found.Name))
                : new Observation<SiteSubnet>.Unknown($"{found.Cidr} cannot be read"),
        };

    private static async Task<EndpointSite> OfDomainAsync(MaasClient maas, DnsName domain, CancellationToken cancellationToken)
    {
        var domains = await maas.Domains.ListAsync(cancellationToken);
        return new EndpointSite
        {
            Domain = domains.Find(known => known.Name.Equals(domain.Value, StringComparison.OrdinalIgnoreCase)) is not null
                ? new Observation<DnsName>.Present(domain)
                : new Observation<DnsName>.Absent(),
            Domains = [.. domains.Select(known => known.Name)],
            MayRecordDns = (await maas.Users.WhoAmIAsync(cancellationToken)).IsSuperuser,
        };
    }

    /// <summary>The subnet of that CIDR, name or id.</summary>
    public static Subnet? Find(MaasList<Subnet> subnets, string named) =>
        subnets.Find(known =>
            known.Cidr == named || known.Name == named || known.Id.ToString(CultureInfo.InvariantCulture) == named
        );

    // A range that cannot be read may hold the address, and one without a purpose is taken for something.
    private static IEnumerable<string> PurposesOf(MaasList<AddressRange> taken, IpAddress address)
    {
        var around = taken.Where(range => IsIn(range, address)).ToList();
        return (around.Count > 0 ? around : taken.Whole().Where(range => IsIn(range, address)))
            .SelectMany(range => range.Purpose ?? ["unknown"])
            .Distinct();
    }

    private static bool IsIn(AddressRange range, IpAddress address)
    {
        var bytes = IPAddress.Parse(address.Value).GetAddressBytes().AsSpan();
        return IPAddress.TryParse(range.Start, out var start)
            && IPAddress.TryParse(range.End, out var end)
            && start.GetAddressBytes() is var first
            && first.Length == bytes.Length
            && bytes.SequenceCompareTo(first) >= 0
            && bytes.SequenceCompareTo(end.GetAddressBytes()) <= 0;
    }
}
