using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Clusters.Steps;
using Gantry.Engine.Ledger;
using Gantry.Engine.Ports;
using Gantry.Engine.Workloads;

namespace Gantry.Engine.Steps;

/// <summary>Applies the manifests of the add-ons in order.</summary>
internal sealed class ApplyAddonsExecutor : StepExecutor<Step.ApplyAddons>
{
    public override async Task<StepOutcome> ExecuteAsync(RunScope run, Step.ApplyAddons step, CancellationToken cancellationToken)
    {
        // Before the first call: what an interrupted run has applied is pruned as well when no layer brings it any more.
        if (AddonManifests.TryRead(run.Spec.Addons) is { } wanted)
        {
            await run.SaveAsync(
                run.Record with
                {
                    AddonObjects = AddonFacts.Union(run.Record.AddonObjects ?? [], wanted),
                },
                cancellationToken
            );
        }

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

        run.State.MissingAddons.TryRemove(run.Spec.Id, out _);
        await run.SaveAsync(run.Record with { AppliedAddons = step.Digest }, cancellationToken);
        return StepOutcome.Finished;
    }
}
