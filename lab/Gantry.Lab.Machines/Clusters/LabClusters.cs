using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using Gantry.Lab.Kubernetes;
using Gantry.Lab.Machines.Clusters.Etcd;
using Gantry.Lab.Store;

namespace Gantry.Lab.Machines.Clusters;

/// <summary>
/// All emulated clusters of a lab. A cluster is loaded from the store, created by <c>kubeadm init</c>, and removed with its last
/// machine.
/// </summary>
/// <param name="membersChanged">Called after a client has changed the etcd membership of a cluster.</param>
internal sealed class LabClusters(
    ILabStore store,
    IApiNetwork network,
    TimeProvider time,
    double speed,
    Action<ControlPlane> membersChanged
) : IAsyncDisposable
{
    // kube-vip's defaults: a lease of 15 s, which another instance takes over at most 2 s after its expiry.
    private static readonly TimeSpan Takeover = TimeSpan.FromSeconds(17);

    private readonly ConcurrentDictionary<string, ControlPlane> _all = new(StringComparer.Ordinal);

    public IApiNetwork Network => network;

    public TimeProvider Time => time;

    public ControlPlane? Find(string id) => _all.GetValueOrDefault(id);

    /// <summary>The cluster that serves an address.</summary>
    public ControlPlane? At(IPEndPoint address) => _all.Values.FirstOrDefault(cluster => cluster.ServesAt(address));

    /// <summary>
    /// The cluster that answers at an address with this authority: its own server, or one behind a load balancer outside of the lab.
    /// </summary>
    public ControlPlane? Behind(IPEndPoint address, string caPem) =>
        At(address)
        ?? _all.Values.FirstOrDefault(cluster => cluster.Record.Formed && cluster.Record.CaPem.Trim() == caPem.Trim());

    public ControlPlane? OfMember(string systemId) =>
        _all.Values.FirstOrDefault(cluster => cluster.Record.Members.Any(member => member.SystemId == systemId));

    /// <summary>
    /// Loads the stored clusters. A cluster with an interrupted <c>kubeadm init</c> is removed, because the init starts over.
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
    /// Applies a membership change: addresses of lost members close at once, a virtual IP moves when its lease has expired.
    /// </summary>
    public async Task FollowAsync(ControlPlane cluster, CancellationToken cancellationToken)
    {
        if (await cluster.ServeAsync(virtualIps: false, time.GetUtcNow(), cancellationToken))
        {
            await Task.Delay(Takeover / speed, time, cancellationToken);
            await cluster.ServeAsync(virtualIps: true, time.GetUtcNow(), cancellationToken);
        }
    }

    /// <summary>Removes a cluster whose data no disk holds any more.</summary>
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
