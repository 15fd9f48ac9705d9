using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Engine.Ports;

namespace Gantry.Engine.Observers;

/// <summary>Observes MAAS and the cluster's API server, and records in the ledger what the observation changes.</summary>
internal static class Observer
{
    /// <param name="lists">Whether MAAS is asked for its machines, unless the list is new enough for the cluster's state.</param>
    /// <exception cref="RegionException">MAAS did not answer.</exception>
    public static async Task<ClusterObservation> ObserveAsync(RunScope run, bool lists, CancellationToken cancellationToken)
    {
        var options = run.State.Options;
        var settled =
            run.Record is { Formed: true, Failures: 0 }
            && run.Spec.Deletion is null
            && run.Record.Members.All(member => member.State is MachineState.Ready);
        if (lists)
        {
            await RefreshAsync(run, settled, cancellationToken);
        }
        else if (run.State.FindUnanswered(run.Spec.Id) is { } last)
        {
            run.Unanswered.Add(last);
        }

        await Ownership.CheckAsync(run, cancellationToken);
        await GivenEndpointObserver.TakeAsync(run, cancellationToken);
        await MachineObserver.ObserveUnlistedAsync(run, cancellationToken);
        await MachineObserver.ObserveScriptsAsync(run, cancellationToken);

        await GivenEndpointObserver.ObserveAsync(run, settled, cancellationToken);
        var nodes = run.Spec.Deletion is null or { Drain: true, Force: false }
            ? await NodeObserver.ObserveAsync(run, cancellationToken)
            : new Observation<IReadOnlyList<WorkloadNode>>.Unknown("the cluster is deleted");
        var api = await NodeObserver.ObserveApiAsync(run, nodes, cancellationToken);
        var lease = VirtualIpObserver.ObserveAsync(run, cancellationToken);
        var etcd = await EtcdObserver.ObserveAsync(run, cancellationToken);
        var virtualIp = await lease;
        var image = await InstallationObserver.ObserveAsync(run, etcd, cancellationToken);
        await HoldingsObserver.ObserveAsync(run, cancellationToken);
        await AddonObserver.ObserveAsync(run, nodes, cancellationToken);
        var site = await EndpointSiteObserver.ObserveAsync(run, cancellationToken);
        var before = Observations.Describe(run, nodes, api, etcd, virtualIp, image) with { EndpointSite = site };
        foreach (var seen in before.Members)
        {
            await MemberChanges.RecordAsync(run, seen, before, cancellationToken);
        }

        return Observations.Describe(run, nodes, api, etcd, virtualIp, image) with
        {
            EndpointSite = site,
        };
    }

    private static async Task RefreshAsync(RunScope run, bool settled, CancellationToken cancellationToken)
    {
        var options = run.State.Options;
        ValueList<SystemId> own = settled ? [] : [.. run.Record.Members.Select(member => member.Machine)];
        if (
            await run.View.RefreshForRunAsync(settled ? options.WhileStuck : options.WhileInProgress, own, cancellationToken) is
            { } late
        )
        {
            // There is a list, and the machines of the cluster may be others by now than it shows.
            run.Unanswered.Add(late);
            run.Unanswered.Unseen.UnionWith(own);
        }
    }
}
