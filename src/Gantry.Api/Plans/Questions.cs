namespace Gantry.Api;

/// <summary>Why each machine can or cannot serve each pool of a cluster, and the smallest changes that would help.</summary>
public sealed record WhyNotAnswer(IReadOnlyList<PoolWhyNotView> Pools)
{
    /// <summary>Why machines of the region are not free, for any pool.</summary>
    public IReadOnlyList<NotFreeView> NotFree
    {
        get;
        init => field = value ?? [];
    } = [];

    /// <summary>What blocks the desired state, the same as in its plan: machines that are missing, or something else.</summary>
    public IReadOnlyList<BlockerView> Blockers
    {
        get;
        init => field = value ?? [];
    } = [];

    /// <summary>What the desired state waits for, the same as in its plan.</summary>
    public IReadOnlyList<string> Pending
    {
        get;
        init => field = value ?? [];
    } = [];

    /// <inheritdoc cref="PlanAnswer.Warnings"/>
    public IReadOnlyList<string>? Warnings { get; init; }
}

/// <param name="Kind"><c>Quarantine</c>, <c>Locked</c>, <c>OfCluster</c>, <c>InMaas</c> or <c>Other</c>.</param>
/// <param name="Message">Continues the number of machines: <c>in quarantine</c>, <c>belong to clusters</c>.</param>
public sealed record NotFreeView([property: OneOf(typeof(NotFreeKinds))] string Kind, string Message, int Machines);

/// <param name="Missing">Machines that the pool lacks now.</param>
/// <param name="Fitting">Free machines that fit.</param>
/// <param name="Constraints">
/// Every constraint of the pool with the number of machines that fail it. The first constraint is that the machine is free. When
/// earlier pools take machines too, the second is that they leave this one.
/// </param>
/// <param name="Machines">Machines that fit first, then machines that fail the fewest constraints.</param>
/// <param name="Relaxations">
/// The smallest changes after which enough machines fit, best first; empty when enough fit or nothing helps. The best relaxations
/// of all pools can be combined. Clearing the quarantine, where that is enough, comes last.
/// </param>
public sealed record PoolWhyNotView(
    string Pool,
    int Missing,
    int Fitting,
    IReadOnlyList<ConstraintView> Constraints,
    IReadOnlyList<MachineWhyNotView> Machines,
    IReadOnlyList<RelaxationView> Relaxations
);

/// <param name="Constraint">For people: <c>memory ≥ 65536 MiB</c>.</param>
/// <param name="Alone">Machines that fail this constraint and no other.</param>
public sealed record ConstraintView(string Constraint, int Failing, int Alone);

/// <param name="Machine">System id.</param>
/// <param name="Failed">Every constraint that the machine fails; empty when it fits.</param>
public sealed record MachineWhyNotView(string Machine, string Hostname, IReadOnlyList<string> Failed);

/// <param name="Changes">What to change: <c>memory from 65536 to 32768 MiB</c>.</param>
/// <param name="Fitting">Machines that fit then.</param>
/// <param name="Placement">The placement of the pool with the changes made; absent when it stays as it is.</param>
public sealed record RelaxationView(IReadOnlyList<string> Changes, int Fitting, PlacementView? Placement = null);

/// <summary>Constraints on the machines of a pool.</summary>
public sealed record PlacementView
{
    public string? ResourcePool { get; init; }

    public IReadOnlyList<string> Zones
    {
        get;
        init => field = value ?? [];
    } = [];

    public int MinCpu { get; init; }

    public int MinMemoryMiB { get; init; }

    /// <summary>GB of the largest disk.</summary>
    public int MinDiskGB { get; init; }

    /// <summary>As MAAS names it, <c>amd64</c>.</summary>
    public string? Architecture { get; init; }

    /// <inheritdoc cref="PoolCloudConfig.Subnet"/>
    public string? Subnet { get; init; }

    public IReadOnlyList<string> Tags
    {
        get;
        init => field = value ?? [];
    } = [];

    public IReadOnlyList<string> NotTags
    {
        get;
        init => field = value ?? [];
    } = [];
}

/// <summary>Whether a data centre has machines for more clusters like this one, and for rolling them.</summary>
/// <param name="Asked">Number of clusters requested.</param>
/// <param name="Fit">Number of clusters that get their machines.</param>
/// <param name="CanRoll">Whether every pool then has the spare machine that an expand-first roll needs.</param>
/// <param name="Limits">What runs out first, pool by pool; sentences.</param>
public sealed record WhatIfAnswer(int Asked, int Fit, bool CanRoll, int FreeBefore, int FreeAfter, IReadOnlyList<string> Limits);

/// <summary>The one cause that keeps a cluster from its desired state, and the one action to take.</summary>
/// <param name="Reason">CamelCase and stable; <c>AsItShouldBe</c> when nothing is wrong.</param>
/// <param name="Cause">A sentence.</param>
/// <param name="NextAction">A sentence that names the next action and who takes it, which may be the engine.</param>
/// <param name="ActionRequired">Whether a person has to act.</param>
public sealed record ExplainAnswer(string Reason, string Cause, string NextAction, bool ActionRequired, DateTimeOffset? Since);

/// <summary>Why a machine is not free.</summary>
public static class NotFreeKinds
{
    public const string Quarantine = "Quarantine";
    public const string Locked = "Locked";
    public const string OfCluster = "OfCluster";
    public const string InMaas = "InMaas";
    public const string Other = "Other";
}
