using Gantry.Clusters.Model;

namespace Gantry.Clusters.Planning;

/// <summary>
/// Where a virtual IP is. A machine announces it in a network in which it has an address itself, so a control plane without one could
/// never hold it.
/// </summary>
/// <param name="Address">The address; <c>null</c> before it is chosen in <paramref name="Subnet"/>.</param>
public sealed record VirtualIpPlace(IpAddress? Address, Cidr? Subnet = null)
{
    public string Text =>
        Address is { } address ? $"the subnet of the virtual IP {address}" : $"{Subnet}, the subnet of the virtual IP";

    /// <summary>
    /// Where the virtual IP of one more cluster would be; <c>null</c> when it asks for none, and when nobody says where.
    /// </summary>
    public static VirtualIpPlace? OfNew(EndpointChoice asked, EndpointSite site) =>
        asked switch
        {
            EndpointChoice.VirtualIp { Address: { } address } => new VirtualIpPlace(address),
            EndpointChoice.VirtualIp { Subnet: not null } when site.Subnet.ValueOrDefault is { } subnet => new VirtualIpPlace(
                Address: null,
                subnet.Network
            ),
            _ => null,
        };

    /// <summary>
    /// Where the virtual IP of one more cluster that names no subnet is: in that of the first control plane that it takes.
    /// </summary>
    public static VirtualIpPlace? Beside(Candidate? first) =>
        first is { Networks: [{ Subnet: var subnet }, ..] } ? new VirtualIpPlace(Address: null, subnet) : null;

    /// <summary>
    /// The place of a cluster's virtual IP. <c>null</c> when it has none, as long as its address is not known, and where MAAS shows none
    /// of its control planes in that network: MAAS does not know the network as it is then.
    /// </summary>
    public static VirtualIpPlace? Of(ClusterSpec desired, ClusterObservation observed)
    {
        if (desired.Endpoint is not EndpointChoice.VirtualIp asked)
        {
            return null;
        }

        var address =
            observed.Endpoint is { Taken: true } taken && IpAddress.TryParse(taken.Host, out var known) ? known : asked.Address;
        if (address is null)
        {
            return null;
        }

        // Where nobody names the subnet, Gantry takes that of a machine which it has allocated.
        var place = new VirtualIpPlace(address);
        var isNamed = asked is not { Address: null, Subnet: null };
        var shown = observed
            .Members.Where(seen =>
                seen.Member is { Role: PoolRole.ControlPlane } member && (!isNamed || member.JoinedAt is not null)
            )
            .Select(seen => seen.Maas.ValueOrDefault?.Hardware?.Networks ?? [])
            .Where(networks => networks.Count > 0)
            .ToList();
        return shown.Count > 0 && !shown.Exists(networks => networks.Any(place.Has)) ? null : place;
    }

    /// <summary>Whether a machine is beside the virtual IP; one of which MAAS shows no network may be.</summary>
    public bool Fits(IReadOnlyCollection<NetworkLink> networks) => networks.Count is 0 || networks.Any(Has);

    private bool Has(NetworkLink link) => Address is { } address ? link.Subnet.Contains(address) : link.Subnet == Subnet;
}
