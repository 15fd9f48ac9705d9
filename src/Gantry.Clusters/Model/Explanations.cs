using System.Text.Json.Serialization;

namespace Gantry.Clusters.Model;

/// <summary>Why each machine can or cannot serve each pool of a cluster, and the smallest relaxations that help.</summary>
public sealed record WhyNotDocument(ValueList<PoolWhyNot> Pools)
{
    /// <summary>Why machines of the region are not free, for any pool.</summary>
    public ValueList<NotFree> NotFree { get; init; } = [];

    /// <summary>What blocks the desired state, the same as in its plan: machines that are missing, or something else.</summary>
    public ValueList<Blocker> Blockers { get; init; } = [];

    /// <summary>What the desired state waits for, the same as in its plan.</summary>
    public ValueList<string> Pending { get; init; } = [];

    /// <inheritdoc cref="PlanDocument.Warnings"/>
    public ValueList<string>? Warnings { get; init; }
}

public enum NotFreeKind
{
    Quarantine,
    Locked,
    OfCluster,
    InMaas,
    Other,
}

/// <param name="Message">Follows the number of machines: <c>in quarantine</c>, <c>belong to clusters</c>.</param>
public sealed record NotFree(NotFreeKind Kind, [property: JsonPropertyName("words")] string Message, int Machines);

/// <param name="Missing">Machines the pool lacks now.</param>
/// <param name="Fitting">Free machines that fit.</param>
/// <param name="Constraints">Every constraint of the pool with the number of machines that fail it. The first is being
/// free; the second, when earlier pools take machines too, is being left over by them.</param>
/// <param name="Machines">Fitting machines first, then those with the fewest failed constraints.</param>
/// <param name="Relaxations">The smallest changes after which enough machines fit, best first; empty when enough fit or no
/// change helps. The best ones of all pools can be combined: together they do not count a machine twice. Clearing the
/// quarantine, where that suffices, is the last: it does not change the desired state, and is the same for all
/// pools.</param>
public sealed record PoolWhyNot(
    DnsLabel Pool,
    int Missing,
    int Fitting,
    ValueList<ConstraintFailures> Constraints,
    ValueList<MachineWhyNot> Machines,
    ValueList<Relaxation> Relaxations
);

/// <param name="Constraint">The constraint as text: <c>memory ≥ 65536 MiB</c>.</param>
/// <param name="Alone">Machines that fail this constraint and no other.</param>
public sealed record ConstraintFailures(string Constraint, int Failing, int Alone);

/// <param name="Failed">Every failed constraint, named as in <see cref="ConstraintFailures.Constraint"/>, after the reason
/// why the machine is not free and the earlier pool that takes it; empty when the machine fits.</param>
public sealed record MachineWhyNot(SystemId Machine, string Hostname, ValueList<string> Failed);

/// <param name="Changes">The changes as text: <c>memory from 65536 to 32768 MiB</c>.</param>
/// <param name="Fitting">Machines that fit after the changes.</param>
/// <param name="Placement">The placement of the pool after the changes; <c>null</c> when it does not change.</param>
public sealed record Relaxation(ValueList<string> Changes, int Fitting, PoolPlacement? Placement = null);

/// <summary>The one cause that keeps a cluster from its desired state, and the next action.</summary>
/// <param name="Reason">CamelCase and stable; <c>AsItShouldBe</c> when the desired state is reached.</param>
/// <param name="Cause">A sentence.</param>
/// <param name="NextAction">A sentence that names the actor and the action; the actor may be the engine.</param>
/// <param name="ActionRequired">Whether an operator has to act.</param>
public sealed record Explanation(
    string Reason,
    string Cause,
    string NextAction,
    [property: JsonPropertyName("needs")] bool ActionRequired,
    DateTimeOffset? Since
);

/// <summary>Whether a data centre has machines for more clusters like this one, and for their rolling replacement.</summary>
/// <param name="Asked">Additional clusters in the question.</param>
/// <param name="Fit">Additional clusters that find their machines.</param>
/// <param name="CanRoll">Whether, with those clusters in place, every pool finds the spare machine that expanding first
/// needs.</param>
/// <param name="Limits">The scarcest constraint of each pool, as sentences.</param>
public sealed record CapacityAnswer(int Asked, int Fit, bool CanRoll, int FreeBefore, int FreeAfter, ValueList<string> Limits);

/// <summary>A failed machine that placement ignores until an operator clears it.</summary>
/// <param name="Evidence">Status message and newest events of MAAS, newest first.</param>
public sealed record QuarantineEntry(
    SystemId Machine,
    string Hostname,
    ClusterId Cluster,
    string Reason,
    ValueList<string> Evidence,
    DateTimeOffset At
);
