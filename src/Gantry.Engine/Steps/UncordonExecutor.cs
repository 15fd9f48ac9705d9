using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Clusters.Steps;
using Gantry.Engine.Ledger;
using Gantry.Engine.Ports;

namespace Gantry.Engine.Steps;

/// <summary>Lets pods be scheduled on the node again.</summary>
internal sealed class UncordonExecutor : StepExecutor<Step.Uncordon>
{
    public override async Task<StepOutcome> ExecuteAsync(RunScope run, Step.Uncordon step, CancellationToken cancellationToken)
    {
        var member = run.Member(step.Machine);
        if (run.State.InFlight.MayArrive(CallKey.Leave(step.Machine), askedBefore: true))
        {
            return new StepOutcome.Waiting(
                Reasons.Observing,
                $"{member.Hostname} stays after all; a call that takes it away was interrupted and may still arrive."
            );
        }

        await run.RequireWorkload().UncordonAsync(member.NodeName, cancellationToken);
        await run.SaveAsync(
            member.Enter(MachineState.Ready, run.Now) with
            {
                Removal = null,
                Drained = false,
            },
            cancellationToken
        );
        return StepOutcome.Finished;
    }
}
