using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Clusters.Steps;
using Gantry.Engine.Ledger;
using Gantry.Engine.Ports;

namespace Gantry.Engine.Steps;

/// <summary>Marks a machine that cannot be repaired for replacement. A machine that never joined becomes Failed.</summary>
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
