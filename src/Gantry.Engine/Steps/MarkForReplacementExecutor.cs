using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Clusters.Steps;
using Gantry.Engine.Ledger;
using Gantry.Engine.Ports;

namespace Gantry.Engine.Steps;

/// <summary>Stores that the machine is given up.</summary>
internal sealed class MarkForReplacementExecutor : StepExecutor<Step.MarkForReplacement>
{
    public override async Task<StepOutcome> ExecuteAsync(
        RunScope run,
        Step.MarkForReplacement step,
        CancellationToken cancellationToken
    )
    {
        var member = run.Member(step.Machine);
        if (member.State is MachineState.Joining)
        {
            await run.SaveAsync(member.Fail(step.Reason, run.Now), cancellationToken);
        }
        else
        {
            await run.SaveRepairAsync(
                step.Machine,
                repair => repair with { MarkedForReplacement = step.Reason },
                cancellationToken
            );
        }

        return StepOutcome.Finished;
    }
}
