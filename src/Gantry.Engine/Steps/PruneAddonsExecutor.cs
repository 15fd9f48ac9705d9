using Gantry.Clusters.Planning;
using Gantry.Clusters.Steps;
using Gantry.Engine.Ledger;
using Gantry.Engine.Ports;

namespace Gantry.Engine.Steps;

/// <summary>Deletes objects that no layer brings any more, the last that were applied first.</summary>
internal sealed class PruneAddonsExecutor : StepExecutor<Step.PruneAddons>
{
    public override async Task<StepOutcome> ExecuteAsync(RunScope run, Step.PruneAddons step, CancellationToken cancellationToken)
    {
        var digest = run.Spec.Addons.Digest;
        if (run.Spec.Addons.Count > 0 && run.Record.AppliedAddons != digest)
        {
            return new StepOutcome.Waiting(
                Reasons.AddonsFailed,
                "What no layer brings any more is deleted once the layers are applied."
            );
        }

        foreach (var old in step.Objects.Reverse())
        {
            if (!old.HoldsOthers)
            {
                try
                {
                    await run.RequireWorkload().DeleteAsync(old, cancellationToken);
                }
                catch (WorkloadException refused) when (!refused.Unreachable)
                {
                    return new StepOutcome.Refused(Reasons.AddonsFailed, $"{old} could not be deleted: {refused.Message}");
                }
            }
        }

        await run.SaveAsync(
            run.Record with
            {
                AppliedAddons = digest,
                AddonObjects = [.. (run.Record.AddonObjects ?? []).Except(step.Objects)],
            },
            cancellationToken
        );
        return StepOutcome.Finished;
    }
}
