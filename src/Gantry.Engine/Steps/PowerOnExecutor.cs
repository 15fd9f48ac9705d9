using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Clusters.Steps;
using Gantry.Engine.Ledger;
using Gantry.Engine.Ports;

namespace Gantry.Engine.Steps;

/// <summary>Switches the machine on.</summary>
internal sealed class PowerOnExecutor : StepExecutor<Step.PowerOn>
{
    public override async Task<StepOutcome> ExecuteAsync(RunScope run, Step.PowerOn step, CancellationToken cancellationToken)
    {
        await run.SaveRepairAsync(
            step.Machine,
            repair => repair with { ActedAt = run.Now, AskedAt = null, Acts = repair.Acts + 1 },
            cancellationToken
        );
        try
        {
            await run.Region.PowerOnAsync(step.Machine, $"gantry: {step.Reason}", cancellationToken);
        }
        catch (RegionException refused) when (refused.Failure is not RegionFailure.CredentialsRejected)
        {
            return run.PowerNotSwitched(step.Machine, refused);
        }

        await run.SaveRepairAsync(step.Machine, repair => repair with { WeCutPower = false }, cancellationToken);
        return StepOutcome.Finished;
    }
}
