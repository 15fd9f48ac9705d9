using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;

namespace Gantry.Clusters.Explaining;

/// <summary>A machine of the region, free or not.</summary>
/// <param name="Unavailable">Why the cluster cannot take the machine; <c>null</c> when it is free.</param>
public sealed record KnownMachine(Candidate Machine, Unavailable? Unavailable);

/// <summary>
/// Checks every constraint of a cluster against every machine of a region. Machines are assigned as in <see
/// cref="Placement"/>, so a pool also shows which machines earlier pools take.
/// </summary>
public static class WhyNot
{
    /// <summary>The constraint that a machine fails when it is <see cref="KnownMachine.Unavailable"/>.</summary>
    public const string Free = "free";

    /// <summary>The constraint that a machine fails when an earlier pool takes it.</summary>
    public const string LeftOver = "left by the pools before";

    /// <summary>The change that frees machines in quarantine.</summary>
    public const string ClearQuarantine = "clear the quarantine";

    /// <param name="members">The cluster's machines, from which its shortfalls are computed.</param>
    /// <param name="machines">Every machine of the region.</param>
    /// <param name="lacking">What the plan of the cluster asks for and does not find, places of machines to be replaced
    /// included.</param>
    /// <param name="architectures">Those that MAAS has the image for; none when they are not known.</param>
    /// <param name="virtualIp">Where the cluster's virtual IP is; <c>null</c> when it has none or nobody knows.</param>
    public static WhyNotDocument Write(
        ClusterSpec desired,
        IReadOnlyList<Member> members,
        IReadOnlyList<KnownMachine> machines,
        IReadOnlyList<Shortfall>? lacking = null,
        IReadOnlyList<string>? architectures = null,
        VirtualIpPlace? virtualIp = null
    )
    {
        architectures ??= [];
        var ours = members.Select(member => member.Machine).ToHashSet();
        var names = Placement.NamesOf(members);
        var known = machines
            .Select(one =>
                one switch
                {
                    { Unavailable: null } when ours.Contains(one.Machine.Machine) => one with
                    {
                        Unavailable = Unavailable.Already,
                    },
                    { Unavailable: null } when names.Contains(Member.NodeNameOf(one.Machine.Hostname)) => one with
                    {
                        Unavailable = Unavailable.SameName,
                    },
                    _ => one,
                }
            )
            .ToList();
        var free = new Inventory([.. known.Where(one => one.Unavailable is null).Select(one => one.Machine)]);
        var shortfalls = Shortfalls(desired, members, lacking ?? [], architectures, virtualIp);
        var picks = Placement.Choose(shortfalls, members, free).Picks;
        var cleared = new Inventory([
            .. known.Where(one => one.Unavailable is null || IsCleared(one)).Select(one => one.Machine),
        ]);
        var picksThen = cleared.Free.Count > free.Free.Count ? Placement.Choose(shortfalls, members, cleared).Picks : picks;

        var documents = new List<PoolWhyNot>();
        var takenBy = new Dictionary<SystemId, DnsLabel>();
        var eased = new List<Shortfall>();
        foreach (var pool in desired.Pools.OrderBy(pool => pool.Role))
        {
            var missing = shortfalls.FirstOrDefault(shortfall => shortfall.Pool.Name == pool.Name)?.Count ?? 0;
            var (document, left) = Look(pool, missing, Constraint.Of(pool, architectures, virtualIp), known, takenBy);

            // Earlier pools may get more machines once they are relaxed. The proposal must hold in both cases: it counts
            // only on machines that they leave either way.
            var takenThen = Placement.Choose(eased, members, free).Picks.Select(pick => pick.Machine).ToHashSet();
            var unrelaxed = Constraint.Fixed(pool, architectures, virtualIp);
            var relaxations = Relaxing.Search(
                pool.Placement,
                missing,
                [.. left.Where(one => !takenThen.Contains(one.Machine) && unrelaxed.All(constraint => constraint.Holds(one)))]
            );
            documents.Add(
                document with
                {
                    Relaxations =
                    [
                        .. relaxations,
                        .. Clearing(pool, missing, document.Fitting, Fitting(pool, cleared.Free), picksThen),
                    ],
                }
            );

            eased.Add(
                new Shortfall(
                    relaxations is [{ Placement: { } placement }, ..] ? pool with { Placement = placement } : pool,
                    missing
                )
                {
                    Architectures = [.. architectures],
                    VirtualIp = virtualIp,
                }
            );
            foreach (var pick in picks.Where(pick => ReferenceEquals(pick.Pool, pool)))
            {
                takenBy[pick.Machine] = pool.Name;
            }
        }

        return new WhyNotDocument([.. documents]) { NotFree = Unavailable.Count(known) };

        IReadOnlyList<Candidate> Fitting(MachinePool pool, IReadOnlyList<Candidate> machines)
        {
            var constraints = Constraint.Of(pool, architectures, virtualIp);
            return [.. machines.Where(machine => constraints.All(constraint => constraint.Holds(machine)))];
        }

        bool IsCleared(KnownMachine one) =>
            one.Unavailable is { Kind: NotFreeKind.Quarantine } && !ours.Contains(one.Machine.Machine);
    }

    // Without a plan, a pool lacks what is missing to its size; a plan also asks for the places of machines to be replaced.
    private static IReadOnlyList<Shortfall> Shortfalls(
        ClusterSpec desired,
        IReadOnlyList<Member> members,
        IReadOnlyList<Shortfall> lacking,
        IReadOnlyList<string> architectures,
        VirtualIpPlace? virtualIp
    ) =>
        [
            .. Planner
                .Shortfalls(desired, members)
                .Select(shortfall => shortfall with { Architectures = [.. architectures], VirtualIp = virtualIp })
                .Concat(lacking)
                .GroupBy(shortfall => shortfall.Pool.Name)
                .Select(pool => pool.MaxBy(shortfall => shortfall.Count)!)
                .OrderBy(shortfall => shortfall.Pool.Role),
        ];

    // The desired state does not change; every pool chooses from the machines that are free after the clearing.
    /// <param name="cleared">Machines that fit the pool and are free then.</param>
    private static IEnumerable<Relaxation> Clearing(
        MachinePool pool,
        int missing,
        int fitting,
        IReadOnlyList<Candidate> cleared,
        IReadOnlyList<Pick> picks
    )
    {
        if (fitting >= missing || picks.Count(pick => ReferenceEquals(pick.Pool, pool)) < missing)
        {
            yield break;
        }

        var others = picks.TakeWhile(pick => !ReferenceEquals(pick.Pool, pool)).Select(pick => pick.Machine).ToHashSet();
        yield return new Relaxation([ClearQuarantine], cleared.Count(machine => !others.Contains(machine.Machine)));
    }

    private static (PoolWhyNot Document, IReadOnlyList<Candidate> Left) Look(
        MachinePool pool,
        int missing,
        IReadOnlyList<Constraint> constraints,
        IReadOnlyList<KnownMachine> known,
        Dictionary<SystemId, DnsLabel> takenBy
    )
    {
        var rows = known
            .Select(one => new Row(
                one,
                takenBy.GetValueOrDefault(one.Machine.Machine),
                [.. constraints.Where(constraint => !constraint.Holds(one.Machine))]
            ))
            .ToList();
        var failures = new List<ConstraintFailures> { Count(Free, rows, row => row.Known.Unavailable is not null) };
        if (takenBy.Count > 0)
        {
            failures.Add(Count(LeftOver, rows, row => row.TakenBy is not null));
        }

        failures.AddRange(constraints.Select(constraint => Count(constraint.Text, rows, row => row.Failed.Contains(constraint))));
        var machines = rows.OrderBy(row => row.Failures)
            .ThenBy(row => row.Known.Machine.Hostname, StringComparer.Ordinal)
            .ThenBy(row => row.Known.Machine.Machine.Value, StringComparer.Ordinal)
            .Select(row => new MachineWhyNot(row.Known.Machine.Machine, row.Known.Machine.Hostname, [.. row.FailureTexts()]))
            .ToList();
        var left = rows.Where(row => row is { Known.Unavailable: null, TakenBy: null }).Select(row => row.Known.Machine).ToList();
        return (new PoolWhyNot(pool.Name, missing, rows.Count(row => row.Failures is 0), [.. failures], [.. machines], []), left);
    }

    private static ConstraintFailures Count(string constraint, List<Row> rows, Predicate<Row> fails)
    {
        var failing = rows.FindAll(fails);
        return new ConstraintFailures(constraint, failing.Count, failing.Count(row => row.Failures is 1));
    }

    /// <summary>One machine against one pool.</summary>
    private sealed record Row(KnownMachine Known, DnsLabel? TakenBy, IReadOnlyList<Constraint> Failed)
    {
        public int Failures => Failed.Count + (Known.Unavailable is null ? 0 : 1) + (TakenBy is null ? 0 : 1);

        public IEnumerable<string> FailureTexts()
        {
            if (Known.Unavailable is { } unavailable)
            {
                yield return unavailable.Text;
            }

            if (TakenBy is not null)
            {
                yield return $"goes to {TakenBy}";
            }

            foreach (var constraint in Failed)
            {
                yield return constraint.Text;
            }
        }
    }
}
