using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Clusters.Steps;
using Gantry.Engine.Ledger;
using Gantry.Engine.Ports;

namespace Gantry.Engine.Steps;

/// <summary>Records the machine as left behind. Its release is retried.</summary>
internal sealed class AbandonExecutor : StepExecutor<Step.Abandon>
{
    public override async Task<StepOutcome> ExecuteAsync(RunScope run, Step.Abandon step, CancellationToken cancellationToken)
    {
        var member = run.Member(step.Machine);
        await run.SaveAsync(member with { Residue = step.Reason }, cancellationToken);
        run.RecordEvent(
            EventSeverity.Warning,
            step.Name,
            $"{member.Hostname} is left behind: {step.Reason}; its release is retried",
            step.Machine
        );
        return StepOutcome.FinishedAndRecorded;
    }
}
