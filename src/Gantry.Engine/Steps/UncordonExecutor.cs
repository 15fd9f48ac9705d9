using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Clusters.Steps;
using Gantry.Engine.Ledger;
using Gantry.Engine.Ports;

namespace Gantry.Engine.Steps;

/// <summary>Uncordons the node of a machine that stays in the cluster.</summary>
internal sealed class UncordonExecutor : StepExecutor<Step.Uncordon>
{
    public override async Task<StepOutcome> ExecuteAsync(RunScope run, Step.Uncordon step, CancellationToken cancellationToken)
    {
        var member = run.Member(step.Machine);
        if (run.State.InFlight.MayTakeEffect(CallKey.Removal(step.Machine), askedBefore: true))
        {
            return new StepOutcome.Waiting(
                Reasons.Observing,
                $"{member.Hostname} stays in the cluster; a call that removes it was interrupted and may still take effect."
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
