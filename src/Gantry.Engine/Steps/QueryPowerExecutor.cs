using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Clusters.Steps;
using Gantry.Engine.Ledger;
using Gantry.Engine.Ports;

namespace Gantry.Engine.Steps;

/// <summary>Asks the BMC and stores its answer.</summary>
internal sealed class QueryPowerExecutor : StepExecutor<Step.QueryPower>
{
    public override async Task<StepOutcome> ExecuteAsync(RunScope run, Step.QueryPower step, CancellationToken cancellationToken)
    {
        string power;
        try
        {
            power = await run.Region.QueryPowerAsync(step.Machine, cancellationToken);
        }
        catch (RegionException failure) when (failure.Failure is not RegionFailure.CredentialsRejected)
        {
            // A BMC that does not answer in time answers nothing: that is not the same as off.
            power = "unknown";
            run.RecordEvent(
                EventSeverity.Warning,
                Reasons.PowerUnknown,
                $"the BMC of {run.Member(step.Machine).Hostname} does not answer: {failure.Message}",
                step.Machine
            );
        }

        await run.SaveRepairAsync(step.Machine, repair => repair with { Power = power, AskedAt = run.Now }, cancellationToken);
        return StepOutcome.Finished;
    }
}
