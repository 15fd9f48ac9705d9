namespace Gantry.Maas.Networks;

public sealed record Subnet
{
    public int Id { get; init; }

    public string Name { get; init; } = "";

    public string Cidr { get; init; } = "";

    public string? GatewayIp { get; init; }

    public IReadOnlyList<string> DnsServers { get; init; } = [];

    /// <summary>Whether MAAS allocates addresses of the subnet.</summary>
    public bool Managed { get; init; } = true;

    /// <summary><c>undefined</c> when the subnet is in no space.</summary>
    public string Space { get; init; } = "";

    public Vlan? Vlan { get; init; }
}

public sealed record Vlan
{
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
public sealed record AddressRange(string Start, string End, long NumAddresses, IReadOnlyList<string>? Purpose = null);

public sealed record SubnetStatistics
{
    public long NumAvailable { get; init; }

    public long LargestAvailable { get; init; }

    public long NumUnavailable { get; init; }

    public long TotalAddresses { get; init; }

    public double Usage { get; init; }

    public string? FirstAddress { get; init; }

    public string? LastAddress { get; init; }
}

public sealed record IpAddress
{
    /// <summary><c>null</c> for an automatic address whose machine was released.</summary>
    public string? Ip { get; init; }

    /// <summary>0 automatic, 1 static, 4 reserved by a user, 5 DHCP, 6 observed.</summary>
    public int AllocType { get; init; }

    public string? AllocTypeName { get; init; }

    public Subnet? Subnet { get; init; }

    /// <summary>
    /// Name of the owner. MAAS writes a user object in lists of addresses and a name in lists of a subnet's addresses.
    /// </summary>
    [System.Text.Json.Serialization.JsonConverter(typeof(OwnerNameConverter))]
    public string? Owner { get; init; }
}

public sealed record IpRange
{
    public int Id { get; init; }

    /// <summary><c>dynamic</c> or <c>reserved</c>.</summary>
    public string Type { get; init; } = "";

    public string StartIp { get; init; } = "";

    public string EndIp { get; init; } = "";

    public string Comment { get; init; } = "";

    public Subnet? Subnet { get; init; }
}
