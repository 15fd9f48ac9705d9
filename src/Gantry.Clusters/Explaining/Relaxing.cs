using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;

namespace Gantry.Clusters.Explaining;

/// <summary>
/// The smallest relaxation of a placement after which enough machines fit: of one constraint if one is enough, else of two,
/// else what the nearest machines need. Fewer changes are better; among equally many, the smaller lowering is.
/// </summary>
internal static class Relaxing
{
    // A longer list would be hard to compare; the best ones come first.
    private const int MaxRelaxations = 5;

    /// <param name="left">Free machines that earlier pools leave.</param>
    /// <returns>Best first; empty when enough machines fit already, or no relaxation makes enough fit.</returns>
    public static IReadOnlyList<Relaxation> Search(PoolPlacement placement, int missing, IReadOnlyList<Candidate> left)
    {
        var constraints = Constraint.Of(placement);
        var machines = left.Select(machine => new Distance(
                machine,
                [.. constraints.Where(constraint => !constraint.Holds(machine))]
            ))
            .ToList();
        if (machines.Count < missing || machines.Count(one => one.Failed.Count is 0) >= missing)
        {
            return [];
        }

        var found = Singles(placement, constraints, missing, machines).ToList();
        if (found.Count is 0)
        {
            found.AddRange(Pairs(placement, constraints, missing, machines));
        }

        if (found.Count is 0 && Nearest(placement, missing, machines) is { } nearest)
        {
            found.Add(nearest);
        }

        return
        [
            .. found
                .OrderBy(set => set.Changes.Count)
                .ThenBy(set => set.Lowering)
                .ThenBy(set => set.Text, StringComparer.Ordinal)
                .Take(MaxRelaxations)
                .Select(set => set.Apply(placement, left)),
        ];
    }

    private static IEnumerable<ChangeSet> Singles(
        PoolPlacement placement,
        IReadOnlyList<Constraint> constraints,
        int missing,
        List<Distance> machines
    )
    {
        foreach (var constraint in constraints)
        {
            var near = machines.FindAll(one => one.Failed.All(failed => failed == constraint));
            if (
                near.Count >= missing
                && Changes(constraint, placement, near)
                    .FirstOrDefault(change => near.Count(one => change.Admits(one.Machine)) >= missing)
                    is { } mildest
            )
            {
                yield return new ChangeSet([mildest]);
            }
        }
    }

    private static IEnumerable<ChangeSet> Pairs(
        PoolPlacement placement,
        IReadOnlyList<Constraint> constraints,
        int missing,
        List<Distance> machines
    )
    {
        for (var first = 0; first < constraints.Count; first++)
        {
            for (var second = first + 1; second < constraints.Count; second++)
            {
                var (one, other) = (constraints[first], constraints[second]);
                var near = machines.FindAll(machine => machine.Failed.All(failed => failed == one || failed == other));
                if (
                    near.Count >= missing
                    && Pair(Changes(one, placement, near), Changes(other, placement, near), missing, near) is { } best
                )
                {
                    yield return best;
                }
            }
        }
    }

    // Each change in a list admits every machine that the one before it admits. The more one constraint is relaxed, the
    // less the other has to be: one walk down one list and up the other meets every pair worth considering.
    private static ChangeSet? Pair(IReadOnlyList<Change> ones, IReadOnlyList<Change> others, int missing, List<Distance> near)
    {
        ChangeSet? best = null;
        var mildest = others.Count - 1;
        foreach (var one in ones)
        {
            for (
                ;
                mildest >= 0
                    && near.Count(machine => one.Admits(machine.Machine) && others[mildest].Admits(machine.Machine)) >= missing;
                mildest--
            )
            {
                var set = new ChangeSet([one, others[mildest]]);
                best = best is null || set.Lowering < best.Lowering ? set : best;
            }
        }

        return best;
    }

    private static ChangeSet? Nearest(PoolPlacement placement, int missing, List<Distance> machines)
    {
        var nearest = machines
            .Select(one =>
                (one.Machine, one.Failed, Ways: one.Failed.Select(failed => Changes(failed, placement, [one])).ToList())
            )
            .Where(one => one.Ways.TrueForAll(way => way.Count > 0))
            .OrderBy(one => one.Failed.Count)
            .ThenBy(one => one.Ways.Sum(way => way[0].Lowering))
            .ThenBy(one => one.Machine.Machine.Value, StringComparer.Ordinal)
            .Take(missing)
            .Select(one => new Distance(one.Machine, one.Failed))
            .ToList();
        if (nearest.Count < missing)
        {
            return null;
        }

        // A relaxation of all failed constraints admits further machines, so some constraints may need a smaller relaxation
        // or none.
        var changes = Constraint
            .Of(placement)
            .Select(constraint => (constraint, Ways: Changes(constraint, placement, nearest)))
            .Where(pair => pair.Ways.Count > 0)
            .ToDictionary(pair => pair.constraint, pair => pair.Ways[^1]);
        foreach (var (constraint, furthest) in changes.ToList())
        {
            changes.Remove(constraint);
            if (Admitted() >= missing)
            {
                continue;
            }

            foreach (
                var change in Changes(constraint, placement, machines)
                    .Where(change => change.Lowering < furthest.Lowering)
                    .Append(furthest)
            )
            {
                changes[constraint] = change;
                if (Admitted() >= missing)
                {
                    break;
                }
            }
        }

        int Admitted() =>
            machines.Count(one =>
                one.Failed.All(failed => changes.TryGetValue(failed, out var change) && change.Admits(one.Machine))
            );
        return new ChangeSet([.. Constraint.Of(placement).Where(changes.ContainsKey).Select(constraint => changes[constraint])]);
    }

    /// <summary>
    /// The relaxations of a constraint, mildest first; each admits every machine that the one before it admits.
    /// </summary>
    private static IReadOnlyList<Change> Changes(Constraint constraint, PoolPlacement placement, List<Distance> machines)
    {
        var failing = machines.Where(one => one.Failed.Contains(constraint)).Select(one => one.Machine).ToList();
        return failing.Count is 0
            ? []
            : constraint switch
            {
                Constraint.Cpu cpu => Lower(
                    cpu.Least,
                    failing.Select(machine => machine.CpuCount),
                    least => new Constraint.Cpu(least),
                    least => $"CPUs from {cpu.Least} to {least}",
                    (before, least) => before with { MinCpu = least }
                ),
                Constraint.Memory memory => Lower(
                    memory.LeastMiB,
                    failing.Select(machine => machine.MemoryMiB),
                    least => new Constraint.Memory(least),
                    least => $"memory from {memory.LeastMiB} to {least} MiB",
                    (before, least) => before with { MinMemoryMiB = least }
                ),
                Constraint.Disk disk => Lower(
                    disk.LeastGB,
                    failing.Select(machine => (int)(machine.LargestDiskBytes / Constraint.Disk.BytesPerGB)),
                    least => new Constraint.Disk(least),
                    least => $"largest disk from {disk.LeastGB} to {least} GB",
                    (before, least) => before with { MinDiskGB = least }
                ),
                Constraint.InZones => Widen(placement, failing),
                Constraint.InResourcePool { Pool: var pool } =>
                [
                    new Change($"resource pool from {pool} to any", 1, _ => true, before => before with { ResourcePool = null }),
                ],
                Constraint.WithTag { Tag: var tag } =>
                [
                    new Change(
                        $"drop the tag {tag}",
                        1,
                        _ => true,
                        before => before with { Tags = [.. before.Tags.Where(other => other != tag)] }
                    ),
                ],
                Constraint.WithoutTag { Tag: var tag } =>
                [
                    new Change(
                        $"allow the tag {tag}",
                        1,
                        _ => true,
                        before => before with { NotTags = [.. before.NotTags.Where(other => other != tag)] }
                    ),
                ],

                Constraint.InSubnet { Network: var network } =>
                [
                    new Change($"{network.Text} to any", 1, _ => true, before => before with { Subnet = null }),
                ],

                // The image is built for one architecture, so the architecture is not relaxed.
                _ => [],
            };
    }

    private static IReadOnlyList<Change> Lower(
        int from,
        IEnumerable<int> values,
        Func<int, Constraint> constraint,
        Func<int, string> text,
        Func<PoolPlacement, int, PoolPlacement> apply
    ) =>
        [
            .. values
                .Distinct()
                .OrderDescending()
                .Select(least => new Change(
                    text(least),
                    (from - least) / (double)from,
                    constraint(least).Holds,
                    placement => apply(placement, least)
                )),
        ];

    // Zones with the most fitting machines are added first. The weight is the share of added zones among all zones.
    private static IReadOnlyList<Change> Widen(PoolPlacement placement, List<Candidate> failing)
    {
        var changes = new List<Change>();
        var zones = placement.Zones;
        foreach (
            var zone in failing
                .GroupBy(machine => machine.Zone, StringComparer.Ordinal)
                .OrderByDescending(zone => zone.Count())
                .ThenBy(zone => zone.Key, StringComparer.Ordinal)
                .Select(zone => zone.Key)
        )
        {
            ValueList<string> wider = [.. zones, zone];
            changes.Add(
                new Change(
                    $"zones from {string.Join(", ", placement.Zones)} to {string.Join(", ", wider)}",
                    (wider.Count - placement.Zones.Count) / (double)wider.Count,
                    new Constraint.InZones(wider).Holds,
                    before => before with { Zones = wider }
                )
            );
            zones = wider;
        }

        return changes;
    }

    /// <summary>A machine with every constraint that it fails.</summary>
    private sealed record Distance(Candidate Machine, IReadOnlyList<Constraint> Failed);

    /// <param name="Lowering">The relaxed share of the constraint: 1 drops it.</param>
    /// <param name="Admits">Whether a machine meets the relaxed constraint.</param>
    private sealed record Change(
        string Text,
        double Lowering,
        Func<Candidate, bool> Admits,
        Func<PoolPlacement, PoolPlacement> Apply
    );

    private sealed record ChangeSet(IReadOnlyList<Change> Changes)
    {
        public double Lowering { get; } = Changes.Sum(change => change.Lowering);

        public string Text { get; } = string.Join(", ", Changes.Select(change => change.Text));

        public Relaxation Apply(PoolPlacement placement, IReadOnlyList<Candidate> left)
        {
            var after = Changes.Aggregate(placement, (so, change) => change.Apply(so));
            var constraints = Constraint.Of(after);
            return new Relaxation(
                [.. Changes.Select(change => change.Text)],
                left.Count(machine => constraints.All(constraint => constraint.Holds(machine))),
                after
            );
        }
    }
}
