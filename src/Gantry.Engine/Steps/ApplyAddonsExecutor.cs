using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Clusters.Steps;
using Gantry.Engine.Ledger;
using Gantry.Engine.Ports;

namespace Gantry.Engine.Steps;

/// <summary>Applies the manifests of the add-ons in order.</summary>
internal sealed class ApplyAddonsExecutor : StepExecutor<Step.ApplyAddons>
{
    public override async Task<StepOutcome> ExecuteAsync(RunScope run, Step.ApplyAddons step, CancellationToken cancellationToken)
    {
        foreach (var addon in run.Spec.Addons.InOrder())
        {
            try
            {
                await run.RequireWorkload().ApplyAsync(addon.Manifest, cancellationToken);
            }
            catch (WorkloadException refused) when (!refused.Unreachable)
            {
                return new StepOutcome.Refused(
                    Reasons.AddonsFailed,
                    $"{addon.Name} {addon.Version} could not be applied: {refused.Message}"
                );
            }
        }

        await run.SaveAsync(run.Record with { AppliedAddons = step.Digest }, cancellationToken);
        return StepOutcome.Finished;
    }
}
