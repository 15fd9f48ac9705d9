using Gantry.Clusters.Distributions;
using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Engine.Ledger;
using Gantry.Engine.Ports;

namespace Gantry.Simulator.Tests.Broken;

/// <summary>A region that passes every call on. A disabled safeguard overrides single calls.</summary>
internal abstract class PassingRegion(IRegion inner) : IRegion
{
    protected IRegion Inner { get; } = inner;

    public virtual Task<MaasIdentity> GetIdentityAsync(CancellationToken cancellationToken) =>
        Inner.GetIdentityAsync(cancellationToken);

    public virtual Task<IReadOnlyList<RegionMachine>> ListMachinesAsync(CancellationToken cancellationToken) =>
        Inner.ListMachinesAsync(cancellationToken);

    public virtual Task<IReadOnlyList<RegionMachine>> ReadMachinesAsync(
        IReadOnlyCollection<SystemId> machines,
        CancellationToken cancellationToken
    ) => Inner.ReadMachinesAsync(machines, cancellationToken);

    public virtual Task<Observation<RegionMachine>> FindAsync(SystemId machine, CancellationToken cancellationToken) =>
        Inner.FindAsync(machine, cancellationToken);

    public virtual Task<IReadOnlyList<RegionMachine>> FindByIntentAsync(string intent, CancellationToken cancellationToken) =>
        Inner.FindByIntentAsync(intent, cancellationToken);

    public virtual Task<RegionMachine> AllocateAsync(
        SystemId machine,
        string intent,
        string comment,
        CancellationToken cancellationToken
    ) => Inner.AllocateAsync(machine, intent, comment, cancellationToken);

    public virtual Task<MachineMark?> FindAllocationAsync(SystemId machine, CancellationToken cancellationToken) =>
        Inner.FindAllocationAsync(machine, cancellationToken);

    public virtual Task<RegionMachine> DeployAsync(
        SystemId machine,
        string image,
        string userData,
        CancellationToken cancellationToken
    ) => Inner.DeployAsync(machine, image, userData, cancellationToken);

    public virtual Task AnnotateAsync(
        SystemId machine,
        IReadOnlyDictionary<string, string> annotations,
        CancellationToken cancellationToken
    ) => Inner.AnnotateAsync(machine, annotations, cancellationToken);

    public virtual Task<RegionMachine> ReleaseAsync(
        SystemId machine,
        ErasePolicy erase,
        string comment,
        CancellationToken cancellationToken
    ) => Inner.ReleaseAsync(machine, erase, comment, cancellationToken);

    public virtual Task<string> QueryPowerAsync(SystemId machine, CancellationToken cancellationToken) =>
        Inner.QueryPowerAsync(machine, cancellationToken);

    public virtual Task PowerOnAsync(SystemId machine, string comment, CancellationToken cancellationToken) =>
        Inner.PowerOnAsync(machine, comment, cancellationToken);

    public virtual Task PowerOffAsync(SystemId machine, string comment, CancellationToken cancellationToken) =>
        Inner.PowerOffAsync(machine, comment, cancellationToken);

    public virtual Task CommissionAsync(SystemId machine, CancellationToken cancellationToken) =>
        Inner.CommissionAsync(machine, cancellationToken);

    public virtual Task<IReadOnlyList<string>> ListEventsAsync(
        SystemId machine,
        int limit,
        CancellationToken cancellationToken
    ) => Inner.ListEventsAsync(machine, limit, cancellationToken);

    public virtual Task<NodeReport?> FindNodeReportAsync(SystemId machine, CancellationToken cancellationToken) =>
        Inner.FindNodeReportAsync(machine, cancellationToken);

    public virtual Task<string> FindFreeAddressAsync(
        string subnet,
        IReadOnlySet<string> except,
        CancellationToken cancellationToken
    ) => Inner.FindFreeAddressAsync(subnet, except, cancellationToken);

    public virtual Task<EndpointSite> DescribeEndpointAsync(EndpointChoice choice, CancellationToken cancellationToken) =>
        Inner.DescribeEndpointAsync(choice, cancellationToken);

    public virtual Task<bool> IsReservedAsync(string address, CancellationToken cancellationToken) =>
        Inner.IsReservedAsync(address, cancellationToken);

    public virtual Task ReserveAsync(string address, CancellationToken cancellationToken) =>
        Inner.ReserveAsync(address, cancellationToken);

    public virtual Task ReleaseAddressAsync(string address, CancellationToken cancellationToken) =>
        Inner.ReleaseAddressAsync(address, cancellationToken);

    public virtual Task<IReadOnlyList<string>?> FindDnsAsync(string name, CancellationToken cancellationToken) =>
        Inner.FindDnsAsync(name, cancellationToken);

    public virtual Task RecordDnsAsync(string name, IReadOnlyList<string> addresses, CancellationToken cancellationToken) =>
        Inner.RecordDnsAsync(name, addresses, cancellationToken);

    public virtual Task RemoveDnsAsync(string name, CancellationToken cancellationToken) =>
        Inner.RemoveDnsAsync(name, cancellationToken);

    public virtual Task<IReadOnlyDictionary<string, IReadOnlyList<string>>> ListDnsAsync(CancellationToken cancellationToken) =>
        Inner.ListDnsAsync(cancellationToken);

    public virtual Task<IReadOnlySet<string>> ListReservedAsync(CancellationToken cancellationToken) =>
        Inner.ListReservedAsync(cancellationToken);

    public virtual Task<IReadOnlyList<RegionImage>> ListImagesAsync(CancellationToken cancellationToken) =>
        Inner.ListImagesAsync(cancellationToken);
}

/// <summary>Decorates each region once, so that an account always finds the same object.</summary>
internal sealed class DecoratedRegions(IRegionSource inner, Func<IRegion, IRegion> around) : IRegionSource
{
    private readonly Dictionary<IRegion, IRegion> _known = [];

    public IRegion? Find(AccountId account)
    {
        if (inner.Find(account) is not { } region)
        {
            return null;
        }

        return _known.TryGetValue(region, out var known) ? known : _known[region] = around(region);
    }
}

internal abstract class PassingCluster(IWorkloadCluster inner) : IWorkloadCluster
{
    protected IWorkloadCluster Inner { get; } = inner;

    public virtual Task<bool> IsInitializedAsync(CancellationToken cancellationToken) =>
        Inner.IsInitializedAsync(cancellationToken);

    public virtual Task<IReadOnlyList<WorkloadNode>> ListNodesAsync(CancellationToken cancellationToken) =>
        Inner.ListNodesAsync(cancellationToken);

    public virtual Task ApplyAsync(string manifest, CancellationToken cancellationToken) =>
        Inner.ApplyAsync(manifest, cancellationToken);

    public virtual Task<IReadOnlyList<AddonObject>> ListMissingAsync(
        IReadOnlyList<AddonObject> objects,
        CancellationToken cancellationToken
    ) => Inner.ListMissingAsync(objects, cancellationToken);

    public virtual Task<EndpointReach> ProbeEndpointAsync(
        IReadOnlyList<string> controlPlanes,
        CancellationToken cancellationToken
    ) => Inner.ProbeEndpointAsync(controlPlanes, cancellationToken);

    public virtual Task DeleteAsync(AddonObject old, CancellationToken cancellationToken) =>
        Inner.DeleteAsync(old, cancellationToken);

    public virtual Task AdmitAsync(
        string token,
        DateTimeOffset expires,
        string description,
        CancellationToken cancellationToken
    ) => Inner.AdmitAsync(token, expires, description, cancellationToken);

    public virtual Task RevokeAsync(string token, CancellationToken cancellationToken) =>
        Inner.RevokeAsync(token, cancellationToken);

    public virtual Task LabelAsync(string node, NodeMetadata metadata, CancellationToken cancellationToken) =>
        Inner.LabelAsync(node, metadata, cancellationToken);

    public virtual Task CordonAsync(string node, CancellationToken cancellationToken) =>
        Inner.CordonAsync(node, cancellationToken);

    public virtual Task UncordonAsync(string node, CancellationToken cancellationToken) =>
        Inner.UncordonAsync(node, cancellationToken);

    public virtual Task<IReadOnlyList<string>> DrainAsync(string node, bool force, CancellationToken cancellationToken) =>
        Inner.DrainAsync(node, force, cancellationToken);

    public virtual Task<VirtualIpFacts?> FindVirtualIpAsync(CancellationToken cancellationToken) =>
        Inner.FindVirtualIpAsync(cancellationToken);

    public virtual Task MoveVirtualIpAsync(string from, string to, CancellationToken cancellationToken) =>
        Inner.MoveVirtualIpAsync(from, to, cancellationToken);

    public virtual Task<IReadOnlyList<EtcdMember>> ListEtcdAsync(CancellationToken cancellationToken) =>
        Inner.ListEtcdAsync(cancellationToken);

    public virtual Task MoveEtcdLeaderAsync(string to, CancellationToken cancellationToken) =>
        Inner.MoveEtcdLeaderAsync(to, cancellationToken);

    public virtual Task RemoveEtcdMemberAsync(string id, CancellationToken cancellationToken) =>
        Inner.RemoveEtcdMemberAsync(id, cancellationToken);

    public virtual Task SetKubeadmSettingsAsync(KubeadmSettings settings, CancellationToken cancellationToken) =>
        Inner.SetKubeadmSettingsAsync(settings, cancellationToken);

    public virtual Task UpgradeAddonsAsync(KubernetesVersion version, CancellationToken cancellationToken) =>
        Inner.UpgradeAddonsAsync(version, cancellationToken);

    public virtual Task DeleteNodeAsync(string node, CancellationToken cancellationToken) =>
        Inner.DeleteNodeAsync(node, cancellationToken);

    public void Dispose() => Inner.Dispose();
}

internal sealed class DecoratedClusters(IWorkloadSource inner, Func<IWorkloadCluster, IWorkloadCluster> around) : IWorkloadSource
{
    public IWorkloadCluster Open(WorkloadAccess access) => around(inner.Open(access));
}

internal abstract class PassingLedger(ILedger inner) : ILedger
{
    protected ILedger Inner { get; } = inner;

    public Task<string> GetIdAsync(CancellationToken cancellationToken) => Inner.GetIdAsync(cancellationToken);

    public Task<long> NextAsync(CancellationToken cancellationToken) => Inner.NextAsync(cancellationToken);

    public virtual Task<IReadOnlyList<ClusterRecord>> LoadAsync(CancellationToken cancellationToken) =>
        Inner.LoadAsync(cancellationToken);

    public Task<IReadOnlyList<UnreadableRecord>> LoadUnreadableAsync(CancellationToken cancellationToken) =>
        Inner.LoadUnreadableAsync(cancellationToken);

    public virtual Task SaveAsync(ClusterRecord cluster, CancellationToken cancellationToken) =>
        Inner.SaveAsync(cluster, cancellationToken);

    public Task EndAsync(ClusterRecord ended, CancellationToken cancellationToken) => Inner.EndAsync(ended, cancellationToken);

    public virtual Task RemoveAsync(ClusterId cluster, CancellationToken cancellationToken) =>
        Inner.RemoveAsync(cluster, cancellationToken);

    public Task<ClusterSecrets?> FindSecretsAsync(ClusterId cluster, CancellationToken cancellationToken) =>
        Inner.FindSecretsAsync(cluster, cancellationToken);

    public Task SaveSecretsAsync(ClusterId cluster, ClusterSecrets secrets, CancellationToken cancellationToken) =>
        Inner.SaveSecretsAsync(cluster, secrets, cancellationToken);

    public Task<string?> LoadTimingsAsync(CancellationToken cancellationToken) => Inner.LoadTimingsAsync(cancellationToken);

    public Task SaveTimingsAsync(string timings, CancellationToken cancellationToken) =>
        Inner.SaveTimingsAsync(timings, cancellationToken);

    public virtual Task<IReadOnlyList<QuarantinedMachine>> LoadQuarantineAsync(CancellationToken cancellationToken) =>
        Inner.LoadQuarantineAsync(cancellationToken);

    public Task QuarantineAsync(QuarantinedMachine machine, CancellationToken cancellationToken) =>
        Inner.QuarantineAsync(machine, cancellationToken);

    public Task ClearQuarantineAsync(SystemId machine, CancellationToken cancellationToken) =>
        Inner.ClearQuarantineAsync(machine, cancellationToken);
}
