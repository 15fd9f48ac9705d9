namespace Gantry.Api;

/// <summary>The newest status of a cluster, and the generation of its desired state.</summary>
public sealed record ProgressAnswer
{
    public required string Uid { get; init; }

    public required string Name { get; init; }

    /// <summary>
    /// Generation of the desired state. A status with a lower <c>observedGeneration</c> describes an older desired state.
    /// </summary>
    public required long Generation { get; init; }

    /// <summary>One of <see cref="ClusterPhases"/>.</summary>
    [OneOf(typeof(ClusterPhases))]
    public required string Phase { get; init; }

    /// <summary>Absent until the gateway has reported.</summary>
    public ReportedStatus? Status { get; init; }

    /// <summary>Whether silent machines are replaced automatically.</summary>
    public bool AutoRepair { get; init; }

    /// <summary><c>cluster</c> when the cluster sets it, <c>project</c> when the cluster leaves it to its project.</summary>
    [OneOf(typeof(AutoRepairSources))]
    public required string AutoRepairFrom { get; init; }

    /// <summary>When the deletion was requested, if the cluster had never run by then.</summary>
    public DateTimeOffset? AbortedAt { get; init; }

    /// <summary>When the deletion may be forced; absent unless a deletion is under way.</summary>
    public DateTimeOffset? ForceDeleteFrom { get; init; }

    /// <summary>Seconds until then; 0 once the deletion may be forced.</summary>
    public long? ForceDeleteInSeconds { get; init; }
}

public static class ClusterPhases
{
    public const string Pending = "Pending";
    public const string Provisioning = "Provisioning";
    public const string Running = "Running";
    public const string Deleting = "Deleting";
    public const string Deleted = "Deleted";
}

public static class HealthStates
{
    public const string Unknown = "Unknown";
    public const string Healthy = "Healthy";
    public const string UnHealthy = "UnHealthy";
}

/// <summary>The newest report of a gateway about a cluster.</summary>
public sealed record ReportedStatus
{
    /// <summary>Uid of the cluster.</summary>
    public required string Id { get; init; }

    /// <summary>The generation of the desired state that this status describes.</summary>
    public required long ObservedGeneration { get; init; }

    /// <summary>One of <see cref="ClusterPhases"/>.</summary>
    [OneOf(typeof(ClusterPhases))]
    public required string Phase { get; init; }

    /// <summary>One of <see cref="HealthStates"/>.</summary>
    [OneOf(typeof(HealthStates))]
    public string Health
    {
        get;
        init => field = value ?? HealthStates.Unknown;
    } = HealthStates.Unknown;

    /// <summary>One sentence: what the engine does or waits for now.</summary>
    public string Message
    {
        get;
        init => field = value ?? "";
    } = "";

    /// <summary>Whole per cent of the way to the desired state.</summary>
    public int Progress { get; init; }

    public IReadOnlyList<ReportedCondition> Conditions
    {
        get;
        init => field = value ?? [];
    } = [];

    public IReadOnlyList<ReportedMachine> Machines
    {
        get;
        init => field = value ?? [];
    } = [];

    public ApiEndpointView? Endpoint { get; init; }

    public string? KubernetesVersion { get; init; }

    /// <summary>Resources that a deletion could not release yet, by name.</summary>
    public IReadOnlyList<string> Residue
    {
        get;
        init => field = value ?? [];
    } = [];

    /// <summary>A repave that waits for an approval.</summary>
    public ReportedRepave? Repave { get; init; }

    /// <summary>Changes that others made in MAAS, and their effects.</summary>
    public IReadOnlyList<ReportedDrift> Drift
    {
        get;
        init => field = value ?? [];
    } = [];

    /// <summary>What belongs behind an endpoint that its operator keeps; null for other endpoints.</summary>
    public ReportedBackends? Backends { get; init; }

    public DateTimeOffset ReportedAt { get; init; }
}

/// <summary>The control planes behind an endpoint that its operator keeps.</summary>
/// <param name="Belong">The addresses that belong behind it now.</param>
/// <param name="Reached">Those that the gateway's last connections met.</param>
/// <param name="Add">Those that belong behind it and were never met there.</param>
/// <param name="Remove">Addresses that may be behind it and do not belong there any more.</param>
public sealed record ReportedBackends(
    IReadOnlyList<string> Belong,
    IReadOnlyList<string> Reached,
    IReadOnlyList<string> Add,
    IReadOnlyList<string> Remove
);

/// <param name="Type">CamelCase, for example <c>ControlPlaneReady</c>.</param>
/// <param name="Status"><c>True</c>, <c>False</c> or <c>Unknown</c>.</param>
/// <param name="Reason">CamelCase and stable, for programs.</param>
/// <param name="Message">A sentence for people.</param>
public sealed record ReportedCondition(
    string Type,
    [property: OneOf(typeof(ConditionStatuses))] string Status,
    string Reason,
    string Message,
    DateTimeOffset LastTransition
);

/// <summary>A machine of a cluster as its gateway reports it.</summary>
public sealed record ReportedMachine
{
    public required string SystemId { get; init; }

    public required string Hostname { get; init; }

    public required string Pool { get; init; }

    /// <summary><c>ControlPlane</c> or <c>Worker</c>.</summary>
    [OneOf(typeof(MachineRoles))]
    public required string Role { get; init; }

    public string Zone
    {
        get;
        init => field = value ?? "";
    } = "";

    public string ResourcePool
    {
        get;
        init => field = value ?? "";
    } = "";

    /// <summary>A state of <c>docs/machine-states.md</c>, for example <c>Deploying</c>, <c>Joining</c>, <c>Ready</c>.</summary>
    public required string State { get; init; }

    /// <summary>Activity in more detail than the state, in the words of MAAS or the node.</summary>
    public string Stage
    {
        get;
        init => field = value ?? "";
    } = "";

    public DateTimeOffset StateSince { get; init; }

    public IReadOnlyList<string> Addresses
    {
        get;
        init => field = value ?? [];
    } = [];

    public bool NodeReady { get; init; }

    /// <summary>Problems that the node reports even when it is Ready, such as disk pressure.</summary>
    public IReadOnlyList<string> Problems
    {
        get;
        init => field = value ?? [];
    } = [];

    public string? KubernetesVersion { get; init; }

    public int CpuCount { get; init; }

    public int MemoryMiB { get; init; }

    public IReadOnlyList<string> Tags
    {
        get;
        init => field = value ?? [];
    } = [];

    public string PowerState
    {
        get;
        init => field = value ?? "unknown";
    } = "unknown";

    /// <summary>
    /// Why MAAS does not release the machine, which has left the cluster; absent when it has not left, or MAAS releases it.
    /// Nothing waits for such a machine.
    /// </summary>
    public string? ReleaseBlocked { get; init; }

    /// <summary>What was still on the machine's node when its drain ended at its limit; absent when nothing was.</summary>
    public string? DrainCut { get; init; }

    /// <summary>Why the machine will be replaced; empty when it matches the desired state.</summary>
    public IReadOnlyList<string> StaleReasons
    {
        get;
        init => field = value ?? [];
    } = [];

    /// <summary>When the certificates that kubeadm issued on the machine expire; control planes only.</summary>
    public DateTimeOffset? CertificatesUntil { get; init; }
}

/// <summary>A replacement of machines that no person requested.</summary>
/// <param name="Hash">Covers reasons and machines; an approval names it.</param>
/// <param name="Machines">Host names.</param>
public sealed record ReportedRepave(string Hash, IReadOnlyList<ReportedRepaveReason> Reasons, IReadOnlyList<string> Machines);

/// <param name="Code">CamelCase and stable: <c>NodeTemplateChanged</c>, <c>CertificatesEnd</c>.</param>
/// <param name="From">Value on the machines now.</param>
/// <param name="To">Value after the repave.</param>
public sealed record ReportedRepaveReason(string Code, string Message, string? From = null, string? To = null);

/// <param name="Machine">System id.</param>
/// <param name="Effect">Consequence for the cluster.</param>
public sealed record ReportedDrift(string Machine, string Hostname, string What, string Effect);

/// <summary>Whether a condition holds.</summary>
public static class ConditionStatuses
{
    public const string True = "True";
    public const string False = "False";
    public const string Unknown = "Unknown";
}

/// <summary>The role of a machine in its cluster.</summary>
public static class MachineRoles
{
    public const string ControlPlane = "ControlPlane";
    public const string Worker = "Worker";
}

/// <summary>Where a setting of automatic repair comes from.</summary>
public static class AutoRepairSources
{
    public const string Cluster = "cluster";
    public const string Project = "project";
}
