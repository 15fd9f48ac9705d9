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
);

/// <param name="Reason">Why this machine was picked.</param>
public sealed record Pick(SystemId Machine, string Hostname, string Zone, MachinePool Pool, string Reason);

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
        var picks = new List<Pick>();
        var refusals = new List<Blocker>();
        foreach (var (pool, count) in shortfalls)
        {
            var constraints = Constraint.Of(pool.Placement);
            var zones = members.Where(member => member.Stays && member.Pool == pool.Name).Select(member => member.Zone).ToList();
            var fitting = inventory.Free.Where(free => Fits(constraints, free) && !gone.Contains(free.Machine));
            var spread = new ZoneSpread(zones, fitting);
            var taken = 0;
            while (taken < count && spread.TakeBest() is { } best)
            {
                taken++;
                gone.Add(best.Machine);
                picks.Add(
                    new Pick(
                        best.Machine,
                        best.Hostname,
                        best.Zone,
                        pool,
                        $"{pool.Name} {zones.Count + taken} of {pool.Size}, zone {best.Zone}"
                    )
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
        var mismatches = left.Select(free => Mismatch(constraints, free))
            .OfType<string>()
            .GroupBy(mismatch => mismatch, StringComparer.Ordinal)
            .OrderByDescending(group => group.Count())
            .ThenBy(group => group.Key, StringComparer.Ordinal)
            .Select(group => $"{group.Count()} {group.Key}")
            .ToList();
        var why = mismatches.Count is 0 ? "" : $": {string.Join(", ", mismatches)}";
        var anyFits = inventory.Free.Any(free => Fits(constraints, free));
        return anyFits || inventory.Free.Count is 0
            ? new Blocker(
                Reasons.TooFewMachines,
                $"{pool.Name} needs {Counted.Of(count, "machine")} and {Counted.Of(found, "free one fits", "free ones fit")}{why}"
            )
            : new Blocker(Reasons.NoMachineFits, $"no free machine fits {pool.Name}{why}");
    }
}
