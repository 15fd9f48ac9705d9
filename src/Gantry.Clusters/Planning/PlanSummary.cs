using Gantry.Clusters.Model;
using Gantry.Clusters.Steps;

namespace Gantry.Clusters.Planning;

/// <summary>The plan in short: the change of each machine, in plan order.</summary>
public static class PlanSummary
{
    public static PlanDocument Add(PlanDocument plan) => plan with { Machines = Of(plan.Steps) };

    /// <summary>
    /// Pairs removals with additions of a pool into replacements: the first machine to leave is replaced by the first to
    /// come, and so on.
    /// </summary>
    public static ValueList<MachineChange> Of(IReadOnlyList<PlannedStep> steps)
    {
        var fates = Lives(steps).Select(life => new Fate(life)).ToList();
        var successors = new Dictionary<Fate, Fate>();
        foreach (var pool in fates.ToLookup(fate => fate.Pool, StringComparer.Ordinal))
        {
            foreach (
                var (old, next) in pool.Where(fate => fate is { Leaves: true, Comes: false })
                    .Zip(pool.Where(fate => fate is { Comes: true, Leaves: false }))
            )
            {
                successors[old] = next;
            }
        }

        var replacing = successors.Values.ToHashSet();
        return
        [
            .. fates.Where(fate => !replacing.Contains(fate)).Select(fate => fate.ToChange(successors.GetValueOrDefault(fate))),
        ];
    }

    // A machine that is released and taken again is one removal and one addition.
    private static List<List<PlannedStep>> Lives(IReadOnlyList<PlannedStep> steps)
    {
        var lives = new List<List<PlannedStep>>();
        var now = new Dictionary<string, List<PlannedStep>>(StringComparer.Ordinal);
        foreach (var step in steps.Where(step => step.Machine is not null))
        {
            if (
                !now.TryGetValue(step.Machine!, out var life)
                || (StageOf(step) is StepStage.Allocate && life.Exists(earlier => StageOf(earlier) is StepStage.Release))
            )
            {
                lives.Add(now[step.Machine!] = life = []);
            }

            life.Add(step);
        }

        return lives;
    }

    private static StepStage StageOf(PlannedStep step) => StepCatalog.Of(step.Action).Stage;

    /// <param name="steps">All steps of one machine in one pool, in order.</param>
    private sealed class Fate(IReadOnlyList<PlannedStep> steps)
    {
        public string Pool { get; } = steps.Select(step => step.Pool).FirstOrDefault(pool => pool is not null)?.Value ?? "";

        public bool Comes { get; } = steps.Any(step => StageOf(step) is StepStage.Allocate);

        public bool Leaves { get; } = steps.Any(step => StageOf(step) is StepStage.Release or StepStage.Abandon);

        private string Zone => steps.Select(step => step.Zone).FirstOrDefault(zone => zone is not null) ?? "";

        private string Hostname =>
            steps.Select(step => step.Hostname).FirstOrDefault(name => name is not null) ?? steps[0].Machine!;

        // The last step on the machine decides the symbol; a machine that is only readied, labelled or cordoned stays.
        private string Symbol =>
            (Comes, Leaves) switch
            {
                (true, true) => StageOf(steps[^1]) is StepStage.Release ? "-" : "-/+",
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
                (successor ?? this).Zone,
                steps.Any(step => step.Disruptive),
                ReasonOf()
            );
        }

        // The first disruptive step holds the reason of a removal; the first step of all holds the reason of an addition.
        private string ReasonOf() => (steps.FirstOrDefault(step => step.Disruptive) ?? steps[0]).Reason;
    }
}
