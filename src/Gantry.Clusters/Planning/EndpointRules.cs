using System.Net;
using Gantry.Clusters.Model;

namespace Gantry.Clusters.Planning;

/// <summary>
/// Which endpoints MAAS and the network can carry. kube-vip announces whatever address it is given, so the address of a router has to
/// be refused before.
/// </summary>
public static class EndpointRules
{
    /// <returns>The field, its value and what to write instead; <c>null</c> when nothing speaks against the endpoint.</returns>
    public static Blocker? Check(ClusterSpec cluster, EndpointSite site) =>
        cluster.Endpoint switch
        {
            EndpointChoice.VirtualIp { Address: { } address } => OfAddress(address, site),
            EndpointChoice.VirtualIp { Subnet: { } subnet } => site.Subnet.IsAbsent ? OfSubnet(subnet) : null,
            EndpointChoice.MaasDns dns => OfDomain(cluster, dns, site),
            _ => null,
        };

    /// <summary>MAAS has no subnet of that CIDR or name.</summary>
    public static Blocker OfSubnet(string subnet) =>
        new(
            Reasons.SubnetMissing,
            $"endpoint.subnet: MAAS has no subnet {subnet}; write the CIDR or name of one that it has, or none for that of the "
                + "control planes"
        );

    private static Blocker? OfAddress(IpAddress address, EndpointSite site)
    {
        if (site.Subnet.IsAbsent)
        {
            return new Blocker(
                Reasons.SubnetMissing,
                $"endpoint.address: {address} lies in no subnet of MAAS, so no machine of it hears that address; write an address of "
                    + "the control planes' subnet"
            );
        }

        return
            site.Subnet is Observation<SiteSubnet>.Present { Value: var subnet } && Use(address, subnet, site.Purposes) is { } use
            ? new Blocker(
                Reasons.AddressUnavailable,
                $"endpoint.address: {address} {use}; write a free address of {subnet.Network} outside of MAAS's ranges, or none and "
                    + "MAAS finds one"
            )
            : null;
    }

    // What routers and hosts have goes before MAAS's ranges, which may cover it.
    private static string? Use(IpAddress address, SiteSubnet subnet, ValueList<string> purposes) =>
        IsFirst(address, subnet.Network) ? $"is the address of the network {subnet} itself"
        : IsBroadcast(address, subnet.Network) ? $"is the broadcast address of {subnet}"
        : purposes.Contains("gateway-ip") ? $"is the gateway of {subnet}"
        : purposes.Contains("dns-server") ? $"is a DNS server of {subnet}"
        : purposes.Contains("assigned-ip") ? "is in use in MAAS"
        : purposes.Contains("dynamic") ? $"lies in a dynamic range of {subnet}, from which DHCP serves machines"
        : purposes.Contains("reserved") ? $"lies in a reserved range of {subnet}, of which MAAS gives nobody an address"
        : purposes.Count > 0 ? $"is kept in {subnet} as {string.Join(" and ", purposes)}"
        : null;

    // The first address of an IPv6 subnet is that of all its routers (RFC 4291, 2.6.1). Both addresses of a /31 are hosts (RFC 3021).
    private static bool IsFirst(IpAddress address, Cidr network) =>
        network.PrefixLength < network.AddressBits - 1 && network.ToNetwork().BaseAddress.Equals(IPAddress.Parse(address.Value));

    private static bool IsBroadcast(IpAddress address, Cidr network)
    {
        if (network.IsIPv6 || network.PrefixLength > 30)
        {
            return false;
        }

        var bytes = IPAddress.Parse(address.Value).GetAddressBytes();
        for (var bit = network.PrefixLength; bit < network.AddressBits; bit++)
        {
            if ((bytes[bit / 8] & (0x80 >> (bit % 8))) is 0)
            {
                return false;
            }
        }

        return true;
    }

    private static Blocker? OfDomain(ClusterSpec cluster, EndpointChoice.MaasDns dns, EndpointSite site) =>
        site.Domain.IsAbsent
            ? new Blocker(
                Reasons.DomainMissing,
                $"endpoint.domain: MAAS has no domain {dns.Domain}; write one that it has"
                    + (site.Domains.Count > 0 ? $" ({string.Join(", ", site.Domains.Take(5))})" : "")
                    + ", or make it there"
            )
        : site.MayRecordDns is false
            ? new Blocker(
                Reasons.DnsNeedsAdministrator,
                $"endpoint.domain: {EndpointPlan.DnsName(cluster, dns)} cannot be recorded, because MAAS takes DNS records from "
                    + "administrators alone and the account's key is none; write the key of one into the account, or vip for the endpoint"
            )
        : null;
}
