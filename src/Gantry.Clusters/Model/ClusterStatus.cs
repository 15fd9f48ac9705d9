using System.Text.Json.Serialization;

namespace Gantry.Clusters.Model;

public enum ClusterPhase
{
    Pending,
    Provisioning,
    Running,
    Deleting,
    Deleted,
}

public enum Health
{
    Unknown,
    Healthy,
    UnHealthy,
}

/// <summary>What a gateway reports of a cluster. Carries no secret.</summary>
public sealed record ClusterStatus
{
    public required ClusterId Id { get; init; }

    /// <summary>The generation of the spec that this status speaks of.</summary>
    public required long ObservedGeneration { get; init; }

    public required ClusterPhase Phase { get; init; }

    public Health Health { get; init; }

    /// <summary>One sentence: what the engine does or waits for now.</summary>
    public string Message { get; init; } = "";

    /// <summary>Whole per cent of the way to the desired state.</summary>
    public int Progress { get; init; }

    public ValueList<ClusterCondition> Conditions { get; init; } = [];

    public ValueList<MachineStatus> Machines { get; init; } = [];

    public ApiEndpoint? Endpoint { get; init; }

    public KubernetesVersion? KubernetesVersion { get; init; }

    /// <summary>What a deletion could not give back yet, each thing named.</summary>
    public ValueList<string> Residue { get; init; } = [];

    /// <summary>A repave that nobody asked for and that waits for a person's agreement.</summary>
    public RepaveNeed? Repave { get; init; }

    /// <summary>What was changed in MAAS behind our back, and what it means.</summary>
    public ValueList<DriftNote> Drift { get; init; } = [];

    public DateTimeOffset ReportedAt { get; init; }
}

public sealed record ApiEndpoint(string Host, int Port);

public enum ConditionStatus
{
    Unknown,
    True,
    False,
}

/// <param name="Type">CamelCase, for example <c>ControlPlaneReady</c>.</param>
/// <param name="Reason">CamelCase, stable, for machines to read.</param>
/// <param name="Message">A sentence for people.</param>
public sealed record ClusterCondition(
    string Type,
    ConditionStatus Status,
    string Reason,
    string Message,
    DateTimeOffset LastTransition
);

/// <summary>A machine of a cluster as its gateway sees it.</summary>
public sealed record MachineStatus
{
    public required SystemId SystemId { get; init; }

    public required string Hostname { get; init; }

    public required DnsLabel Pool { get; init; }

    public required PoolRole Role { get; init; }

    public string Zone { get; init; } = "";

    public string ResourcePool { get; init; } = "";

    /// <summary>A state of <c>docs/machine-states.md</c>, for example <c>Deploying</c>, <c>Joining</c>, <c>Ready</c>.</summary>
    public required string State { get; init; }

    /// <summary>What happens now, finer than the state: MAAS's or the node's own words.</summary>
    public string Stage { get; init; } = "";

    public DateTimeOffset StateSince { get; init; }

    public ValueList<string> Addresses { get; init; } = [];

    public bool NodeReady { get; init; }

    /// <summary>What its node complains of though it may be Ready, such as pressure on its disk.</summary>
    public ValueList<string> Problems { get; init; } = [];

    /// <summary>
    /// As its kubelet reports it, without a leading <c>v</c>; a vendor's build may be no release of Kubernetes.
    /// </summary>
    public string? KubernetesVersion { get; init; }

    public int CpuCount { get; init; }

    public int MemoryMiB { get; init; }

    public ValueList<string> Tags { get; init; } = [];

    public string PowerState { get; init; } = "unknown";

    /// <summary>Why it is to be replaced; empty when it is as the cluster asks for it.</summary>
    [JsonPropertyName("staleBecause")]
    public ValueList<string> StaleReasons { get; init; } = [];

    /// <summary>When the certificates that kubeadm made on it end; control planes only.</summary>
    public DateTimeOffset? CertificatesUntil { get; init; }
}

/// <summary>Machines that are to be replaced for a reason that no person gave.</summary>
/// <param name="Hash">Of the reasons and the machines; what a person agrees to.</param>
/// <param name="Machines">Host names.</param>
public sealed record RepaveNeed(string Hash, ValueList<RepaveReason> Reasons, ValueList<string> Machines);

/// <param name="Code">CamelCase and stable: <c>NodeTemplateChanged</c>, <c>CertificatesEnd</c>.</param>
/// <param name="From">How it is on the machines now.</param>
/// <param name="To">How it would be.</param>
public sealed record RepaveReason(string Code, string Message, string? From = null, string? To = null);

/// <param name="Effect">What follows from it for the cluster.</param>
public sealed record DriftNote(SystemId Machine, string Hostname, string What, string Effect);

public enum EventSeverity
{
    Info,
    Warning,
    Error,
}

/// <param name="Id">Unique and growing within a gateway, so a report sent twice is stored once.</param>
/// <param name="Reason">CamelCase, stable: the step or the cause, for example <c>Deploy</c>.</param>
/// <param name="Generation">Of the desired state it serves.</param>
/// <param name="Kind">The place in the chain from a request to its result.</param>
public sealed record ClusterEvent(
    string Id,
    ClusterId Cluster,
    SystemId? Machine,
    EventSeverity Severity,
    string Reason,
    string Message,
    DateTimeOffset At,
    long Generation = 0,
    EventKind Kind = EventKind.Observed
);

public enum EventKind
{
    /// <summary>Something that was observed.</summary>
    [JsonStringEnumMemberName("Seen")]
    Observed,

    /// <summary>A plan for a new desired state was made.</summary>
    Planned,

    /// <summary>A step was carried out.</summary>
    [JsonStringEnumMemberName("Done")]
    Completed,

    /// <summary>The desired state is reached, or was reported as impossible.</summary>
    Result,
}
