namespace Gantry.Lab.Maas.Rows;

public sealed record FabricRow(int Id, string Name);

public sealed record VlanRow(int Id, int Vid, string Name, int FabricId, int? SpaceId, int Mtu = 1500, bool DhcpOn = false);

public sealed record SpaceRow(int Id, string Name);

public sealed record SubnetRow(
    int Id,
    string Name,
    string Cidr,
    int VlanId,
    string? GatewayIp,
    IReadOnlyList<string> DnsServers,
    string Description = ""
);

public sealed record IpRangeRow(
    int Id,
    string Type,
    string StartIp,
    string EndIp,
    int SubnetId,
    string Owner,
    string Comment = ""
);

/// <summary>An address reserved by a user or by a DNS resource.</summary>
public sealed record AddressRow(int Id, string Ip, int? SubnetId, string Owner, DateTimeOffset Created);

public sealed record DomainRow(int Id, string Name, bool Authoritative = true, int? Ttl = null);

/// <param name="Addresses">The addresses as text; a machine's own address still belongs to the machine.</param>
public sealed record DnsResourceRow(int Id, string Name, int DomainId, int? AddressTtl, IReadOnlyList<string> Addresses);

public sealed record DnsRecordRow(int Id, int ResourceId, string Rrtype, string Rrdata, int? Ttl);
