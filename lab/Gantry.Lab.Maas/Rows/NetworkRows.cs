namespace Gantry.Lab.Maas.Rows;

public sealed record FabricRow(int Id, string Name, string? ClassType = null, string Description = "");

public sealed record VlanRow(
    int Id,
    int Vid,
    string Name,
    int FabricId,
    int? SpaceId,
    int Mtu = 1500,
    bool DhcpOn = false,
    string Description = ""
)
{
    public int? RelayVlanId { get; init; }

    /// <summary>The system id of the rack controller that serves DHCP.</summary>
    public string? PrimaryRack { get; init; }
}

public sealed record SpaceRow(int Id, string Name, string Description = "");

public sealed record SubnetRow(
    int Id,
    string Name,
    string Cidr,
    int VlanId,
    string? GatewayIp,
    IReadOnlyList<string> DnsServers,
    string Description = ""
)
{
    public int RdnsMode { get; init; } = 2;

    public bool AllowDns { get; init; } = true;

    public bool AllowProxy { get; init; } = true;

    public bool ActiveDiscovery { get; init; }

    public bool Managed { get; init; } = true;
}

public sealed record IpRangeRow(
    int Id,
    string Type,
    string StartIp,
    string EndIp,
    int SubnetId,
    string Owner,
    string Comment = ""
);

public sealed record StaticRouteRow(int Id, int SourceId, int DestinationId, string GatewayIp, int Metric);

/// <summary>An address reserved by a user or by a DNS resource.</summary>
/// <param name="InterfaceId">The interface of no machine that a reservation by MAC address makes.</param>
public sealed record AddressRow(
    int Id,
    string Ip,
    int? SubnetId,
    string Owner,
    DateTimeOffset Created,
    int? InterfaceId = null,
    string? Mac = null
);

public sealed record DomainRow(int Id, string Name, bool Authoritative = true, int? Ttl = null);

/// <param name="Addresses">The addresses as text; a machine's own address still belongs to the machine.</param>
public sealed record DnsResourceRow(int Id, string Name, int DomainId, int? AddressTtl, IReadOnlyList<string> Addresses);

public sealed record DnsRecordRow(int Id, int ResourceId, string Rrtype, string Rrdata, int? Ttl);
