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

    /// <summary>Its document runs <c>kubeadm init</c>. At most one machine that we hold has it.</summary>
    public bool Initializes { get; init; }

    /// <summary>When its turn to join came; <c>null</c> before that.</summary>
    public DateTimeOffset? AdmittedAt { get; init; }

    /// <summary>
    /// Until when its bootstrap token is good; not later than <see cref="AdmittedAt"/> before the API server has confirmed it.
    /// </summary>
    public DateTimeOffset? AdmittedUntil { get; init; }

    /// <summary>Whether every pod that must leave has left.</summary>
    public bool Drained { get; init; }

    /// <summary>What it was installed with; <c>null</c> before that.</summary>
    public NodeBuild? Build { get; init; }

    /// <summary>
    /// The Kubernetes version that its kubelet was last seen to have; <c>null</c> before that. An image may bring another one
    /// than was asked for.
    /// </summary>
    public KubernetesVersion? Runs { get; init; }

    /// <summary><see cref="NodeBuild.DigestOf"/> of the constraints it was last found to meet.</summary>
    public string? PlacedFor { get; init; }

    /// <summary>When its node was Ready for the first time; the certificates that kubeadm made on it are about as old.</summary>
    public DateTimeOffset? JoinedAt { get; init; }

    /// <summary>Why it leaves a living cluster; <c>null</c> while it does not.</summary>
    [JsonPropertyName("departure")]
    public Removal? Removal { get; init; }

    /// <summary>What was done to bring its node back; <c>null</c> when nothing was.</summary>
    public Repair? Repair { get; init; }

    /// <summary>Why a forced deletion no longer waits for it and names it in the residue; <c>null</c> when it does not.</summary>
    public string? Residue { get; init; }

    /// <summary>Addresses MAAS gave it.</summary>
    public ValueList<string> Addresses { get; init; } = [];

    /// <summary>MAAS's host name becomes the node's name; Kubernetes wants it in lower case.</summary>
    [JsonIgnore]
    public string NodeName => Hostname.ToLowerInvariant();

    /// <summary>MAAS may know it as ours: it was asked for and not yet seen to be free.</summary>
    [JsonIgnore]
    public bool IsHeld => State is not MachineState.Released;

    /// <summary>It counts towards the size of its pool.</summary>
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

public enum RemovalKind
{
    /// <summary>Its pool has too many machines, or is gone.</summary>
    [JsonStringEnumMemberName("Shrink")]
    ScaleDown,

    /// <summary>Another machine takes its place because it was installed otherwise than the cluster asks for now.</summary>
    [JsonStringEnumMemberName("Roll")]
    Replacement,

    /// <summary>It broke.</summary>
    Repair,
}

/// <param name="Reason">Half a sentence.</param>
public sealed record Removal(RemovalKind Kind, [property: JsonPropertyName("because")] string Reason);

/// <summary>How far the engine is with bringing a silent machine back.</summary>
/// <param name="Power">What its BMC said last: <c>on</c>, <c>off</c>, <c>unknown</c>, <c>error</c>.</param>
/// <param name="AskedAt">When it said so.</param>
/// <param name="Cycles">How often its power was cut to start it anew.</param>
/// <param name="ActedAt">When its power was last switched.</param>
/// <param name="WeCutPower">The power is off because we cut it, and is to come back.</param>
/// <param name="Acts">How often its power was switched, either way, since it fell silent.</param>
/// <param name="MarkedForReplacement">Why the machine is replaced; <c>null</c> while it may come back.</param>
public sealed record Repair(
    string Power = "unknown",
    DateTimeOffset? AskedAt = null,
    int Cycles = 0,
    DateTimeOffset? ActedAt = null,
    bool WeCutPower = false,
    [property: JsonPropertyName("givenUp")] string? MarkedForReplacement = null,
    int Acts = 0
);
