using Gantry.Clusters.Model;
using Gantry.Clusters.Steps;

namespace Gantry.Clusters.Planning;

/// <summary>A plan under construction, with the facts that the parts of the planner read.</summary>
internal sealed class PlanBuilder
{
    private readonly List<Step> _steps = [];
    private readonly List<Wait> _waits = [];
    private readonly List<Blocker> _refusals = [];
    private readonly List<Wait> _leftBehind = [];
    private readonly Dictionary<SystemId, IReadOnlyList<StaleReason>> _stale;
    private readonly Dictionary<SystemId, Removal> _unwanted = [];
    private readonly HashSet<SystemId> _leaving = [];

    public PlanBuilder(ClusterSpec desired, ClusterObservation observed, Inventory inventory, Limits limits, DateTimeOffset now)
    {
        Desired = desired;
        Observed = observed;
        Limits = limits;
        Now = now;
        Successors = new Successors(this, inventory);
        ControlPlanes = [.. observed.Members.Where(seen => seen.Member.Role is PoolRole.ControlPlane)];
        _stale = observed
            .Members.Where(seen => seen.Member.Stays)
            .Join(
                desired.Pools.Select(pool => (Pool: pool, Build: NodeBuild.Of(desired, pool, observed.Template))),
                seen => seen.Member.Pool,
                wanted => wanted.Pool.Name,
                (seen, wanted) => (seen.Id, Reasons: StaleReasons(seen, wanted.Pool, wanted.Build))
            )
            .Where(pair => pair.Reasons.Count > 0)
            .ToDictionary(pair => pair.Id, pair => pair.Reasons);
        Repave = NeedOf(_stale, desired, observed);
        foreach (var seen in observed.Members.Where(seen => seen.Member.Stays))
        {
            if (seen.Member.Repair?.MarkedForReplacement is { } broken)
            {
                _unwanted[seen.Id] = new Removal(RemovalKind.Repair, broken);
            }
            else if (
                _stale
                    .GetValueOrDefault(seen.Id)
                    ?.Where(reason => Staleness.IsActionable(reason, desired.ApprovedRepave))
                    .ToList() is
                { Count: > 0 } why
            )
            {
                _unwanted[seen.Id] = new Removal(
                    RemovalKind.Replacement,
                    string.Join(", ", why.Select(reason => reason.Message))
                );
            }
        }

        Pools = [.. desired.Pools.OrderBy(pool => pool.Role).Select(pool => new PoolState(pool, this))];
    }

    public ClusterSpec Desired { get; }

    /// <summary>The version that was asked for; the desired one may still be the version that runs.</summary>
    public KubernetesVersion Goal => Desired.EtcdRoll?.Upgrade ?? Desired.KubernetesVersion;

    public ClusterObservation Observed { get; }

    public Limits Limits { get; }

    public DateTimeOffset Now { get; }

    public IReadOnlyList<MemberObservation> ControlPlanes { get; }

    /// <summary>Control plane first, then workers as the cluster lists them.</summary>
    public IReadOnlyList<PoolState> Pools { get; }

    public RepaveNeed? Repave { get; }

    public Successors Successors { get; }

    public ValueList<DriftNote> Drift { get; set; } = [];

    public ValueList<Shortfall> Lacking { get; set; } = [];

    /// <summary>What belongs behind an endpoint that is given; <c>null</c> for other endpoints.</summary>
    public EndpointBackends? Backends { get; set; }

    /// <summary>This plan adds or removes a member of etcd; one plan changes one.</summary>
    public bool EtcdTouched => _steps.Exists(step => step.Traits.ChangesEtcd);

    /// <summary>This plan cuts the power of a control plane.</summary>
    public bool CutsControlPlane =>
        _steps.OfType<Step.PowerCycle>().Any(step => ControlPlanes.Any(seen => seen.Id == step.Target));

    /// <summary>BMC queries in this plan.</summary>
    public int PowerQuestions => _steps.OfType<Step.QueryPower>().Count();

    /// <summary>This plan begins to remove a control plane that etcd may count on.</summary>
    public bool RemovesControlPlane =>
        ControlPlanes.Any(seen => Leaves(seen.Id) && seen.Member is { AdmittedAt: not null } or { JoinedAt: not null });

    public bool Serves => Observed is { Initialized: true, Api: Observation<ApiFacts>.Present };

    /// <summary>Why a staying machine should be removed; <c>null</c> when it should stay.</summary>
    public Removal? Unwanted(MemberObservation seen) => _unwanted.GetValueOrDefault(seen.Id);

    /// <summary>Why the machine has to be reinstalled.</summary>
    /// <param name="wanted">The desired installation of the pool's machines.</param>
    public IReadOnlyList<StaleReason> StaleReasons(MemberObservation seen, MachinePool pool, NodeBuild wanted) =>
        Staleness.Of(seen, pool, EtcdRolls.Build(seen, wanted, Desired, Observed), Desired, Limits, Now);

    /// <summary>Whether this plan begins or continues to release the machine; no other step may touch it then.</summary>
    public bool Leaves(SystemId machine) => _leaving.Contains(machine);

    public void Do(Step step)
    {
        if (step.Traits.BeginsRemoval)
        {
            _leaving.Add(step.Target!.Value);
        }

        _steps.Add(step);
    }

    public void Wait(string reason, string message, SystemId? machine = null) => _waits.Add(new Wait(reason, message, machine));

    /// <inheritdoc cref="Plan.Leaving"/>
    /// <returns>False when the cluster does wait for the machine: it is deleted, or the machine has not left it yet.</returns>
    public bool TryLeaveBehind(MemberObservation seen, string reason, string message)
    {
        if (Desired.Deletion is not null || seen.Member.Stays)
        {
            return false;
        }

        _leftBehind.Add(new Wait(reason, message, seen.Id));
        return true;
    }

    /// <inheritdoc cref="Blocker"/>
    public void Refuse(string reason, string message, string? subject = null)
    {
        // Several parts of the planner may meet the same obstacle.
        var refusal = new Blocker(reason, message) { Subject = subject };
        if (!_refusals.Contains(refusal))
        {
            _refusals.Add(refusal);
        }
    }

    public Plan ToPlan() =>
        new(_steps, _waits, _refusals)
        {
            Repave = Repave,
            Drift = Drift,
            Stale = _stale,
            Backends = Backends,
            Lacking = [.. WithPlaces(Lacking, Successors.Needed).Select(WithPurposes)],
            Leaving = _leftBehind,
        };

    private Shortfall WithPurposes(Shortfall shortfall)
    {
        var pool = Pools.First(pool => pool.Pool.Name == shortfall.Pool.Name);
        var taken = _steps
            .OfType<Step.Allocate>()
            .Count(step => step.Pool == pool.Pool.Name && pool.Staying.All(seen => seen.Id != step.Machine));
        var kept = pool.Staying.Count(seen => Unwanted(seen)?.Kind is not RemovalKind.Repair);
        var lost = Math.Min(Planner.LostOf(pool.Pool, kept + taken, Observed.ReachedSizes), shortfall.Count);
        var lacking = Math.Max(lost, pool.Pool.Size - pool.Staying.Count - taken);
        return shortfall with { Lost = lost, Replacing = Math.Max(0, shortfall.Count - lacking) };
    }

    // A place that a leaving machine opens may already count as a machine that the pool lacks.
    private static ValueList<Shortfall> WithPlaces(ValueList<Shortfall> lacking, IEnumerable<Shortfall> places) =>
        [
            .. lacking
                .Concat(places)
                .GroupBy(shortfall => shortfall.Pool.Name)
                .Select(pool => pool.MaxBy(shortfall => shortfall.Count)!)
                .OrderBy(shortfall => shortfall.Pool.Role),
        ];

    private static RepaveNeed? NeedOf(
        Dictionary<SystemId, IReadOnlyList<StaleReason>> stale,
        ClusterSpec desired,
        ClusterObservation observed
    )
    {
        var open = stale
            .SelectMany(pair => pair.Value.Select(reason => (Machine: pair.Key, Reason: reason)))
            .Where(pair => !Staleness.IsActionable(pair.Reason, desired.ApprovedRepave))
            .ToList();
        return open.Count is 0
            ? null
            : new RepaveNeed(
                Staleness.HashOf(open.Select(pair => pair.Reason)),
                [
                    .. open.Select(pair => pair.Reason)
                        .DistinctBy(reason => (reason.Code, reason.To))
                        .Select(reason => new RepaveReason(reason.Code, reason.Message, reason.From, reason.To)),
                ],
                [
                    .. observed
                        .Members.Where(seen => open.Exists(pair => pair.Machine == seen.Id))
                        .Select(seen => seen.Member.Hostname)
                        .Order(StringComparer.Ordinal),
                ]
            );
    }
}
