using Gantry.Api;
using Gantry.Cli.Plans;
using Gantry.Cli.Terminal;
using Gantry.Clusters.Explaining;
using Gantry.Clusters.Model;

namespace Gantry.Cli.Explanations;

/// <summary>
/// Constraints against machines: the cost of each constraint, the machines grouped by their failed constraints, nearest to
/// fitting first, and the smallest relaxations.
/// </summary>
public static class WhyNotText
{
    private const int MostGroups = 12;
    private const int NamesWhereUnbounded = 8;
    private const string GoesTo = "goes to ";
    private const string Fails = "✗";
    private const string Holds = "·";

    /// <param name="all">Whether every machine is shown, not only groups.</param>
    public static string Of(WhyNotAnswer document, TextLayout layout, bool all)
    {
        foreach (var pool in document.Pools)
        {
            Pool(pool, document.NotFree, layout.Blank(), all);
        }

        PlanText.Pending(document.Pending, layout);
        PlanText.Warnings(document.Warnings ?? [], layout);
        PlanText.Blockers(document.Blockers, layout);
        return layout.ToString();
    }

    /// <summary>Whether every pool finds the machines that it lacks, and nothing else blocks the desired state.</summary>
    public static bool Fits(WhyNotAnswer document) =>
        document.Blockers.Count is 0 && document.Pools.All(pool => pool.Fitting >= pool.Missing);

    private static void Pool(PoolWhyNotView pool, IReadOnlyList<NotFreeView> notFree, TextLayout layout, bool all)
    {
        layout.Title($"{pool.Pool} {Needs(pool)}");
        if (pool is { Machines.Count: > 0, Constraints.Count: > 0 })
        {
            Constraints(pool, layout);
            NotFree(notFree, layout);
            Machines(pool, layout, all);
        }

        Relaxations(pool, layout);
    }

    private static void Constraints(PoolWhyNotView pool, TextLayout layout)
    {
        List<Line> lines = [Line.Head([Right("#"), Right("FAIL IT"), Right("ONLY IT")], "CONSTRAINT")];
        lines.AddRange(
            pool.Constraints.Select(
                (constraint, index) =>
                    new Line(
                        [Right($"{index + 1}"), Right($"{constraint.Failing}"), Right($"{constraint.Alone}")],
                        constraint.Constraint
                    )
            )
        );
        layout.Blank().Lines(lines);
    }

    private static void NotFree(IReadOnlyList<NotFreeView> kinds, TextLayout layout)
    {
        if (kinds.Count > 0)
        {
            layout.Blank().Paragraph($"Not free: {string.Join(", ", kinds.Select(Written))}", 2, hanging: 2);
        }

        static string Written(NotFreeView kind) =>
            $"{kind.Machines} {kind.Message}{(kind.Kind is "Quarantine" ? " (`gantry quarantine list`)" : "")}";
    }

    private static void Machines(PoolWhyNotView pool, TextLayout layout, bool all)
    {
        Cell[] numbers = [.. pool.Constraints.Select((_, index) => Right($"{index + 1}"))];
        if (all)
        {
            layout
                .Blank()
                .Lines([
                    Line.Head([.. numbers, "MACHINE"], "NOT FREE BECAUSE"),
                    .. pool.Machines.Select(machine => new Line(
                        [.. Marks(pool, machine), machine.Hostname],
                        string.Join("; ", Others(pool, machine))
                    )),
                ]);
            return;
        }

        var groups = pool
            .Machines.GroupBy(machine => string.Concat(Marks(pool, machine).Select(mark => mark.Text)))
            .OrderBy(group => group.Key.Count(mark => mark == Fails[0]))
            .ThenByDescending(group => group.Count())
            .ToList();
        List<Line> lines = [Line.Head([.. numbers, Right("HOW MANY")], "MACHINES")];
        lines.AddRange(
            groups
                .Take(MostGroups)
                .Select(group => new Line(
                    [.. Marks(pool, group.First()), Right($"{group.Count()}")],
                    Names([.. group], layout.Width)
                ))
        );
        layout.Blank().Lines(lines);
        var rest = groups.Skip(MostGroups).Sum(group => group.Count());
        if (rest > 0)
        {
            layout.Paragraph(
                $"… and {Counted.Of(rest, "more machine fails", "more machines fail")}; --all shows every machine",
                2,
                color: TextColor.Quiet
            );
        }
    }

    private static void Relaxations(PoolWhyNotView pool, TextLayout layout)
    {
        if (pool.Relaxations.Count > 0)
        {
            layout
                .Blank()
                .Paragraph("Smallest changes that let more machines fit:", 2)
                .Lines([
                    .. pool.Relaxations.Select(relaxation => new Line(
                        [new Cell("~", TextColor.Careful)],
                        $"{string.Join(", and ", relaxation.Changes)}: {Counted.Of(relaxation.Fitting, "machine")} "
                            + $"{Fit(relaxation.Fitting)}"
                    )),
                ]);
        }
        else if (pool.Fitting < pool.Missing)
        {
            layout.Blank().Paragraph("No relaxed constraint lets enough machines fit. Add machines, or ask for fewer.", 2);
        }
    }

    // A text that is no constraint is the reason why the machine is not free (the first constraint) or the earlier pool
    // that takes it (the second).
    private static IEnumerable<Cell> Marks(PoolWhyNotView pool, MachineWhyNotView machine)
    {
        var others = Others(pool, machine).ToLookup(other => other.StartsWith(GoesTo, StringComparison.Ordinal));
        return pool.Constraints.Select(constraint =>
            Mark(
                constraint.Constraint switch
                {
                    WhyNot.Free => others[false].Any(),
                    WhyNot.LeftOver => others[true].Any(),
                    var words => machine.Failed.Contains(words),
                }
            )
        );
    }

    private static Cell Mark(bool fails) =>
        fails ? new Cell(Fails, TextColor.Bad, Right: true) : new Cell(Holds, TextColor.Quiet, Right: true);

    // As many names as fit one line.
    private static string Names(IReadOnlyList<MachineWhyNotView> machines, int? width)
    {
        var names = machines.Select(machine => machine.Hostname).ToList();
        var most = width is not { } columns
            ? NamesWhereUnbounded
            : Math.Max(columns / 2 / (names.Max(name => name.Length) + 1), 1);
        return names.Count <= most
            ? string.Join(' ', names)
            : $"{string.Join(' ', names.Take(most))} … and {names.Count - most} more";
    }

    private static IEnumerable<string> Others(PoolWhyNotView pool, MachineWhyNotView machine) =>
        machine.Failed.Where(failed => !IsConstraint(pool, failed));

    private static bool IsConstraint(PoolWhyNotView pool, string failed) =>
        pool.Constraints.Any(constraint => constraint.Constraint == failed);

    private static Cell Right(string text) => new(text, Right: true);

    private static string Needs(PoolWhyNotView pool)
    {
        var needs = pool.Missing == 0 ? "needs no more" : $"needs {pool.Missing} more";
        var lacking = pool.Missing - pool.Fitting;
        return $"{needs}: {pool.Fitting} {Are(pool.Fitting)} free and "
            + $"{Fit(pool.Fitting)}{(lacking > 0 ? $", {lacking} {Are(lacking)} missing" : "")}"
            + (pool.Machines.Count > 0 ? $"; there {Are(pool.Machines.Count)} {Counted.Of(pool.Machines.Count, "machine")}" : "");
    }

    private static string Are(int count) => count == 1 ? "is" : "are";

    private static string Fit(int count) => count == 1 ? "fits" : "fit";
}
