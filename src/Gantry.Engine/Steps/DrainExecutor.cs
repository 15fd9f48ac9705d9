using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Clusters.Steps;
using Gantry.Engine.Ledger;
using Gantry.Engine.Ports;

namespace Gantry.Engine.Steps;

/// <summary>
/// Evicts the pods of a node that leaves the cluster. The step waits until all of them are gone, or its limit is over; what is left
/// then is named in the status and the history.
/// </summary>
internal sealed class DrainExecutor : StepExecutor<Step.Drain>
{
    public override async Task<StepOutcome> ExecuteAsync(RunScope run, Step.Drain step, CancellationToken cancellationToken)
    {
        var member = run.Member(step.Machine);
        await run.State.InFlight.TrackAsync(
            CallKey.Removal(step.Machine),
            run.RequireWorkload().CordonAsync(member.NodeName, cancellationToken)
        );
        IReadOnlyList<string> left;
        var isOver = run.Now > step.Until;
        try
        {
            left = await run.State.InFlight.TrackAsync(
                CallKey.Removal(step.Machine),
                run.RequireWorkload().DrainAsync(member.NodeName, step.Force, cancellationToken)
            );
        }
        catch (WorkloadException refused) when (isOver && !refused.Unreachable)
        {
            left = [$"its pods could not be listed: {refused.Message}"];
        }

        if (left.Count > 0 && !isOver)
        {
            var until = step.Until is { } end ? $" (until {end:HH:mm} at most)" : "";
            return new StepOutcome.Waiting(Reasons.DrainBlocked, $"{member.Hostname} cannot leave yet{until}: {Some(left)}");
        }

        if (left.Count > 0)
        {
            var cut = Some(left);
            await run.SaveAsync(member with { Drained = true, DrainCut = cut }, cancellationToken);
            run.RecordEvent(
                EventSeverity.Warning,
                Reasons.DrainCut,
                $"{member.Hostname}: the limit of its drain is over, and it leaves with {cut}",
                step.Machine
            );
            return StepOutcome.FinishedAndRecorded;
        }

        await run.SaveAsync(member with { Drained = true }, cancellationToken);
        if (run.View.Machines.Find(member.Machine) is { } machine)
        {
            await run.State.LearnAsync(
                TimingSample.Of(TimedPhase.Drain, EngineState.AsCandidate(machine), run.Now - member.Since),
                cancellationToken
            );
        }

        return StepOutcome.Finished;
    }

    private static string Some(IReadOnlyList<string> left) =>
        $"{string.Join("; ", left.Take(5))}{(left.Count > 5 ? $"; and {left.Count - 5} more" : "")}";
}
