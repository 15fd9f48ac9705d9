using Gantry.Clusters.Explaining;
using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Engine.Ledger;
using Gantry.Engine.Ports;
using Gantry.Engine.Steps;

namespace Gantry.Engine;

/// <summary>What people ask before they act. Nothing here changes a machine or a cluster.</summary>
public sealed partial class ClusterEngine
{
    /// <summary>What would be done for this desired state, from now to its end, touching nothing.</summary>
    /// <exception cref="RegionException">MAAS could not be asked.</exception>
    public async Task<PlanDocument> PlanAsync(ClusterSpec cluster, CancellationToken cancellationToken)
    {
        var region = await LookAtRegionAsync(cluster.Account, cancellationToken);
        var record = state.Find(cluster.Id) ?? new ClusterRecord { Spec = cluster };
        var image = await region.HasImageAsync(cluster.Image, cancellationToken);
        Candidate? Hardware(SystemId machine) => region.Find(machine) is { } seen ? EngineState.AsCandidate(seen) : null;
        var observed = DryRun.Assume(record.Members, record.Initialized, record.Formed, record.AppliedAddons, Hardware) with
        {
            Version = record.Version,
            KubeadmVersion = record.KubeadmVersion,
            Template = state.Ports.Documents.Template,
            LastRepaved = record.LastRepaved,
            Endpoint = record.Endpoint is { } endpoint
                ? new EndpointFacts(endpoint.Host, endpoint.Port, endpoint.DnsAddresses, endpoint.Taken)
                : cluster.Endpoint is EndpointChoice.Given given ? new EndpointFacts(given.Host, given.Port, []) : null,
            Image = image ? new Observation<string>.Present(cluster.Image) : new Observation<string>.Absent(),
        };
        observed = observed with { Members = [.. observed.Members.Select(seen => Marked(seen, record.Spec, cluster))] };
        var plan = DryRun.Write(cluster, observed, state.FreeMachines(region), time.GetUtcNow());
        return PlanSummary.Add(PlanDurations.Add(plan, cluster, state.Timings, Hardware));
    }

    /// <summary>Which machines fail which constraint of this desired state, and what would have to give way.</summary>
    /// <exception cref="RegionException">MAAS could not be asked.</exception>
    public async Task<WhyNotDocument> WhyNotAsync(ClusterSpec cluster, CancellationToken cancellationToken)
    {
        var region = await LookAtRegionAsync(cluster.Account, cancellationToken);
        return WhyNot.Write(cluster, state.Find(cluster.Id)?.Members ?? [], state.KnownMachines(region));
    }

    /// <summary>Whether there is room for so many more clusters like this one, and for rolling them.</summary>
    /// <exception cref="RegionException">MAAS could not be asked.</exception>
    public async Task<CapacityAnswer> WhatIfAsync(ClusterSpec cluster, int count, CancellationToken cancellationToken)
    {
        var region = await LookAtRegionAsync(cluster.Account, cancellationToken);
        return Capacity.Ask(cluster, count, state.FreeMachines(region));
    }

    /// <summary>Machines that failed and are not chosen any more, oldest first.</summary>
    public async Task<IReadOnlyList<QuarantineEntry>> ListQuarantineAsync(CancellationToken cancellationToken)
    {
        await LoadAsync(cancellationToken);
        return
        [
            .. state.Machines.Quarantined
                .OrderBy(machine => machine.At)
                .ThenBy(machine => machine.Machine.Value, StringComparer.Ordinal)
                .Select(machine => new QuarantineEntry(machine.Machine, machine.Hostname, machine.Cluster, machine.Reason, machine.Evidence, machine.At)),
        ];
    }

    /// <summary>A person has looked after the machine: it may be chosen again.</summary>
    /// <param name="commission">Have MAAS look at its hardware first; it is free again when MAAS is done.</param>
    /// <returns>Whether it was in quarantine.</returns>
    /// <exception cref="RegionException">MAAS does not commission it; it stays in quarantine.</exception>
    public async Task<bool> ClearQuarantineAsync(AccountId account, SystemId machine, bool commission, CancellationToken cancellationToken)
    {
        await LoadAsync(cancellationToken);
        if (!state.Machines.Quarantined.Any(quarantined => quarantined.Machine == machine))
        {
            return false;
        }

        if (commission)
        {
            var region = await LookAtRegionAsync(account, cancellationToken);
            await region.Region.CommissionAsync(machine, cancellationToken);
            region.Distrust();
        }

        await state.Machines.ClearQuarantineAsync(machine, cancellationToken);
        foreach (var record in state.Records)
        {
            Enqueue(record.Spec.Id);
        }

        return true;
    }

    // Nodes carry what the wish said that was taken up last; another one's labels and taints have to be put there.
    private static MemberObservation Marked(MemberObservation seen, ClusterSpec before, ClusterSpec wanted) =>
        seen.Node is Observation<NodeFacts>.Present node
            && before.Pools.FirstOrDefault(pool => pool.Name == seen.Member.Pool) is { } had
            && wanted.Pools.FirstOrDefault(pool => pool.Name == seen.Member.Pool) is { } has
            && PoolMetadata.Of(seen.Member, had) != PoolMetadata.Of(seen.Member, has)
            ? seen with { Node = new Observation<NodeFacts>.Present(node.Value with { Labelled = false }) }
            : seen;

    private async Task<RegionView> LookAtRegionAsync(AccountId account, CancellationToken cancellationToken)
    {
        await LoadAsync(cancellationToken);
        if (state.FindRegion(account) is not { } region)
        {
            throw new RegionException(RegionFailure.NotFound, $"The account {account} is not known to this gateway.");
        }

        // Who asks wants to know how things stand now, and asks seldom.
        await region.RefreshAsync(TimeSpan.Zero, cancellationToken);
        return region;
    }
}
