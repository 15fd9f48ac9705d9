using Gantry.Clusters.Model;

namespace Gantry.Clusters.Planning;

/// <summary>What MAAS shows of the place where a cluster asks for its endpoint, before anything of it is taken.</summary>
public sealed record EndpointSite
{
    /// <summary>Nothing can be said, or nothing is to be asked: MAAS chooses the address, or the endpoint is somebody else's.</summary>
    public static EndpointSite Unknown { get; } = new();

    /// <summary>The subnet that is named, or that the address lies in.</summary>
    public Observation<SiteSubnet> Subnet { get; init; } = new Observation<SiteSubnet>.Unknown("nobody has asked MAAS");

    /// <summary>MAAS's words for what the address is used for: <c>gateway-ip</c>, <c>assigned-ip</c>, <c>dynamic</c>, …</summary>
    public ValueList<string> Purposes { get; init; } = [];

    /// <summary>Whether MAAS has the domain of a DNS record.</summary>
    public Observation<DnsName> Domain { get; init; } = new Observation<DnsName>.Unknown("nobody has asked MAAS");

    /// <summary>Whether the account's key may change DNS, which MAAS allows administrators alone; <c>null</c> when nobody has asked.</summary>
    public bool? MayRecordDns { get; init; }

    /// <summary>Domains that MAAS has; empty when nobody has asked.</summary>
    public ValueList<string> Domains { get; init; } = [];
}

/// <param name="Name">The subnet's name in MAAS.</param>
public sealed record SiteSubnet(Cidr Network, string Name)
{
    public override string ToString() => Name == Network.Value ? Name : $"{Network} ({Name})";
}
