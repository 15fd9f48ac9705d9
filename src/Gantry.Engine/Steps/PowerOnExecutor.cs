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
        if (run.FindPowerObstacle(step.Machine) is { } obstacle)
        {
            return obstacle;
        }

        await run.SaveRepairAsync(
            step.Machine,
            repair => repair with { ActedAt = run.Now, AskedAt = null, Acts = repair.Acts + 1 },
            cancellationToken
        );
        try
        {
            await run.AwaitPowerAsync(
                run.Member(step.Machine),
                "switch on",
                async () =>
                {
                    await run.Region.PowerOnAsync(step.Machine, $"gantry: {step.Reason}", cancellationToken);
                    return true;
                }
            );
        }
        catch (RegionException late) when (late.Failure is RegionFailure.NotAnswered)
        {
            // MAAS is at it. Where it fails, the BMC says later that the machine is off.
            await run.SaveRepairAsync(step.Machine, repair => repair with { WeCutPower = false }, cancellationToken);
            return new StepOutcome.Waiting(Reasons.NodeSilent, late.Message);
        }
        catch (RegionException refused) when (refused.Failure is not RegionFailure.CredentialsRejected)
        {
            return run.PowerNotSwitched(step.Machine, refused);
        }

        await run.SaveRepairAsync(step.Machine, repair => repair with { WeCutPower = false }, cancellationToken);
        return StepOutcome.Finished;
    }
}
