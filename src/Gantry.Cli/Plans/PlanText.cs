using Gantry.Api;
using Gantry.Cli.Terminal;
using Gantry.Clusters.Explaining;
using Gantry.Clusters.Model;

namespace Gantry.Cli.Plans;

/// <summary>
/// A plan as text: the change of each machine, the steps in order, pending conditions and blockers, and last the total and
/// the command that applies the plan.
/// </summary>
public static class PlanText
{
    /// <param name="title">The change: <c>demo: scale worker-pool to 5 machines</c>.</param>
    /// <param name="isDesired">Whether the plan belongs to the current desired state, so that there is no change to
    /// apply.</param>
    public static string Of(PlanAnswer plan, string title, TextLayout layout, bool isDesired = false)
    {
        layout.Title(title);
        if (plan is { Steps.Count: 0, Blockers.Count: 0, Pending.Count: 0 })
        {
            layout
                .Blank()
                .Paragraph(
                    isDesired
                        ? "No step is needed: the cluster matches its desired state."
                        : "No step is needed: no machine is touched."
                );
        }

        Machines(plan.Machines ?? [], layout);
        Steps(plan.Steps, layout);
        Pending(plan.Pending, layout);
        Warnings(plan.Warnings ?? [], layout);
        Blockers(plan.Blockers, layout);
        Sum(plan, layout, isDesired);
        return layout.ToString();
    }

    private static void Machines(IReadOnlyList<MachineChangeView> machines, TextLayout layout)
    {
        if (machines.Count == 0)
        {
            return;
        }

        layout
            .Blank()
            .Lines([
                .. machines.Select(machine => new Line(
                    [
                        Symbol(machine.Symbol),
                        Disruptive(machine.Disruptive),
                        machine.ReplacedBy is { } by && by != machine.Hostname ? $"{machine.Hostname} → {by}" : machine.Hostname,
                        new Cell(machine.Pool, TextColor.Quiet),
                        new Cell(machine.Zone, TextColor.Quiet),
                    ],
                    machine.Reason
                )),
            ]);
        if (machines.Any(machine => machine.Disruptive))
        {
            layout.Blank().Paragraph("! may interrupt running workload", 2, color: TextColor.Quiet);
        }
    }

    private static void Steps(IReadOnlyList<PlanStepView> steps, TextLayout layout)
    {
        if (steps.Count == 0)
        {
            return;
        }

        var timed = steps.Any(step => step.ExpectedSeconds is not null);
        Cell[] times = timed ? [new Cell("USUALLY", Right: true), new Cell("AT MOST", Right: true)] : [];
        List<Line> lines = [Line.Head([new Cell("#", Right: true), "", "", "STEP", "MACHINE", "ZONE", .. times], "WHY")];
        foreach (var (step, number) in steps.Select((step, index) => (step, index + 1)))
        {
            Cell[] took = timed
                ? [new Cell(Rough(step.ExpectedSeconds), Right: true), new Cell(Rough(step.SlowSeconds), Right: true)]
                : [];
            lines.Add(
                new Line(
                    [
                        new Cell($"{number}", TextColor.Quiet, Right: true),
                        Symbol(step.Symbol),
                        Disruptive(step.Disruptive),
                        step.Action,
                        step.Hostname ?? step.Machine,
                        new Cell(step.Zone, TextColor.Quiet),
                        .. took,
                    ],
                    step.Reason
                )
            );
        }

        layout.Blank().Lines(lines);
    }

    /// <summary>What a desired state waits for; no text when it waits for nothing.</summary>
    internal static void Pending(IReadOnlyList<string> waits, TextLayout layout)
    {
        if (waits.Count > 0)
        {
            layout
                .Blank()
                .Paragraph("Waiting for:", 2)
                .Lines([.. waits.Select(wait => new Line([new Cell("…", TextColor.Careful)], wait))]);
        }
    }

    /// <summary>What else to know of a desired state; no text when there is nothing.</summary>
    internal static void Warnings(IReadOnlyList<string> warnings, TextLayout layout)
    {
        if (warnings.Count > 0)
        {
            layout
                .Blank()
                .Paragraph("Mind:", 2)
                .Lines([.. warnings.Select(warning => new Line([new Cell("!", TextColor.Careful)], warning))]);
        }
    }

    /// <summary>What blocks a desired state; no text when nothing does.</summary>
    internal static void Blockers(IReadOnlyList<BlockerView> refusals, TextLayout layout)
    {
        if (refusals.Count > 0)
        {
            layout
                .Blank()
                .Paragraph("Blocked by:", 2)
                .Lines([
                    .. refusals.Select(refusal => new Line(
                        [new Cell("✗", TextColor.Bad), new Cell(refusal.Reason, TextColor.Strong)],
                        refusal.Message
                    )),
                ]);
        }
    }

    private static void Sum(PlanAnswer plan, TextLayout layout, bool isDesired)
    {
        if (plan.Steps.Count > 0)
        {
            layout.Blank().Paragraph($"Plan: {Numbers(plan)}{Duration(plan)}.", color: TextColor.Strong);
        }

        if (plan.Blockers.Count > 0)
        {
            layout
                .Blank()
                .Paragraph($"Hash {plan.Hash}. Nothing has been changed. The plan cannot be applied while it is blocked.");
            return;
        }

        if (isDesired)
        {
            return;
        }

        layout
            .Blank()
            .Paragraph($"Hash {plan.Hash}. Nothing has been changed. The plan can be applied within an hour:")
            .Blank()
            .Verbatim($"gantry apply --plan {plan.Hash}");
    }

    private static string Numbers(PlanAnswer plan)
    {
        if (plan.Machines is not { } machines)
        {
            return Counted.Of(plan.Steps.Count, "step");
        }

        var replaced = machines.Count(machine => machine.Symbol == "-/+");
        return $"{machines.Count(machine => machine.Symbol == "+") + replaced} to add, "
            + $"{machines.Count(machine => machine.Symbol == "~")} to change, "
            + $"{machines.Count(machine => machine.Symbol == "-") + replaced} to remove";
    }

    private static string Duration(PlanAnswer plan) =>
        (plan.ExpectedSeconds, plan.SlowSeconds) switch
        {
            ({ } expected, { } slow) => $", about {Durations.Rough(expected)} (at most {Durations.Rough(slow)})",
            ({ } expected, null) => $", about {Durations.Rough(expected)}",
            _ => "",
        };

    private static string Rough(double? seconds) => seconds is { } known ? Durations.Rough(known) : "";

    private static Cell Symbol(string symbol) =>
        new(
            symbol,
            symbol switch
            {
                "+" => TextColor.Good,
                "-" => TextColor.Bad,
                _ => TextColor.Careful,
            }
        );

    private static Cell Disruptive(bool disruptive) => new(disruptive ? "!" : "", TextColor.Bad);
}
