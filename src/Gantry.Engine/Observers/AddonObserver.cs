using Gantry.Clusters.Planning;
using Gantry.Engine.Ports;

namespace Gantry.Engine.Observers;

/// <summary>Objects of the add-ons that the cluster lacks.</summary>
internal static class AddonObserver
{
    // Somebody may have deleted an object of an add-on, and the plan applies the manifests again then.
    public static async Task ObserveAsync(
        RunScope run,
        Observation<IReadOnlyList<WorkloadNode>> nodes,
        CancellationToken cancellationToken
    )
    {
        if (run.Spec.Deletion is not null || run.Record.AppliedAddons != run.Spec.Addons.Digest)
        {
            return;
        }

        if (run.Record.AddonObjects is null && run.State.FindAddonObjects(run.Spec.Addons) is { } wanted)
        {
            // The manifests were applied before there was an inventory.
            await run.SaveAsync(run.Record with { AddonObjects = wanted }, cancellationToken);
        }

        var interval = nodes.ValueOrDefault?.Any(node => node.AwaitsNetwork) is true
            ? run.State.Options.AddonsForNetwork
            : run.State.Options.Addons;
        if (
            run.Workload is { } workload
            && run.Record.AddonObjects is { Count: > 0 } applied
            && run.Journal.TryTakeAddonObservation(run.Spec.Id, interval)
        )
        {
            try
            {
                run.State.MissingAddons[run.Spec.Id] =
                [
                    .. await workload.ListMissingAsync([.. applied.Where(one => !one.Ends)], cancellationToken),
                ];
            }
            catch (WorkloadException)
            {
                // Nobody could say; the last look counts until the next one.
            }
        }
    }
}
