using System.Text.Json.Serialization;

namespace Gantry.Clusters.Model;

/// <summary>Why each machine can or cannot serve each pool of a cluster, and the least that would have to give way.</summary>
public sealed record WhyNotDocument(ValueList<PoolWhyNot> Pools)
{
    /// <summary>What keeps machines of the region from being free, whatever the pool.</summary>
    public ValueList<NotFree> NotFree { get; init; } = [];
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
/// <param name="Constraints">
/// Every constraint of the pool with how many machines fail it; the first is being free at all, the second, when pools
/// before this one take machines too, that those have left it.
/// </param>
/// <param name="Machines">Those that fit first, then those that fail least.</param>
/// <param name="Relaxations">
/// The smallest changes after which enough machines fit, best first; empty when enough fit or nothing helps. The best of
/// each pool reckon with one another: together they do not count a machine twice. To clear the quarantine, where that is
/// enough, stands last: it changes nothing of the desired state, and is the same for all pools.
/// </param>
public sealed record PoolWhyNot(
    DnsLabel Pool,
    int Missing,
    int Fitting,
    ValueList<ConstraintFailures> Constraints,
    ValueList<MachineWhyNot> Machines,
    ValueList<Relaxation> Relaxations
);

/// <param name="Constraint">As a person reads it: <c>memory ≥ 65536 MiB</c>.</param>
/// <param name="Alone">Machines that fail this constraint and no other.</param>
public sealed record ConstraintFailures(string Constraint, int Failing, int Alone);

/// <param name="Failed">
/// Every constraint it fails, in the words of <see cref="ConstraintFailures.Constraint"/>, after what keeps it from being
/// free and which pool takes it before; empty when it fits.
/// </param>
public sealed record MachineWhyNot(SystemId Machine, string Hostname, ValueList<string> Failed);

/// <param name="Changes">What to change, in words: <c>memory from 65536 to 32768 MiB</c>.</param>
/// <param name="Fitting">Machines that fit then.</param>
/// <param name="Placement">The placement of the pool with the changes made; <c>null</c> when it stays as it is.</param>
public sealed record Relaxation(ValueList<string> Changes, int Fitting, PoolPlacement? Placement = null);

/// <summary>The one thing that keeps a cluster from being as it should be, and the one thing to do about it.</summary>
/// <param name="Reason">CamelCase and stable; <c>AsItShouldBe</c> when nothing is wrong.</param>
/// <param name="Cause">A sentence.</param>
/// <param name="NextAction">A sentence that says who does what; the engine itself may be the one.</param>
/// <param name="ActionRequired">Whether a person has to act.</param>
public sealed record Explanation(
    string Reason,
    string Cause,
    string NextAction,
    [property: JsonPropertyName("needs")] bool ActionRequired,
    DateTimeOffset? Since
);

/// <summary>Whether a data centre can carry so many more clusters like this one, and still roll them.</summary>
/// <param name="Asked">How many more were asked for.</param>
/// <param name="Fit">How many find their machines.</param>
/// <param name="CanRoll">Whether, with those in place, every pool finds the spare machine that expanding first needs.</param>
/// <param name="Limits">What runs out first, pool by pool; sentences.</param>
public sealed record CapacityAnswer(int Asked, int Fit, bool CanRoll, int FreeBefore, int FreeAfter, ValueList<string> Limits);

/// <summary>A machine that failed and is not chosen until a person clears it.</summary>
/// <param name="Evidence">Status message and newest events of MAAS, newest first.</param>
public sealed record QuarantineEntry(
    SystemId Machine,
    string Hostname,
    ClusterId Cluster,
    string Reason,
    ValueList<string> Evidence,
    DateTimeOffset At
);
