using Gantry.Clusters.Model;
using Gantry.Clusters.Queueing;

namespace Gantry.Clusters.Planning;

/// <summary>The machines a cluster may take now: free, allocatable, not held and not in quarantine.</summary>
public sealed class Inventory
{
    private readonly Lazy<Turn> _turn;

    /// <summary>An inventory that no other cluster is queued for.</summary>
    public Inventory(IReadOnlyList<Candidate> free) => _turn = new(Turn.Alone(free));

    /// <param name="turn">Evaluated at most once, and only when a plan needs placement, which most plans of a living
    /// cluster do not.</param>
    public Inventory(Func<Turn> turn) => _turn = new(turn, LazyThreadSafetyMode.None);

    public static Inventory Empty { get; } = new([]);

    /// <summary>In any order; the choice does not depend on it.</summary>
    public IReadOnlyList<Candidate> Free => _turn.Value.Free;

    /// <summary>The clusters that take machines before this one.</summary>
    public Turn Turn => _turn.Value;

    /// <summary>The same with more free machines.</summary>
    public Inventory With(IReadOnlyList<Candidate> more) => new(() => Turn with { Free = [.. Free, .. more] });
}

/// <param name="LargestDiskBytes">Size of the largest physical disk.</param>
public sealed record Candidate(
    SystemId Machine,
    string Hostname,
    string Zone,
    string ResourcePool,
    int CpuCount,
    int MemoryMiB,
    long LargestDiskBytes,
    string Architecture,
    IReadOnlyList<string> Tags
)
{
    /// <summary>
    /// Why placement prefers every other machine that fits, as a clause: <c>somebody released it in MAAS at 12:03</c>; <c>null</c>
    /// for an ordinary machine.
    /// </summary>
    public string? LastChoice { get; init; }

    /// <summary>The subnets in which MAAS gives the machine an address.</summary>
    public ValueList<NetworkLink> Networks { get; init; } = [];
}

/// <param name="Reason">Why this machine was picked.</param>
public sealed record Pick(SystemId Machine, string Hostname, string Zone, MachinePool Pool, string Reason)
{
    /// <inheritdoc cref="Candidate.LastChoice"/>
    public string? LastChoice { get; init; }
}

/// <param name="Blockers">One for each pool that does not get all its machines.</param>
public sealed record Choice(IReadOnlyList<Pick> Picks, IReadOnlyList<Blocker> Blockers);

/// <summary>Picks machines for all shortfalls of a cluster at once: the control plane first, then pool after pool.</summary>
public static class Placement
{
    public static Choice Choose(
        ClusterSpec desired,
        IReadOnlyList<Shortfall> shortfalls,
        ClusterObservation observed,
        Inventory inventory
    ) => Choose(shortfalls, [.. observed.Members.Select(seen => seen.Member)], Without(desired.Replace, inventory));

    // A machine that an operator replaces must not be picked again: it would have to leave again.
    private static Inventory Without(IReadOnlyList<SystemId> replaced, Inventory inventory) =>
        replaced.Count is 0 ? inventory : new Inventory([.. inventory.Free.Where(free => !replaced.Contains(free.Machine))]);

    /// <param name="members">The cluster's machines; new ones are spread over zones with regard to them.</param>
    public static Choice Choose(IReadOnlyList<Shortfall> shortfalls, IReadOnlyList<Member> members, Inventory inventory)
    {
        var gone = members.Select(member => member.Machine).ToHashSet();

        // Kubernetes takes names that differ in nothing but case, or in their MAAS domain, for one node.
        var names = NamesOf(members);
        var picks = new List<Pick>();
        var refusals = new List<Blocker>();
        foreach (var shortfall in shortfalls)
        {
            var (pool, count) = shortfall;
            var constraints = shortfall.Constraints;
            var fitting = inventory.Free.Where(free => Fits(constraints, free) && !gone.Contains(free.Machine));
            var spread = SpreadOf(shortfall, members, fitting);
            var staying = members.Count(member => member.Stays && member.Pool == pool.Name);
            var taken = 0;
            while (taken < count && spread.TakeBest(free => names.Contains(Member.NodeNameOf(free.Hostname))) is { } best)
            {
                names.Add(Member.NodeNameOf(best.Hostname));
                taken++;
                gone.Add(best.Machine);
                picks.Add(
                    new Pick(
                        best.Machine,
                        best.Hostname,
                        best.Zone,
                        pool,
                        $"{pool.Name} {staying + taken} of {pool.Size}, zone {best.Zone}"
                    )
                    {
                        LastChoice = best.LastChoice,
                    }
                );
            }

            if (taken < count)
            {
                var left = inventory.Free.Where(free => !gone.Contains(free.Machine));
                refusals.Add(Refuse(pool, constraints, count, taken, [.. left], inventory));
            }
        }

        return new Choice(picks, refusals);
    }

    /// <summary>Node names that no other machine of the cluster may have.</summary>
    internal static HashSet<string> NamesOf(IReadOnlyList<Member> members) =>
        members
            .SelectMany(member => (string[])[member.NodeName, Member.NodeNameOf(member.Hostname)])
            .ToHashSet(StringComparer.Ordinal);

    // A machine that leaves does not count for its zone; its successor goes there where all else is equal.
    private static ZoneSpread SpreadOf(Shortfall shortfall, IReadOnlyList<Member> members, IEnumerable<Candidate> fitting)
    {
        var pool = members.Where(member => member.Pool == shortfall.Pool.Name).ToList();
        var replaced = shortfall
            .Replaced.Select(machine => pool.Find(member => member.Machine == machine))
            .OfType<Member>()
            .Select(member => member.Zone)
            .ToList();
        return new ZoneSpread(
            pool.Where(member => member.Stays && !shortfall.Replaced.Contains(member.Machine)).Select(member => member.Zone),
            replaced,
            shortfall.IsSpare ? replaced : pool.Where(member => !member.Stays).Select(member => member.Zone),
            fitting
        );
    }

    /// <summary>The first mismatch between a machine and a pool; <c>null</c> when the machine fits.</summary>
    public static string? Mismatch(PoolPlacement placement, Candidate free) => Mismatch(Constraint.Of(placement), free);

    private static string? Mismatch(IReadOnlyList<Constraint> constraints, Candidate free) =>
        constraints.FirstOrDefault(constraint => !constraint.Holds(free))?.Mismatch;

    private static bool Fits(IReadOnlyList<Constraint> constraints, Candidate free)
    {
        foreach (var constraint in constraints)
        {
            if (!constraint.Holds(free))
            {
                return false;
            }
        }

        return true;
    }

    private static Blocker Refuse(
        MachinePool pool,
        IReadOnlyList<Constraint> constraints,
        int count,
        int found,
        List<Candidate> left,
        Inventory inventory
    )
    {
        var why = Why(constraints, left);
        var anyFits = inventory.Free.Any(free => Fits(constraints, free));
        var blocker =
            anyFits || inventory.Free.Count is 0
                ? new Blocker(
                    Reasons.TooFewMachines,
                    $"{pool.Name} needs {Counted.Of(count, "machine")} and {Counted.Of(found, "free one fits", "free ones fit")}{why}"
                )
                : new Blocker(Reasons.NoMachineFits, $"no free machine fits {pool.Name}{why}");
        return blocker with { Subject = pool.Name.Value };
    }

    /// <summary>Why no free machine can take the place of one that should be replaced.</summary>
    /// <param name="hostname">The machine that stays meanwhile.</param>
    /// <param name="instead">The way without a spare machine; <c>null</c> when there is none.</param>
    public static Blocker RefuseReplacement(Shortfall place, string hostname, Inventory left, string? instead)
    {
        var (pool, constraints) = (place.Pool, place.Constraints);
        var why = Why(constraints, left.Free);
        var noneFits = left.Free.Count > 0 && !left.Free.Any(free => Fits(constraints, free));
        var blocker = (instead, noneFits) switch
        {
            ({ } way, _) => new Blocker(
                Reasons.NoSpareMachine,
                $"{pool.Name} expands first and no spare machine fits{why}; free a machine that fits{way}"
            ),
            (null, true) => new Blocker(
                Reasons.NoMachineFits,
                $"no free machine fits {pool.Name}{why}; {hostname} stays until one does"
            ),
            _ => new Blocker(
                Reasons.NoSpareMachine,
                $"too few machines are free to take the place of {hostname} in {pool.Name}{why}; it stays until one is"
            ),
        };
        return blocker with { Subject = pool.Name.Value };
    }

    private static string Why(IReadOnlyList<Constraint> constraints, IEnumerable<Candidate> left)
    {
        var mismatches = left.Select(free => Mismatch(constraints, free))
            .OfType<string>()
            .GroupBy(mismatch => mismatch, StringComparer.Ordinal)
            .OrderByDescending(group => group.Count())
            .ThenBy(group => group.Key, StringComparer.Ordinal)
            .Select(group => $"{group.Count()} {group.Key}")
            .ToList();
        return mismatches.Count is 0 ? "" : $": {string.Join(", ", mismatches)}";
    }
}
