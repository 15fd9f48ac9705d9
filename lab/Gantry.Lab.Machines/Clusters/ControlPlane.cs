using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Gantry.Lab.Kubernetes;
using Gantry.Lab.Machines.Clusters.Etcd;
using Gantry.Lab.Machines.Kubeadm;
using Gantry.Lab.Store;

namespace Gantry.Lab.Machines.Clusters;

/// <summary>
/// The control plane of one emulated cluster: its etcd members and its listeners. The etcd of each live member listens at the
/// member's own address. With a quorum, its API server does too, and exactly one member with a working kube-vip serves the
/// virtual IP; without a quorum no API server answers. Changes are stored before they take effect.
/// </summary>
internal sealed class ControlPlane : IAsyncDisposable
{
    private readonly Dictionary<IPEndPoint, (string Holder, IAsyncDisposable Server)> _servers = [];
    private readonly SemaphoreSlim _changing = new(1, 1);
    private readonly ILabStore _store;
    private readonly IApiNetwork _network;
    private readonly Action<ControlPlane> _membersChanged;
    private readonly Lock _gate = new();
    private ControlPlaneRecord _record;

    /// <param name="membersChanged">Called after a client has changed the etcd membership.</param>
    public ControlPlane(
        ControlPlaneRecord record,
        LabCluster cluster,
        ILabStore store,
        IApiNetwork network,
        Action<ControlPlane> membersChanged
    )
    {
        _record = record;
        _store = store;
        _network = network;
        _membersChanged = membersChanged;
        Cluster = cluster;
    }

    public LabCluster Cluster { get; }

    public ControlPlaneRecord Record => Volatile.Read(ref _record);

    /// <summary>
    /// Changes the stored record and elects etcd's leader. <see cref="ServeAsync"/> then updates the listeners.
    /// </summary>
    public void Change(Func<ControlPlaneRecord, ControlPlaneRecord> change)
    {
        lock (_gate)
        {
            var after = EtcdMembership.Elect(change(_record));
            _store.Put(ControlPlaneRecord.Kind, after.Id, JsonSerializer.SerializeToUtf8Bytes(after));
            Volatile.Write(ref _record, after);
        }
    }

    public void ChangeMember(string systemId, Func<ControlPlaneMember, ControlPlaneMember> change) =>
        Change(before =>
            before with
            {
                Members = [.. before.Members.Select(member => member.SystemId == systemId ? change(member) : member)],
            }
        );

    /// <summary>Whether a member of this control plane listens at an address now.</summary>
    public bool ServesAt(IPEndPoint address)
    {
        lock (_gate)
        {
            return _servers.ContainsKey(address);
        }
    }

    /// <summary>Stops and starts listeners until they match the record.</summary>
    /// <param name="virtualIps">False keeps virtual IPs without a holder silent, because the lease has not expired yet.</param>
    /// <returns>Whether a virtual IP waits for its lease to expire.</returns>
    public async Task<bool> ServeAsync(bool virtualIps, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await _changing.WaitAsync(cancellationToken);
        try
        {
            var current = Record;
            var living = current.HasQuorum
                ? current.Members.Where(member => member is { Up: true, Learner: false }).ToArray()
                : [];
            ControlPlaneMember[] etcd = current.EtcdCaPem.Length is 0
                ? []
                : [.. current.Members.Where(member => member is { Up: true, Started: true })];
            foreach (var (address, (holder, server)) in Servers())
            {
                if (
                    !living.Any(member => member.SystemId == holder && Addresses(member).Contains(address))
                    && !etcd.Any(member => member.EtcdId == holder && EtcdAddress(member).Equals(address))
                )
                {
                    Forget(address);
                    await server.DisposeAsync();
                }
            }

            foreach (var member in etcd)
            {
                await ListenAsync(
                    EtcdAddress(member),
                    member.EtcdId,
                    address => ServeEtcdAsync(current, member, address, now, cancellationToken)
                );
            }

            foreach (var member in living)
            {
                var own = new IPEndPoint(IPAddress.Parse(member.Address), member.Port);
                await ListenAsync(
                    own,
                    member.SystemId,
                    address => ServeApiAsync(current, member, address, now, cancellationToken)
                );
            }

            var free = living.Where(member => member.VirtualIp is not null && !ServesAt(VirtualAddress(member))).ToArray();
            if (!virtualIps)
            {
                return free.Length > 0;
            }

            foreach (var member in free)
            {
                await ListenAsync(
                    VirtualAddress(member),
                    member.SystemId,
                    address => ServeApiAsync(current, member, address, now, cancellationToken)
                );
            }

            return false;
        }
        finally
        {
            _changing.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _changing.WaitAsync();
        foreach (var (address, (_, server)) in Servers())
        {
            Forget(address);
            await server.DisposeAsync();
        }

        Cluster.Dispose();
        _changing.Release();
    }

    private static IPEndPoint VirtualAddress(ControlPlaneMember member) => new(IPAddress.Parse(member.VirtualIp!), member.Port);

    private static IEnumerable<IPEndPoint> Addresses(ControlPlaneMember member) =>
        [
            new(IPAddress.Parse(member.Address), member.Port),
            .. member.VirtualIp is null ? Array.Empty<IPEndPoint>() : [VirtualAddress(member)],
        ];

    private static IPEndPoint EtcdAddress(ControlPlaneMember member) =>
        new(IPAddress.Parse(member.Address), ControlPlaneMember.EtcdPort);

    private Task<IAsyncDisposable> ServeApiAsync(
        ControlPlaneRecord current,
        ControlPlaneMember member,
        IPEndPoint address,
        DateTimeOffset now,
        CancellationToken cancellationToken
    )
    {
        var identity = new ApiIdentity(
            member.Version,
            NodeCertificates.Serving(current.CaPem, current.CaKeyPem, "kube-apiserver", member.Names, now),
            X509Certificate2.CreateFromPem(current.CaPem)
        );
        return _network.ServeAsync(Cluster, address, identity, cancellationToken);
    }

    private Task<IAsyncDisposable> ServeEtcdAsync(
        ControlPlaneRecord current,
        ControlPlaneMember member,
        IPEndPoint address,
        DateTimeOffset now,
        CancellationToken cancellationToken
    )
    {
        var identity = new EtcdIdentity(
            NodeCertificates.Serving(
                current.EtcdCaPem,
                current.EtcdCaKeyPem,
                member.NodeName,
                [member.NodeName, "localhost", member.Address, "127.0.0.1", "::1"],
                now
            ),
            X509Certificate2.CreateFromPem(current.EtcdCaPem)
        );
        return _network.ServeEtcdAsync(
            new EtcdGateway(this, member.EtcdId, () => _membersChanged(this)),
            address,
            identity,
            cancellationToken
        );
    }

    private async Task ListenAsync(IPEndPoint address, string holder, Func<IPEndPoint, Task<IAsyncDisposable>> serve)
    {
        if (ServesAt(address))
        {
            return;
        }

        try
        {
            var server = await serve(address);
            lock (_gate)
            {
                _servers[address] = (holder, server);
            }
        }
        catch (Exception taken) when (taken is IOException or System.Net.Sockets.SocketException)
        {
            // The address is in use or cannot be bound on this host: the cluster is unreachable at it.
        }
    }

    private KeyValuePair<IPEndPoint, (string Holder, IAsyncDisposable Server)>[] Servers()
    {
        lock (_gate)
        {
            return [.. _servers];
        }
    }

    private void Forget(IPEndPoint address)
    {
        lock (_gate)
        {
            _servers.Remove(address);
        }
    }
}
