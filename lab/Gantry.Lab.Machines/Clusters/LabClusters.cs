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
/// <param name="opened">Called with each cluster that begins to run.</param>
internal sealed class LabClusters(
    ILabStore store,
    IApiNetwork network,
    TimeProvider time,
    double speed,
    Action<ControlPlane> membersChanged,
    Action<ControlPlane> opened
) : IAsyncDisposable
{
    // kube-vip's defaults: a lease of 15 s, which another instance takes over at most 2 s after its expiry. A holder whose lease names
    // another tries for 10 s to renew it, while that one finds out within some seconds.
    private static readonly TimeSpan Takeover = TimeSpan.FromSeconds(17);
    private static readonly TimeSpan LettingGo = TimeSpan.FromSeconds(11);
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(3);

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
            opened(controlPlane);
        }
    }

    public ControlPlane Form(ControlPlaneRecord first)
    {
        var record = EtcdMembership.Elect(first);
        store.Put(ControlPlaneRecord.Kind, record.Id, JsonSerializer.SerializeToUtf8Bytes(record));
        var formed = _all[record.Id] = new ControlPlane(
            record,
            LabCluster.Open(record.Id, record.Version, store, time, Pace()),
            store,
            network,
            membersChanged
        );
        opened(formed);
        return formed;
    }

    /// <summary>
    /// kube-vip on the machines of a cluster, which look at their lease: whoever finds itself in it takes the virtual IP. One that cannot
    /// loses it to the others when the lease is over; the former holder has let go by then.
    /// </summary>
    public async Task FollowLeaseAsync(ControlPlane cluster, CancellationToken cancellationToken)
    {
        var seen = cluster.Cluster.ResourceVersion;
        while (Find(cluster.Record.Id) == cluster)
        {
            seen = await cluster.Cluster.WaitForLeaseAsync(seen, cancellationToken) ?? cluster.Cluster.ResourceVersion;
            if (cluster.Cluster.FindVirtualIpHolder() is not { } named || cluster.IsVirtualIpAt(named))
            {
                continue;
            }

            await Task.Delay(Look / speed, time, cancellationToken);
            if (await cluster.MoveVirtualIpAsync(named, time.GetUtcNow(), cancellationToken))
            {
                continue;
            }

            await Task.Delay((LettingGo - Look) / speed, time, cancellationToken);
            await cluster.MoveVirtualIpAsync(to: null, time.GetUtcNow(), cancellationToken);
            await Task.Delay((Takeover - LettingGo) / speed, time, cancellationToken);
            await cluster.ServeAsync(virtualIps: true, time.GetUtcNow(), cancellationToken);
        }
    }

    /// <summary>
    /// Applies a membership change: addresses of lost machines close at once, those of machines that left etcd answer without it; a virtual
    /// IP moves when its lease has expired.
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
