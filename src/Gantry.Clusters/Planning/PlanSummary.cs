using Gantry.Clusters.Model;

namespace Gantry.Clusters.Planning;

/// <summary>The plan in short: what becomes of each machine, in the order in which the plan comes to them.</summary>
public static class PlanSummary
{
    public static PlanDocument Add(PlanDocument plan) => plan with { Machines = Of(plan.Steps) };

    /// <summary>
    /// A machine that leaves a pool and one that comes to it are one change, a replacement: the first to leave is replaced
    /// by the first to come, and so on.
    /// </summary>
    public static IReadOnlyList<MachineChange> Of(IReadOnlyList<PlannedStep> steps)
    {
        var fates = steps
            .Where(step => step.Machine is not null)
            .GroupBy(step => step.Machine, StringComparer.Ordinal)
            .Select(group => new Fate([.. group]))
            .ToList();
        var successors = new Dictionary<Fate, Fate>();
        foreach (var pool in fates.ToLookup(fate => fate.Pool, StringComparer.Ordinal))
        {
            foreach (var (old, next) in pool.Where(fate => fate is { Leaves: true, Comes: false }).Zip(pool.Where(fate => fate is { Comes: true, Leaves: false })))
            {
                successors[old] = next;
            }
        }

        var replacing = successors.Values.ToHashSet();
        return
        [
            .. fates
                .Where(fate => !replacing.Contains(fate))
                .Select(fate => fate.ToChange(successors.GetValueOrDefault(fate))),
        ];
    }

    /// <param name="steps">All steps of one machine, in their order.</param>
    private sealed class Fate(IReadOnlyList<PlannedStep> steps)
    {
        public string Pool { get; } = steps.Select(step => step.Pool).FirstOrDefault(pool => pool is not null) ?? "";

        public bool Comes { get; } = steps.Any(step => step.Action is nameof(Step.Allocate));

        public bool Leaves { get; } = steps.Any(step => step.Action is nameof(Step.Release) or nameof(Step.Forget));

        private string Hostname => steps.Select(step => step.Hostname).FirstOrDefault(name => name is not null) ?? steps[0].Machine!;

        // What the plan does to it last says where it ends; one that is only readied, labelled or cordoned stays.
        private string Symbol => (Comes, Leaves) switch
        {
            (true, true) => steps[^1].Action is nameof(Step.Release) ? "-" : "-/+",
            (true, false) => "+",
            (false, true) => "-",
            _ when steps.Any(step => step.Symbol is "+") => "+",
            _ when steps.Any(step => step.Symbol is "-") => "-",
            _ => "~",
        };

        public MachineChange ToChange(Fate? successor)
        {
            var symbol = successor is null ? Symbol : "-/+";
            return new MachineChange(
                symbol,
                Hostname,
                successor?.Hostname ?? (symbol is "-/+" ? Hostname : null),
                Pool,
                steps.Select(step => step.Zone).FirstOrDefault(zone => zone is not null) ?? "",
                steps.Any(step => step.Disruptive),
                Because());
        }

        // The first step that takes something away knows why; for a machine that comes it is the first step of all.
        private string Because() => (steps.FirstOrDefault(step => step.Disruptive) ?? steps[0]).Because;
    }
}
