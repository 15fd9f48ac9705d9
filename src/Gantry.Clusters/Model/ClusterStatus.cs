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

/// <summary>A gateway's report of a cluster. Holds no secret.</summary>
public sealed record ClusterStatus
{
    public required ClusterId Id { get; init; }

    /// <summary>The generation of the spec that this status reports on.</summary>
    public required long ObservedGeneration { get; init; }

    public required ClusterPhase Phase { get; init; }

    public Health Health { get; init; }

    /// <summary>The current activity of the engine, in one sentence.</summary>
    public string Message { get; init; } = "";

    /// <summary>Progress to the desired state in whole per cent.</summary>
    public int Progress { get; init; }

    public ValueList<ClusterCondition> Conditions { get; init; } = [];

    public ValueList<MachineStatus> Machines { get; init; } = [];

    public ApiEndpoint? Endpoint { get; init; }

    public KubernetesVersion? KubernetesVersion { get; init; }

    /// <summary>Resources that a deletion has not released yet, each by name.</summary>
    public ValueList<string> Residue { get; init; } = [];

    /// <summary>A repave that was not requested and waits for an operator's approval.</summary>
    public RepaveNeed? Repave { get; init; }

    /// <summary>Changes made in MAAS outside Gantry, and their effects.</summary>
    public ValueList<DriftNote> Drift { get; init; } = [];

    /// <summary>What belongs behind an endpoint that is given; <c>null</c> for other endpoints.</summary>
    public EndpointBackends? Backends { get; init; }

    public DateTimeOffset ReportedAt { get; init; }

    /// <summary>MAAS held machines or an endpoint for the cluster.</summary>
    [JsonIgnore]
    public bool HoldsAnything => Phase is not ClusterPhase.Deleted && (Machines.Count > 0 || Endpoint is not null);
}

public sealed record ApiEndpoint(string Host, int Port);

/// <summary>The control planes behind an endpoint that its operator keeps.</summary>
/// <param name="Belong">The addresses that belong behind it now.</param>
/// <param name="Reached">Those that the gateway's last connections met. A load balancer may show one caller always the same one.</param>
/// <param name="Add">Those that belong behind it and were never met there.</param>
/// <param name="Remove">Addresses that may be behind it and do not belong there any more.</param>
public sealed record EndpointBackends(
    ValueList<string> Belong,
    ValueList<string> Reached,
    ValueList<string> Add,
    ValueList<string> Remove
);

public enum ConditionStatus
{
    Unknown,
    True,
    False,
}

/// <param name="Type">CamelCase, for example <c>ControlPlaneReady</c>.</param>
/// <param name="Reason">CamelCase and stable, for programs.</param>
/// <param name="Message">A sentence for operators.</param>
public sealed record ClusterCondition(
    string Type,
    ConditionStatus Status,
    string Reason,
    string Message,
    DateTimeOffset LastTransition
);

/// <summary>A machine of a cluster as its gateway observes it.</summary>
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

    /// <summary>The current activity, finer than the state: the status message of MAAS or of the node.</summary>
    public string Stage { get; init; } = "";

    public DateTimeOffset StateSince { get; init; }

    public ValueList<string> Addresses { get; init; } = [];

    public bool NodeReady { get; init; }

    /// <summary>Problem conditions of the node, which a Ready node may have, such as disk pressure.</summary>
    public ValueList<string> Problems { get; init; } = [];

    /// <summary>The kubelet's version without a leading <c>v</c>; a vendor's build may be no release of Kubernetes.</summary>
    public string? KubernetesVersion { get; init; }

    public int CpuCount { get; init; }

    public int MemoryMiB { get; init; }

    public ValueList<string> Tags { get; init; } = [];

    public string PowerState { get; init; } = "unknown";

    /// <summary>
    /// Why MAAS does not release the machine, which has left the cluster; <c>null</c> when it has not left, or MAAS releases it.
    /// </summary>
    public string? ReleaseBlocked { get; init; }

    /// <summary>What was still on the machine's node when its drain ended at its limit; <c>null</c> when nothing was.</summary>
    public string? DrainCut { get; init; }

    /// <summary>Why the machine is to be replaced; empty when its installation is the desired one.</summary>
    [JsonPropertyName("staleBecause")]
    public ValueList<string> StaleReasons { get; init; } = [];

    /// <summary>When the machine's kubeadm certificates expire; control planes only.</summary>
    public DateTimeOffset? CertificatesUntil { get; init; }
}

/// <summary>Machines that are to be replaced for reasons that no operator requested.</summary>
/// <param name="Hash">Digest of the reasons and the machines; an operator approves this value.</param>
/// <param name="Machines">Host names.</param>
public sealed record RepaveNeed(string Hash, ValueList<RepaveReason> Reasons, ValueList<string> Machines);

/// <param name="Code">CamelCase and stable: <c>NodeTemplateChanged</c>, <c>CertificatesEnd</c>.</param>
/// <param name="From">The value on the machines now.</param>
/// <param name="To">The value after the repave.</param>
public sealed record RepaveReason(string Code, string Message, string? From = null, string? To = null);

/// <param name="Effect">The consequence for the cluster.</param>
public sealed record DriftNote(SystemId Machine, string Hostname, string What, string Effect)
{
    /// <summary>A clause for people.</summary>
    [JsonIgnore]
    public string Text => $"{Hostname}: {What}; {Effect}";
}

public enum EventSeverity
{
    Info,
    Warning,
    Error,
}

/// <param name="Id">
/// Unique within a gateway, so a report sent twice is stored once; a later event with the same id takes the place of the earlier
/// one, because it counts the same thing.
/// </param>
/// <param name="Reason">CamelCase, stable: the step or the cause, for example <c>Deploy</c>.</param>
/// <param name="Generation">The generation of the desired state that the event belongs to.</param>
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
    /// <summary>An observation.</summary>
    [JsonStringEnumMemberName("Seen")]
    Observed,

    /// <summary>A plan for a new desired state was made.</summary>
    Planned,

    /// <summary>A step was executed.</summary>
    [JsonStringEnumMemberName("Done")]
    Completed,

    /// <summary>The desired state was reached, or reported as impossible.</summary>
    Result,
}
