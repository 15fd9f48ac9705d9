using System.Text.Json;
using System.Text.Json.Serialization;

namespace Gantry.Api;

public sealed record CloudConfigSpec(
    ObjectReference CloudAccountRef,
    MaasClusterConfig ClusterConfig,
    IReadOnlyList<MachinePoolView> MachinePoolConfig
);

public sealed record CloudConfigStatus(IReadOnlyList<JsonElement> Conditions, bool IsAddonLayer);

/// <param name="Kind"><c>maas</c>; clients build paths from it.</param>
public sealed record CloudConfigView(
    string ApiVersion,
    string Kind,
    ObjectMeta Metadata,
    CloudConfigSpec Spec,
    CloudConfigStatus Status
);

public sealed record ClusterConfigInput(MaasClusterConfig? ClusterConfig);

public sealed record Nic(int Index, string PublicIp, [property: JsonPropertyName("privateIPs")] IReadOnlyList<string> PrivateIps);

public sealed record MachineMetadata(DateTimeOffset CreationTimestamp);

public sealed record MachineSpec(string Az, string Hostname, MachineMetadata MachineMetadata, IReadOnlyList<Nic> Nics);

public sealed record MachineAddress(string Address, string Type);

public sealed record MachineCondition(
    string Type,
    [property: OneOf(typeof(ConditionStatuses))] string Status,
    string Reason,
    string Message
);

public sealed record MachineHealth(
    [property: OneOf(typeof(HealthStates))] string State,
    IReadOnlyList<MachineCondition> Conditions,
    DateTimeOffset? LastHeartBeatTimestamp
);

public sealed record MaintenanceStatus(string Action, string Message, string State);

/// <param name="InstanceState">One of Pending, Provisioning, Provisioned, Running, Deleting, Deleted, Failed, Unknown.</param>
public sealed record MachineStatusView(
    [property: OneOf(typeof(InstanceStates))] string InstanceState,
    bool Ready,
    DateTimeOffset InstanceStateLastUpdate,
    IReadOnlyList<MachineAddress> Addresses,
    MachineHealth Health,
    MaintenanceStatus MaintenanceStatus
);

public sealed record MachineView(string ApiVersion, string Kind, ObjectMeta Metadata, MachineSpec Spec, MachineStatusView Status);

public sealed record MachineUids([property: JsonPropertyName("machineUids")] IReadOnlyList<string> Uids);

public sealed record MachinePoolsMachineUids(IReadOnlyDictionary<string, MachineUids> MachinePools);

/// <summary>A machine pool in answers. It joins <c>poolConfig</c> and <c>cloudConfig</c> of a request into one object.</summary>
public sealed record MachinePoolView
{
    public string? Name { get; init; }

    public int? Size { get; init; }

    public int? MinSize { get; init; }

    public int? MaxSize { get; init; }

    public bool? IsControlPlane { get; init; }

    public bool? UseControlPlaneAsWorker { get; init; }

    public IReadOnlyList<string>? Labels { get; init; }

    public IReadOnlyDictionary<string, string>? AdditionalLabels { get; init; }

    public IReadOnlyDictionary<string, string>? AdditionalAnnotations { get; init; }

    public IReadOnlyList<TaintInput>? Taints { get; init; }

    public UpdateStrategy? UpdateStrategy { get; init; }

    public PoolProperties? MachinePoolProperties { get; init; }

    public int? NodeRepaveInterval { get; init; }

    /// <inheritdoc cref="PoolConfig.NodeDrainTimeout"/>
    public int? NodeDrainTimeout { get; init; }

    public string? SkipK8sUpgrade { get; init; }

    public string? OverrideKubeadmConfiguration { get; init; }

    public IReadOnlyList<string>? Azs { get; init; }

    public InstanceType? InstanceType { get; init; }

    public string? ResourcePool { get; init; }

    public IReadOnlyList<string>? Tags { get; init; }

    /// <summary>Gantry's own field: tags that a machine must not carry.</summary>
    public IReadOnlyList<string>? NotTags { get; init; }

    /// <summary>Gantry's own field: architecture as MAAS names it, <c>amd64</c>.</summary>
    public string? Architecture { get; init; }

    /// <inheritdoc cref="PoolCloudConfig.Subnet"/>
    public string? Subnet { get; init; }

    /// <summary>Gantry's own field: <c>none</c>, <c>quick</c>, <c>secure</c> or <c>full</c>.</summary>
    [OneOf(typeof(ErasePolicies))]
    public string? ErasePolicy { get; init; }

    public bool? UseLxdVm { get; init; }

    public JsonElement? Network { get; init; }
}

/// <summary>States of a machine, named as in Palette's API.</summary>
public static class InstanceStates
{
    public const string Pending = "Pending";
    public const string Provisioning = "Provisioning";
    public const string Provisioned = "Provisioned";
    public const string Running = "Running";
    public const string Deleting = "Deleting";
    public const string Deleted = "Deleted";
    public const string Failed = "Failed";
    public const string Unknown = "Unknown";
}
