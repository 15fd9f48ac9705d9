using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Clusters.Steps;
using Gantry.Engine.Ledger;
using Gantry.Engine.Ports;

namespace Gantry.Engine.Steps;

/// <summary>Lists the machine as left behind; its release is asked for again.</summary>
internal sealed class AbandonExecutor : StepExecutor<Step.Abandon>
{
    public override async Task<StepOutcome> ExecuteAsync(RunScope run, Step.Abandon step, CancellationToken cancellationToken)
    {
        var member = run.Member(step.Machine);
        await run.SaveAsync(member with { Residue = step.Reason }, cancellationToken);
        run.RecordEvent(
            EventSeverity.Warning,
            step.Name,
            $"{member.Hostname} is left behind: {step.Reason}; it goes on being asked back",
            step.Machine
        );
        return StepOutcome.FinishedAndRecorded;
    }
}
