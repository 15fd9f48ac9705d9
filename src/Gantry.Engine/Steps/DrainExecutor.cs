using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Clusters.Steps;
using Gantry.Engine.Ledger;
using Gantry.Engine.Ports;

namespace Gantry.Engine.Steps;

/// <summary>Evicts the pods of a node that leaves the cluster. The step waits until all of them are gone.</summary>
internal sealed class DrainExecutor : StepExecutor<Step.Drain>
{
    public override async Task<StepOutcome> ExecuteAsync(RunScope run, Step.Drain step, CancellationToken cancellationToken)
    {
        var member = run.Member(step.Machine);
        await run.State.InFlight.TrackAsync(
            CallKey.Removal(step.Machine),
            run.RequireWorkload().CordonAsync(member.NodeName, cancellationToken)
        );
        var left = await run.State.InFlight.TrackAsync(
            CallKey.Removal(step.Machine),
            run.RequireWorkload().DrainAsync(member.NodeName, step.Force, cancellationToken)
        );
        if (left.Count > 0)
        {
            var more = left.Count > 5 ? $"; and {left.Count - 5} more" : "";
            return new StepOutcome.Waiting(
                Reasons.DrainBlocked,
                $"{member.Hostname} cannot leave yet: {string.Join("; ", left.Take(5))}{more}"
            );
        }

        await run.SaveAsync(member with { Drained = true }, cancellationToken);
        if (run.View.Find(member.Machine) is { } machine)
        {
            await run.State.LearnAsync(
                TimingSample.Of(TimedPhase.Drain, EngineState.AsCandidate(machine), run.Now - member.Since),
                cancellationToken
            );
        }

        return StepOutcome.Finished;
    }
}
