using Gantry.Api;
using Gantry.Cli.Terminal;
using Gantry.Clusters.Explaining;
using Gantry.Clusters.Model;

namespace Gantry.Cli.Plans;

/// <summary>
/// A plan for people: what becomes of which machine, then the steps in order, then what is waited for and what cannot be,
/// and last the sum and how to have exactly this done.
/// </summary>
public static class PlanText
{
    /// <param name="title">What is planned: <c>demo: worker-pool is to have 5 machines</c>.</param>
    /// <param name="isWanted">Whether all of it is wanted already, so that nothing is left to apply.</param>
    public static string Of(PlanAnswer plan, string title, Page page, bool isWanted = false)
    {
        page.Title(title);
        if (plan is { Steps.Count: 0, Blockers.Count: 0, Pending.Count: 0 })
        {
            page.Blank().Paragraph(isWanted ? "Nothing to do: the cluster is as it should be." : "It needs no step: no machine is touched.");
        }

        Machines(plan.Machines ?? [], page);
        Steps(plan.Steps, page);
        Pending(plan.Pending, page);
        Blockers(plan.Blockers, page);
        Sum(plan, page, isWanted);
        return page.ToString();
    }

    private static void Machines(IReadOnlyList<MachineChangeView> machines, Page page)
    {
        if (machines.Count == 0)
        {
            return;
        }

        page.Blank().Lines(
            [.. machines.Select(machine => new Line(
                [
                    Symbol(machine.Symbol),
                    Disruptive(machine.Disruptive),
                    machine.ReplacedBy is { } by && by != machine.Hostname ? $"{machine.Hostname} → {by}" : machine.Hostname,
                    new Cell(machine.Pool, Tone.Quiet),
                    new Cell(machine.Zone, Tone.Quiet),
                ],
                machine.Reason))]);
        if (machines.Any(machine => machine.Disruptive))
        {
            page.Blank().Paragraph("! takes something away that may be in use", 2, tone: Tone.Quiet);
        }
    }

    private static void Steps(IReadOnlyList<PlanStepView> steps, Page page)
    {
        if (steps.Count == 0)
        {
            return;
        }

        var timed = steps.Any(step => step.ExpectedSeconds is not null);
        Cell[] times = timed ? [new Cell("USUALLY", Right: true), new Cell("AT MOST", Right: true)] : [];
        List<Line> lines =
        [
            Line.Head([new Cell("#", Right: true), "", "", "STEP", "MACHINE", "ZONE", .. times], "WHY"),
        ];
        foreach (var (step, number) in steps.Select((step, index) => (step, index + 1)))
        {
            Cell[] took = timed
                ? [new Cell(Rough(step.ExpectedSeconds), Right: true), new Cell(Rough(step.SlowSeconds), Right: true)]
                : [];
            lines.Add(new Line(
                [
                    new Cell($"{number}", Tone.Quiet, Right: true), Symbol(step.Symbol), Disruptive(step.Disruptive), step.Action,
                    step.Hostname ?? step.Machine, new Cell(step.Zone, Tone.Quiet), .. took,
                ],
                step.Reason));
        }

        page.Blank().Lines(lines);
    }

    private static void Pending(IReadOnlyList<string> waits, Page page)
    {
        if (waits.Count > 0)
        {
            page.Blank().Paragraph("It waits:", 2).Lines([.. waits.Select(wait => new Line([new Cell("…", Tone.Careful)], wait))]);
        }
    }

    private static void Blockers(IReadOnlyList<BlockerView> refusals, Page page)
    {
        if (refusals.Count > 0)
        {
            page.Blank().Paragraph("It cannot be done as asked:", 2)
                .Lines([.. refusals.Select(refusal => new Line([new Cell("✗", Tone.Bad), new Cell(refusal.Reason, Tone.Strong)], refusal.Message))]);
        }
    }

    private static void Sum(PlanAnswer plan, Page page, bool isWanted)
    {
        if (plan.Steps.Count > 0)
        {
            page.Blank().Paragraph($"Plan: {Numbers(plan)}{Duration(plan)}.", tone: Tone.Strong);
        }

        if (plan.Blockers.Count > 0)
        {
            page.Blank().Paragraph($"Hash {plan.Hash}. Nothing has been touched, and nothing can be applied until what stands in the way is gone.");
            return;
        }

        if (isWanted)
        {
            return;
        }

        page.Blank().Paragraph($"Hash {plan.Hash}. Nothing has been touched; to have exactly this done, within an hour:").Blank().Verbatim($"gantry apply --plan {plan.Hash}");
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

    private static string Duration(PlanAnswer plan) => (plan.ExpectedSeconds, plan.SlowSeconds) switch
    {
        ({ } expected, { } slow) => $", about {Durations.Rough(expected)} (at most {Durations.Rough(slow)})",
        ({ } expected, null) => $", about {Durations.Rough(expected)}",
        _ => "",
    };

    private static string Rough(double? seconds) => seconds is { } known ? Durations.Rough(known) : "";

    private static Cell Symbol(string symbol) => new(symbol, symbol switch
    {
        "+" => Tone.Good,
        "-" => Tone.Bad,
        _ => Tone.Careful,
    });

    private static Cell Disruptive(bool disruptive) => new(disruptive ? "!" : "", Tone.Bad);
}
