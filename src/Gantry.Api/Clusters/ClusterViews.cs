using System.Text.Json;

namespace Gantry.Api;

public sealed record ConditionView(
    string Type,
    [property: OneOf(typeof(ConditionStatuses))] string Status,
    string Reason,
    string Message,
    DateTimeOffset LastTransitionTime,
    DateTimeOffset LastProbeTime
);

/// <param name="Condition">Its type is one of <see cref="PackConditions"/>.</param>
public sealed record PackStateView(
    string Name,
    string ProfileUid,
    string Version,
    [property: OneOf(typeof(PackTypes))] string Type,
    ConditionView Condition
);

/// <summary>Types of a pack's condition.</summary>
public static class PackConditions
{
    /// <summary>True once the pack is in the cluster as its profile has it.</summary>
    public const string Ready = "Ready";

    /// <summary>The pack cannot be applied until somebody changes it.</summary>
    public const string Error = "Error";
}

public sealed record ApiEndpointView(string Host, int Port);

public sealed record SpcApply(bool CanBeApplied);

public sealed record RepaveState([property: OneOf(typeof(RepaveStates))] string State);

public sealed record HealthView(
    [property: OneOf(typeof(HealthStates))] string State,
    DateTimeOffset? LastHeartBeatTimestamp,
    string AgentVersion,
    IReadOnlyList<JsonElement> Conditions
);

/// <remarks>
/// The view has no <c>machineManagementConfig</c>: a client that finds one reads its patch schedule, and Gantry has none.
/// </remarks>
public sealed record ClusterConfigView
{
    public string ClusterMetaAttribute
    {
        get;
        init => field = value ?? "";
    } = "";

    public IReadOnlyList<JsonElement> ClusterRbac
    {
        get;
        init => field = value ?? [];
    } = [];

    public ClusterResources ClusterResources
    {
        get;
        init => field = value ?? new([], []);
    } = new([], []);

    public HostClusterConfig? HostClusterConfig { get; init; }

    public string Timezone
    {
        get;
        init => field = value ?? "";
    } = "";

    public bool UpdateWorkerPoolsInParallel { get; init; }

    /// <inheritdoc cref="ClusterConfig.NodeDrainTimeout"/>
    public int? NodeDrainTimeout { get; init; }
}

public sealed record ClusterSpecView(
    string CloudType,
    string ClusterType,
    ObjectReference CloudConfigRef,
    ClusterConfigView ClusterConfig,
    IReadOnlyList<TemplateView> ClusterProfileTemplates
);

public sealed record ClusterStatusView
{
    [OneOf(typeof(ClusterPhases))]
    public required string State { get; init; }

    public IReadOnlyList<ConditionView> Conditions
    {
        get;
        init => field = value ?? [];
    } = [];

    public IReadOnlyList<ApiEndpointView> ApiEndpoints
    {
        get;
        init => field = value ?? [];
    } = [];

    /// <summary>One entry for each pack of each profile.</summary>
    public IReadOnlyList<PackStateView> Packs
    {
        get;
        init => field = value ?? [];
    } = [];

    public IReadOnlyList<JsonElement> Services
    {
        get;
        init => field = value ?? [];
    } = [];

    public IReadOnlyList<JsonElement> AddOnServices
    {
        get;
        init => field = value ?? [];
    } = [];

    public IReadOnlyList<JsonElement> Upgrades
    {
        get;
        init => field = value ?? [];
    } = [];

    /// <summary>Clients of Palette wait for <c>canBeApplied</c> and require the object.</summary>
    public SpcApply SpcApply
    {
        get;
        init => field = value ?? new(CanBeApplied: true);
    } = new(CanBeApplied: true);

    /// <summary>Set when the deletion was requested before the cluster had ever run.</summary>
    public DateTimeOffset? AbortTimestamp { get; init; }

    /// <summary>
    /// <c>Pending</c> while a repave waits for approval. Clients of Palette read it before each update and require it.
    /// </summary>
    public required RepaveState Repave { get; init; }

    /// <summary>Null unless a client set it.</summary>
    public JsonElement? Location { get; init; }
}

/// <param name="Generation">
/// Gantry's own field: generation of the desired state. A change names the generation that the client read.
/// </param>
public sealed record ClusterView(
    string ApiVersion,
    string Kind,
    ObjectMeta Metadata,
    ClusterSpecView Spec,
    ClusterStatusView Status,
    long Generation
);

public sealed record KubeMeta(bool HasKubeConfig, bool HasKubeConfigClient, bool HasManifest, string KubernetesVersion);

public sealed record PoolMeta(string CloudType, int Size, bool IsControlPlane, IReadOnlyList<string> Labels, int Healthy);

public sealed record CloudConfigMeta(string CloudType, string Uid, IReadOnlyList<PoolMeta> MachinePools);

public sealed record TemplateMeta(
    string Uid,
    string Name,
    string CloudType,
    string Type,
    int Version,
    IReadOnlyList<PackMeta> Packs
);

/// <summary>A pack of a cluster's profile without its values.</summary>
public sealed record PackMeta(
    [property: OneOf(typeof(PackLayers))] string Layer,
    string Name,
    string Tag,
    string Version,
    string PackUid,
    string RegistryUid,
    [property: OneOf(typeof(PackTypes))] string Type
);

public sealed record OverviewSpec(
    CloudConfigMeta CloudConfig,
    ObjectEntity? Cloudaccount,
    TemplateMeta? ClusterProfileTemplate,
    IReadOnlyList<TemplateMeta> ClusterProfileTemplates,
    IReadOnlyList<string> ArchTypes
);

public sealed record OverviewStatus
{
    [OneOf(typeof(ClusterPhases))]
    public required string State { get; init; }

    public required HealthView Health { get; init; }

    public IReadOnlyList<ConditionView> Conditions
    {
        get;
        init => field = value ?? [];
    } = [];

    public IReadOnlyList<ApiEndpointView> ApiEndpoints
    {
        get;
        init => field = value ?? [];
    } = [];

    public required KubeMeta KubeMeta { get; init; }

    public DateTimeOffset? AbortTimestamp { get; init; }

    /// <summary>One entry for each pack of each profile.</summary>
    public IReadOnlyList<PackStateView> Packs
    {
        get;
        init => field = value ?? [];
    } = [];

    public IReadOnlyList<JsonElement> Services
    {
        get;
        init => field = value ?? [];
    } = [];

    public IReadOnlyList<JsonElement> AddOnServices
    {
        get;
        init => field = value ?? [];
    } = [];

    public IReadOnlyList<JsonElement> Upgrades
    {
        get;
        init => field = value ?? [];
    } = [];

    public IReadOnlyList<JsonElement> Workspaces
    {
        get;
        init => field = value ?? [];
    } = [];

    public SpcApply SpcApply
    {
        get;
        init => field = value ?? new(CanBeApplied: true);
    } = new(CanBeApplied: true);
}

public sealed record Overview(ObjectMeta Metadata, OverviewSpec Spec, OverviewStatus Status);

public sealed record SummarySpec(
    CloudConfigMeta CloudConfig,
    ObjectEntity? CloudAccountMeta,
    ObjectEntity? ProjectMeta,
    TemplateMeta? ClusterProfileTemplate,
    IReadOnlyList<TemplateMeta> ClusterProfileTemplates,
    IReadOnlyList<string> ArchTypes
);

/// <param name="Residue">
/// Number of resources that a deletion left and no person has dismissed; null unless the cluster is deleted.
/// </param>
/// <param name="KubernetesVersion">Gantry's own field: the version of the control plane; null until it is known.</param>
public sealed record SummaryStatus(
    [property: OneOf(typeof(ClusterPhases))] string State,
    HealthView Health,
    RepaveState Repave,
    int? Residue = null,
    string? KubernetesVersion = null
);

public sealed record ClusterSummary(ObjectMeta Metadata, SummarySpec SpecSummary, SummaryStatus Status);

public sealed record StateView([property: OneOf(typeof(ClusterPhases))] string State);

public sealed record StatusEntity(StateView Status);
