using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Engine.Ports;

namespace Gantry.Engine.Observers;

/// <summary>The nodes of the cluster, and whether its API server answers.</summary>
internal static class NodeObserver
{
    // Before kubeadm init there are no nodes. Afterwards, nodes are unknown while the API server does not answer.
    public static async Task<Observation<IReadOnlyList<WorkloadNode>>> ObserveAsync(
        RunScope run,
        CancellationToken cancellationToken
    )
    {
        var record = run.Record;
        var begun =
            record.Initialized || record.Members.Any(member => member is { Initializes: true, State: MachineState.Joining });
        if (!begun || record.Endpoint is not { Taken: true })
        {
            return new Observation<IReadOnlyList<WorkloadNode>>.Absent();
        }

        try
        {
            var secrets = await run.GetSecretsAsync(cancellationToken);
            var serving = record
                .Members.Where(member =>
                    member.Role is PoolRole.ControlPlane
                    && member.State is MachineState.Ready or MachineState.NotReady or MachineState.Joining
                    && (record.Initialized || member.Initializes)
                )
                .ToList();

            // A machine that joined without being told its network has etcd at whichever address its default route had.
            string[] addresses =
            [
                .. serving.SelectMany(member => member.Addresses.Take(1)),
                .. serving.SelectMany(member => member.Addresses.Skip(1)),
            ];
            var workload = run.Journal.OpenWorkload(record, secrets, addresses);
            if (!record.Initialized)
            {
                if (!await workload.IsInitializedAsync(cancellationToken))
                {
                    return new Observation<IReadOnlyList<WorkloadNode>>.Absent();
                }

                var build = record.Members.FirstOrDefault(member => member.Initializes)?.Build;
                var version = build?.KubernetesVersion ?? run.Spec.KubernetesVersion;
                await run.SaveAsync(
                    run.Record with
                    {
                        Initialized = true,
                        Version = version,
                        KubeadmVersion = new KubeadmVersionState.Known(version),
                        ControlPlaneSettings = build?.ControlPlaneSettings ?? [],
                    },
                    cancellationToken
                );
                run.RecordEvent(EventSeverity.Info, "Initialized", "the first control plane serves the API");
            }

            if (run.Record.Version is null)
            {
                // The cluster was initialized before versions were recorded, so it has the desired version.
                await run.SaveAsync(
                    run.Record with
                    {
                        Version = run.Spec.KubernetesVersion,
                        KubeadmVersion = new KubeadmVersionState.Known(run.Spec.KubernetesVersion),
                    },
                    cancellationToken
                );
            }

            var nodes = await workload.ListNodesAsync(cancellationToken);
            run.Workload = workload;
            return new Observation<IReadOnlyList<WorkloadNode>>.Present(nodes);
        }
        catch (WorkloadException silent)
        {
            return run.Record.Initialized
                ? new Observation<IReadOnlyList<WorkloadNode>>.Unknown(silent.Message)
                : new Observation<IReadOnlyList<WorkloadNode>>.Absent();
        }
    }

    public static async Task<Observation<ApiFacts>> ObserveApiAsync(
        RunScope run,
        Observation<IReadOnlyList<WorkloadNode>> nodes,
        CancellationToken cancellationToken
    )
    {
        switch (nodes)
        {
            case Observation<IReadOnlyList<WorkloadNode>>.Present present:
                if (run.Record.SilentSince is not null)
                {
                    await run.SaveAsync(run.Record with { SilentSince = null }, cancellationToken);
                }

                return new Observation<ApiFacts>.Present(new ApiFacts(present.Value.Count));
            case Observation<IReadOnlyList<WorkloadNode>>.Unknown unknown
                when run.Record.Initialized && run.Spec.Deletion is null:
                if (run.Record.SilentSince is not { } since)
                {
                    await run.SaveAsync(run.Record with { SilentSince = run.Now }, cancellationToken);
                    return new Observation<ApiFacts>.Unknown(unknown.Reason);
                }

                return
                    !Observations.IsCut(run)
                    && !run.Record.Formed
                    && !run.Record.InUse
                    && run.Now - since > run.State.Options.Limits.SilentBeforeRebootstrap
                    ? new Observation<ApiFacts>.Absent()
                    : new Observation<ApiFacts>.Unknown(unknown.Reason);
            case Observation<IReadOnlyList<WorkloadNode>>.Unknown unknown:
                return new Observation<ApiFacts>.Unknown(unknown.Reason);
            default:
                return new Observation<ApiFacts>.Absent();
        }
    }
}
