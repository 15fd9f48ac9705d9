using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using Gantry.Lab.Kubernetes;
using Gantry.Lab.Machines.Clusters.Etcd;
using Gantry.Lab.Store;

namespace Gantry.Lab.Machines.Clusters;

/// <summary>
/// All emulated clusters of a lab: opened from the store, formed by <c>kubeadm init</c>, gone with their last machine.
/// </summary>
/// <param name="membersChanged">The etcd of a cluster has changed its members because a client asked it to.</param>
internal sealed class LabClusters(
    ILabStore store,
    IApiNetwork network,
    TimeProvider time,
    double speed,
    Action<ControlPlane> membersChanged
) : IAsyncDisposable
{
    // kube-vip's defaults: a lease of 15 s that others take over at the latest 2 s after it ran out.
    private static readonly TimeSpan Takeover = TimeSpan.FromSeconds(17);

    private readonly ConcurrentDictionary<string, ControlPlane> _all = new(StringComparer.Ordinal);

    public IApiNetwork Network => network;

    public TimeProvider Time => time;

    public ControlPlane? Find(string id) => _all.GetValueOrDefault(id);

    /// <summary>The cluster that answers at an address.</summary>
    public ControlPlane? At(IPEndPoint address) => _all.Values.FirstOrDefault(cluster => cluster.ServesAt(address));

    public ControlPlane? OfMember(string systemId) =>
        _all.Values.FirstOrDefault(cluster => cluster.Record.Members.Any(member => member.SystemId == systemId));

    /// <summary>
    /// Brings back what the store holds. A cluster whose <c>kubeadm init</c> was cut short is thrown away; it begins anew.
    /// </summary>
    public async Task LoadAsync(CancellationToken cancellationToken)
    {
        foreach (var (_, value) in store.All(ControlPlaneRecord.Kind))
        {
            var record = JsonSerializer.Deserialize<ControlPlaneRecord>(value)!;
            var cluster = LabCluster.Open(record.Id, record.Version, store, time, Pace());
            if (!record.Formed)
            {
                cluster.Erase();
                store.Delete(ControlPlaneRecord.Kind, record.Id);
                continue;
            }

            var controlPlane = new ControlPlane(record, cluster, store, network, membersChanged);
            _all[record.Id] = controlPlane;
            await controlPlane.ServeAsync(virtualIps: true, time.GetUtcNow(), cancellationToken);
        }
    }

    public ControlPlane Form(ControlPlaneRecord first)
    {
        var record = EtcdMembership.Elect(first);
        store.Put(ControlPlaneRecord.Kind, record.Id, JsonSerializer.SerializeToUtf8Bytes(record));
        return _all[record.Id] = new ControlPlane(
            record,
            LabCluster.Open(record.Id, record.Version, store, time, Pace()),
            store,
            network,
            membersChanged
        );
    }

    /// <summary>
    /// Follows a change of members: addresses of the dead go at once, a virtual IP moves when its lease has run out.
    /// </summary>
    public async Task FollowAsync(ControlPlane cluster, CancellationToken cancellationToken)
    {
        if (await cluster.ServeAsync(virtualIps: false, time.GetUtcNow(), cancellationToken))
        {
            await Task.Delay(Takeover / speed, time, cancellationToken);
            await cluster.ServeAsync(virtualIps: true, time.GetUtcNow(), cancellationToken);
        }
    }

    /// <summary>The cluster has no disk left that holds its data.</summary>
    public async Task ForgetAsync(ControlPlane cluster)
    {
        if (_all.TryRemove(cluster.Record.Id, out _))
        {
            await cluster.DisposeAsync();
            store.Together(() =>
            {
                store.Delete(ControlPlaneRecord.Kind, cluster.Record.Id);
                cluster.Cluster.Erase();
            });
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var cluster in _all.Values)
        {
            await cluster.DisposeAsync();
        }
    }

    private LabClusterPace Pace() => new(TimeSpan.FromSeconds(20) / speed, TimeSpan.FromSeconds(5) / speed);
}
