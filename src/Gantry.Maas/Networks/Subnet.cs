using System.Text.Json.Serialization;

namespace Gantry.Maas.Networks;

public sealed record Subnet
{
    [JsonRequired]
    public int Id { get; init; }

    public required string Name { get; init; }

    [JsonConverter(typeof(CidrConverter))]
    public required string Cidr { get; init; }

    public string? GatewayIp { get; init; }

    public IReadOnlyList<string> DnsServers { get; init; } = [];

    /// <summary>Whether MAAS allocates addresses of the subnet.</summary>
    public bool Managed { get; init; } = true;

    /// <summary><c>undefined</c> when the subnet is in no space.</summary>
    [JsonRequired]
    public string Space { get; init; } = "";

    public Vlan? Vlan { get; init; }
}

public sealed record Vlan
{
    [JsonRequired]
    public int Id { get; init; }

    /// <summary>0 is untagged.</summary>
    public int Vid { get; init; }

    public string Name { get; init; } = "";

    public string Fabric { get; init; } = "";

    public int FabricId { get; init; }

    public int Mtu { get; init; }

    public bool DhcpOn { get; init; }

    public string? Space { get; init; }
}

public sealed record Fabric
{
    [JsonRequired]
    public int Id { get; init; }

    public string Name { get; init; } = "";

    public string? ClassType { get; init; }

    public IReadOnlyList<Vlan> Vlans { get; init; } = [];
}

public sealed record Space
{
    /// <summary>-1 for MAAS's row of VLANs without a space.</summary>
    public int Id { get; init; }

    public string Name { get; init; } = "";

    public IReadOnlyList<Subnet> Subnets { get; init; } = [];

    public IReadOnlyList<Vlan> Vlans { get; init; } = [];
}

/// <param name="Purpose">Uses of a reserved range.</param>
public sealed record AddressRange(
    [property: JsonConverter(typeof(AddressConverter))] string Start,
    [property: JsonConverter(typeof(AddressConverter))] string End,
    decimal NumAddresses,
    IReadOnlyList<string>? Purpose = null
);

public sealed record SubnetStatistics
{
    [JsonRequired]
    public decimal NumAvailable { get; init; }

    public decimal LargestAvailable { get; init; }

    public decimal NumUnavailable { get; init; }

    public decimal TotalAddresses { get; init; }

    public double Usage { get; init; }

    public string? FirstAddress { get; init; }

    public string? LastAddress { get; init; }
}

public sealed record IpAddress
{
    private const int ReservedByUser = 4;

    /// <summary><c>null</c> for an automatic address whose machine was released.</summary>
    [JsonRequired, JsonConverter(typeof(AddressConverter))]
    public string? Ip { get; init; }

    /// <summary>0 automatic, 1 static, 4 reserved by a user, 5 DHCP, 6 observed.</summary>
    [JsonRequired]
    public int AllocType { get; init; }

    public string? AllocTypeName { get; init; }

    public Subnet? Subnet { get; init; }

    /// <summary>
    /// Name of the owner. MAAS writes a user object in lists of addresses and a name in lists of a subnet's addresses.
    /// </summary>
    [JsonConverter(typeof(OwnerNameConverter))]
    public string? Owner { get; init; }

    /// <summary>What a user has reserved is never without its text.</summary>
    internal bool LacksText => Ip is null && AllocType is ReservedByUser;
}

public sealed record IpRange
{
    [JsonRequired]
    public int Id { get; init; }

    /// <summary><c>dynamic</c> or <c>reserved</c>.</summary>
    [JsonRequired]
    public string Type { get; init; } = "";

    [JsonRequired]
    public string StartIp { get; init; } = "";

    [JsonRequired]
    public string EndIp { get; init; } = "";

    public string Comment { get; init; } = "";

    public Subnet? Subnet { get; init; }
}
