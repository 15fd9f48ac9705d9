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

    public IReadOnlyList<ClusterCondition> Conditions { get; init; } = [];

    public IReadOnlyList<MachineStatus> Machines { get; init; } = [];

    public ApiEndpoint? Endpoint { get; init; }

    public string? KubernetesVersion { get; init; }

    /// <summary>What a deletion could not give back yet, each thing named.</summary>
    public IReadOnlyList<string> Residue { get; init; } = [];

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
    string Type, ConditionStatus Status, string Reason, string Message, DateTimeOffset LastTransition);

/// <summary>A machine of a cluster as its gateway sees it.</summary>
public sealed record MachineStatus
{
    public required SystemId SystemId { get; init; }

    public required string Hostname { get; init; }

    public required string Pool { get; init; }

    public required PoolRole Role { get; init; }

    public string Zone { get; init; } = "";

    public string ResourcePool { get; init; } = "";

    /// <summary>A state of <c>docs/machine-states.md</c>, for example <c>Deploying</c>, <c>Joining</c>, <c>Ready</c>.</summary>
    public required string State { get; init; }

    /// <summary>What happens now, finer than the state: MAAS's or the node's own words.</summary>
    public string Stage { get; init; } = "";

    public DateTimeOffset StateSince { get; init; }

    public IReadOnlyList<string> Addresses { get; init; } = [];

    public bool NodeReady { get; init; }

    public string? KubernetesVersion { get; init; }

    public int CpuCount { get; init; }

    public int MemoryMiB { get; init; }

    public IReadOnlyList<string> Tags { get; init; } = [];

    public string PowerState { get; init; } = "unknown";
}

public enum EventSeverity
{
    Info,
    Warning,
    Error,
}

/// <param name="Id">Unique and growing within a gateway, so a report sent twice is stored once.</param>
/// <param name="Reason">CamelCase, stable: the step or the cause, for example <c>Deploy</c>.</param>
public sealed record ClusterEvent(
    string Id, ClusterId Cluster, SystemId? Machine, EventSeverity Severity, string Reason, string Message, DateTimeOffset At);
