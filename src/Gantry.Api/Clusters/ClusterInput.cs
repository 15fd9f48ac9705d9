using System.Text.Json;
using System.Text.Json.Serialization;

namespace Gantry.Api;

public sealed record MaasClusterConfig
{
    public string? Domain { get; init; }

    /// <summary>Gantry's own field: <c>vip</c>, <c>vip:ADDRESS</c>, <c>dns:DOMAIN</c> or <c>HOST:PORT</c>.</summary>
    public string? Endpoint { get; init; }

    public bool? EnableLxdVm { get; init; }

    public IReadOnlyList<string>? NtpServers { get; init; }

    public IReadOnlyList<string>? SshKeys { get; init; }

    public bool? StaticIp { get; init; }

    /// <summary>Gantry's own field of cloud configs. It is kept as the cluster config's field of the same name.</summary>
    public bool? UpdateWorkerPoolsInParallel { get; init; }

    /// <summary>Gantry's own field of cloud configs. It is kept as the cluster config's field of the same name.</summary>
    public int? NodeDrainTimeout { get; init; }
}

public sealed record InstanceType
{
    [JsonPropertyName("minCPU")]
    public int? MinCpu { get; init; }

    public int? MinMemInMB { get; init; }

    public int? MinDiskSizeInGB { get; init; }
}

public sealed record PoolCloudConfig
{
    public IReadOnlyList<string>? Azs { get; init; }

    public InstanceType? InstanceType { get; init; }

    public string? ResourcePool { get; init; }

    public IReadOnlyList<string>? Tags { get; init; }

    /// <summary>Gantry's own field: tags that a machine must not carry.</summary>
    public IReadOnlyList<string>? NotTags { get; init; }

    /// <summary>Gantry's own field: architecture as MAAS names it, <c>amd64</c>.</summary>
    public string? Architecture { get; init; }

    /// <summary>
    /// Gantry's own field: the network in which machines must have an address and nodes have theirs, by CIDR or name of a subnet in
    /// MAAS, <c>space:NAME</c> or <c>tag:NAME</c> of an interface; empty for any.
    /// </summary>
    public string? Subnet { get; init; }

    /// <summary>
    /// Gantry's own field: how MAAS erases the disks of a released machine; <c>none</c>, <c>quick</c>, <c>secure</c>,
    /// <c>full</c>.
    /// </summary>
    [OneOf(typeof(ErasePolicies))]
    public string? ErasePolicy { get; init; }

    public bool? UseLxdVm { get; init; }

    public JsonElement? Network { get; init; }
}

public sealed record TaintInput(
    string? Key,
    string? Value,
    [property: OneOf(typeof(TaintEffects))] string? Effect,
    DateTimeOffset? TimeAdded = null
);

public sealed record UpdateStrategy(
    [property: OneOf(typeof(UpdateStrategies))] string? Type,
    string? MaxSurge,
    string? MaxUnavailable
);

public sealed record PoolProperties(string? ArchType);

public sealed record PoolConfig
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

    public IReadOnlyDictionary<string, string>? AdditionalTags { get; init; }

    public IReadOnlyList<TaintInput>? Taints { get; init; }

    public UpdateStrategy? UpdateStrategy { get; init; }

    public PoolProperties? MachinePoolProperties { get; init; }

    public int? NodeRepaveInterval { get; init; }

    /// <summary>
    /// Gantry's own field: seconds after which a node that leaves is drained no longer, whatever is left on it; 0 has no limit,
    /// absent takes that of the cluster.
    /// </summary>
    public int? NodeDrainTimeout { get; init; }

    public string? SkipK8sUpgrade { get; init; }

    public string? OverrideKubeadmConfiguration { get; init; }
}

public sealed record PoolEntity
{
    public PoolCloudConfig? CloudConfig { get; init; }

    public PoolConfig? PoolConfig { get; init; }
}

public sealed record PackValues(string? Name, string? Tag, string? Type, string? Values, IReadOnlyList<ManifestInput>? Manifests);

public sealed record ProfileChoice(
    string? Uid,
    IReadOnlyList<PackValues>? PackValues,
    IReadOnlyList<VariableInput>? Variables,
    string? ReplaceWithProfile
);

public sealed record ClusterResources(IReadOnlyList<JsonElement>? Namespaces, IReadOnlyList<JsonElement>? Rbacs);

public sealed record MachineManagementConfig(JsonElement? OsPatchConfig);

public sealed record HostClusterConfig
{
    public bool? IsHostCluster { get; init; }
}

public sealed record ClusterConfig
{
    public string? ClusterMetaAttribute { get; init; }

    public string? ControlPlaneHealthCheckTimeout { get; init; }

    public HostClusterConfig? HostClusterConfig { get; init; }

    public JsonElement? HyperShiftConfig { get; init; }

    public JsonElement? LifecycleConfig { get; init; }

    public JsonElement? Location { get; init; }

    public MachineManagementConfig? MachineManagementConfig { get; init; }

    public ClusterResources? Resources { get; init; }

    public string? Timezone { get; init; }

    public bool? UpdateWorkerPoolsInParallel { get; init; }

    /// <summary>
    /// Gantry's own field: seconds after which a node that leaves is drained no longer, whatever is left on it; 0 or absent has no
    /// limit. A pool may have its own.
    /// </summary>
    public int? NodeDrainTimeout { get; init; }
}

public sealed record ClusterPolicies(JsonElement? BackupPolicy, JsonElement? ScanPolicy);

public sealed record ClusterInput
{
    public string? CloudAccountUid { get; init; }

    public MaasClusterConfig? CloudConfig { get; init; }

    public ClusterConfig? ClusterConfig { get; init; }

    public JsonElement? ClusterTemplate { get; init; }

    public string? ClusterType { get; init; }

    /// <summary>
    /// Gantry's own field: Kubernetes version in place of the profile's, three numbers. It is kept in the values of the profile's pack.
    /// </summary>
    public string? Kubernetes { get; init; }

    /// <summary>Palette's schema requires it, and its clients leave it out.</summary>
    [OneOf(typeof(CloudTypes))]
    public string? CloudType { get; init; }

    // Palette spells this one field in lower case.
    [JsonPropertyName("machinepoolconfig")]
    public IReadOnlyList<PoolEntity>? MachinePoolConfig { get; init; }

    public ClusterPolicies? Policies { get; init; }

    public IReadOnlyList<ProfileChoice>? Profiles { get; init; }
}

public sealed record ClusterEntity(ObjectMeta? Metadata, ClusterInput? Spec);

public sealed record SpcApplySettings([property: OneOf(typeof(ApplyActions))] string? ActionType);

/// <summary>The body of a request that changes the profiles of a cluster.</summary>
public sealed record ProfilesInput(IReadOnlyList<ProfileChoice>? Profiles, SpcApplySettings? SpcApplySettings);

public sealed record ProfilesDeleteInput(IReadOnlyList<string>? ProfileUids);

/// <summary>When a change of profiles is applied.</summary>
public static class ApplyActions
{
    public const string DownloadAndInstall = "DownloadAndInstall";
}
