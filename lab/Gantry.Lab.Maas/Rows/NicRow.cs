using System.Text.Json.Serialization;

namespace Gantry.Lab.Maas.Rows;

/// <summary>An interface of a machine or a device.</summary>
public sealed record NicRow(int Id, string Name, string Mac, int? VlanId)
{
    private readonly IReadOnlyList<LinkRow>? _links;

    /// <summary><c>physical</c>, <c>bond</c>, <c>bridge</c> or <c>vlan</c>.</summary>
    public string Type { get; init; } = "physical";

    public IReadOnlyList<LinkRow> Links
    {
        get => _links ?? OldLinks();
        init => _links = value;
    }

    /// <summary>The address discovered by commissioning, and where.</summary>
    public string? DiscoveredIp { get; init; }

    public int? DiscoveredSubnetId { get; init; }

    /// <summary>Speed in Mbit/s.</summary>
    public int Speed { get; init; } = 10000;

    /// <summary>Whether commissioning has found out what the interface is.</summary>
    public bool IsProbed { get; init; } = true;

    public IReadOnlyList<int> Parents { get; init; } = [];

    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>The MTU that was set; null for the VLAN's.</summary>
    public int? Mtu { get; init; }

    public bool Enabled { get; init; } = true;

    public bool LinkConnected { get; init; } = true;

    /// <summary>The parameters of bonds and bridges, as JSON.</summary>
    public string Params { get; init; } = "{}";

    /// <summary>Made while the machine was allocated: a release removes it.</summary>
    public bool IsAcquired { get; init; }

    /// <summary>The first address; null for none.</summary>
    [JsonIgnore]
    public string? Ip => Links.FirstOrDefault(link => link.Ip is not null)?.Ip;

    // A store of a version before there were several links to an interface.
    [JsonInclude, JsonPropertyName("LinkId"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    internal int? OldLinkId { get; init; }

    [JsonInclude, JsonPropertyName("SubnetId"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    internal int? OldSubnetId { get; init; }

    [JsonInclude, JsonPropertyName("Ip"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    internal string? OldIp { get; init; }

    private IReadOnlyList<LinkRow> OldLinks() =>
        OldLinkId is { } id ? [new LinkRow(id, OldSubnetId is null ? LinkMode.LinkUp : LinkMode.Auto, OldSubnetId, OldIp)] : [];
}

/// <summary>What an interface has on a subnet.</summary>
/// <param name="Ip">The address; of mode <c>auto</c> while the machine is deploying or deployed.</param>
public sealed record LinkRow(int Id, string Mode, int? SubnetId, string? Ip = null);

public static class LinkMode
{
    public const string Auto = "auto";
    public const string Dhcp = "dhcp";
    public const string Static = "static";
    public const string LinkUp = "link_up";
}
