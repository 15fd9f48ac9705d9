using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Clusters.Steps;
using Gantry.Engine.Ledger;
using Gantry.Engine.Ports;

namespace Gantry.Engine.Steps;

/// <summary>Switches the machine off. The next plan switches it on.</summary>
internal sealed class PowerCycleExecutor : StepExecutor<Step.PowerCycle>
{
    public override async Task<StepOutcome> ExecuteAsync(RunScope run, Step.PowerCycle step, CancellationToken cancellationToken)
    {
        if (run.FindPowerObstacle(step.Machine) is { } obstacle)
        {
            return obstacle;
        }

        if (await run.State.Machines.FindAllocatedAsync(run, run.Member(step.Machine), cancellationToken) is null)
        {
            run.View.Invalidate();
            return new StepOutcome.Waiting(
                Reasons.Observing,
                $"MAAS no longer shows {run.Member(step.Machine).Hostname} as allocated to this cluster."
            );
        }

        // Stored before the call: whatever its outcome, the machine must be switched on again.
        await run.SaveRepairAsync(
            step.Machine,
            repair =>
                repair with
                {
                    Cycles = repair.WeCutPower ? repair.Cycles : repair.Cycles + 1,
                    ActedAt = run.Now,
                    WeCutPower = true,
                    AskedAt = null,
                    Acts = repair.Acts + 1,
                },
            cancellationToken
        );
        try
        {
            await run.AwaitPowerAsync(
                run.Member(step.Machine),
                "switch off",
                async () =>
                {
                    await run.Region.PowerOffAsync(step.Machine, $"gantry: {step.Reason}", cancellationToken);
                    return true;
                }
            );
            return StepOutcome.Finished;
        }
        catch (RegionException late) when (late.Failure is RegionFailure.NotAnswered)
        {
            return new StepOutcome.Waiting(Reasons.NodeSilent, late.Message);
        }
        catch (RegionException refused) when (refused.Failure is not RegionFailure.CredentialsRejected)
        {
            return run.PowerNotSwitched(step.Machine, refused);
        }
    }
}
