using System.Text.Json.Serialization;
using Gantry.Clusters.Model;

namespace Gantry.Clusters.Planning;

/// <summary>
/// A machine of a cluster as the ledger keeps it: a held machine with its place in the cluster and the state of its node.
/// </summary>
public sealed record Member : HeldMachine
{
    public required DnsLabel Pool { get; init; }

    public required PoolRole Role { get; init; }

    /// <summary>The machine's document runs <c>kubeadm init</c>. At most one held machine has it.</summary>
    public bool Initializes { get; init; }

    /// <summary>When the machine was admitted to join; <c>null</c> before that.</summary>
    public DateTimeOffset? AdmittedAt { get; init; }

    /// <summary>
    /// When the machine's bootstrap token expires; not later than <see cref="AdmittedAt"/> before the API server has
    /// confirmed the token.
    /// </summary>
    public DateTimeOffset? AdmittedUntil { get; init; }

    /// <summary>The machine failed because the script that runs kubeadm did.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool ScriptFailed { get; init; }

    /// <summary>The script failed because a repository did not give it its packages.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool LacksPackages { get; init; }

    /// <summary>Whether every pod that must leave has left, or the limit of the drain is over.</summary>
    public bool Drained { get; init; }

    /// <summary>What was still on the node when its drain ended at its limit; <c>null</c> when nothing was.</summary>
    public string? DrainCut { get; init; }

    /// <summary>The machine's installation; <c>null</c> before that.</summary>
    public NodeBuild? Build { get; init; }

    /// <summary>
    /// The last observed version of the machine's kubelet; <c>null</c> before that. An image may bring another version than
    /// the desired one.
    /// </summary>
    public KubernetesVersion? Runs { get; init; }

    /// <summary><see cref="NodeBuild.DigestOf"/> of the constraints that the machine last met.</summary>
    public string? PlacedFor { get; init; }

    /// <summary>When the node was Ready for the first time; the machine's kubeadm certificates are about as old.</summary>
    public DateTimeOffset? JoinedAt { get; init; }

    /// <summary>Why the machine leaves a living cluster; <c>null</c> while it stays.</summary>
    [JsonPropertyName("departure")]
    public Removal? Removal { get; init; }

    /// <summary>When and how often the virtual IP was handed over, since the machine leaves; <c>null</c> when it was not.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public VirtualIpHandOver? HandOver { get; init; }

    /// <summary>The repair of the machine's node; <c>null</c> when none has begun.</summary>
    public Repair? Repair { get; init; }

    /// <summary>
    /// Why a forced deletion no longer waits for the machine and lists it in the residue; <c>null</c> when it waits.
    /// </summary>
    public string? Residue { get; init; }

    /// <summary>Addresses that MAAS assigned to the machine.</summary>
    public ValueList<string> Addresses { get; init; } = [];

    /// <summary>The machine in MAAS when it was taken; <c>null</c> in records of earlier versions.</summary>
    public TakenFacts? Taken { get; init; }

    /// <summary>The name of the machine's node where it is not the host name; <c>null</c> where it is.</summary>
    public string? NodeAs { get; init; }

    /// <summary>MAAS's host name is the node's name; Kubernetes requires lower case.</summary>
    [JsonIgnore]
    public string NodeName => NodeAs ?? NodeNameOf(Hostname);

    public static string NodeNameOf(string hostname) => hostname.ToLowerInvariant();

    /// <summary>MAAS may hold the machine for us: allocation was requested and the release is not yet observed.</summary>
    [JsonIgnore]
    public bool IsHeld => State is not MachineState.Released;

    /// <summary>The machine counts towards the size of its pool.</summary>
    [JsonIgnore]
    public bool Stays =>
        State
            is MachineState.Selected
                or MachineState.Allocated
                or MachineState.Deploying
                or MachineState.Joining
                or MachineState.Ready
                or MachineState.NotReady;

    [JsonIgnore]
    public override bool DeployWasAsked => Build is not null;

    [JsonIgnore]
    public override bool WasInUse => JoinedAt is not null;
}

/// <summary>What placement looked at when a machine was taken.</summary>
public sealed record TakenFacts(
    string Zone,
    string ResourcePool,
    ValueList<string> Tags,
    int CpuCount,
    int MemoryMiB,
    long LargestDiskBytes
)
{
    public static TakenFacts Of(Candidate machine) =>
        new(
            machine.Zone,
            machine.ResourcePool,
            [.. machine.Tags.Order(StringComparer.Ordinal)],
            machine.CpuCount,
            machine.MemoryMiB,
            machine.LargestDiskBytes
        );
}

public enum RemovalKind
{
    /// <summary>The pool has too many machines, or was removed.</summary>
    [JsonStringEnumMemberName("Shrink")]
    ScaleDown,

    /// <summary>Another machine replaces this one because its installation differs from the desired one.</summary>
    [JsonStringEnumMemberName("Roll")]
    Replacement,

    /// <summary>The machine broke.</summary>
    Repair,
}

/// <param name="Reason">A clause without a full stop.</param>
public sealed record Removal(RemovalKind Kind, [property: JsonPropertyName("because")] string Reason);

/// <summary>The state of the repair of a silent machine.</summary>
/// <param name="Power">The last answer of the machine's BMC: <c>on</c>, <c>off</c>, <c>unknown</c>, <c>error</c>.</param>
/// <param name="AskedAt">When the BMC gave that answer.</param>
/// <param name="Cycles">Power cycles so far.</param>
/// <param name="ActedAt">When the power was last switched.</param>
/// <param name="WeCutPower">The power is off because we cut it, and must be switched on again.</param>
/// <param name="Acts">Power actions, on or off, since the node fell silent.</param>
/// <param name="MarkedForReplacement">Why the machine is replaced; <c>null</c> while it may come back.</param>
public sealed record Repair(
    string Power = "unknown",
    DateTimeOffset? AskedAt = null,
    int Cycles = 0,
    DateTimeOffset? ActedAt = null,
    bool WeCutPower = false,
    [property: JsonPropertyName("givenUp")] string? MarkedForReplacement = null,
    int Acts = 0
)
{
    /// <summary>Why a silent machine is left alone whose BMC has answered, and neither with on nor with off.</summary>
    public string UnknownPower(string hostname) =>
        $"{hostname} is silent and its BMC does not say whether it is on ({Power}): it is neither started anew nor "
        + "replaced. Look at its BMC, or ask for its replacement.";
}
