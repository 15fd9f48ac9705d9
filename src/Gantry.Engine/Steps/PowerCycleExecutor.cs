using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Clusters.Steps;
using Gantry.Engine.Ledger;
using Gantry.Engine.Machines;
using Gantry.Engine.Ports;

namespace Gantry.Engine.Steps;

/// <summary>Cuts the power; the next plan switches it on again.</summary>
internal sealed class PowerCycleExecutor : StepExecutor<Step.PowerCycle>
{
    public override async Task<StepOutcome> ExecuteAsync(RunScope run, Step.PowerCycle step, CancellationToken cancellationToken)
    {
        if (await MachineService.FindTakenAsync(run, run.Member(step.Machine), cancellationToken) is null)
        {
            run.View.Distrust();
            return new StepOutcome.Waiting(
                Reasons.Observing,
                $"MAAS does not show {run.Member(step.Machine).Hostname} as taken by this cluster any more."
            );
        }

        // Stored before the power goes: whatever happens now, somebody has to switch it on again.
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
            await run.Region.PowerOffAsync(step.Machine, $"gantry: {step.Reason}", cancellationToken);
            return StepOutcome.Finished;
        }
        catch (RegionException refused) when (refused.Failure is not RegionFailure.CredentialsRejected)
        {
            return run.NotSwitched(step.Machine, refused);
        }
    }
}
