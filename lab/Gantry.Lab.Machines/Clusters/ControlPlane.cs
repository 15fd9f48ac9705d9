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
/// virtual IP; without a quorum no API server answers. The API server of a machine that has left etcd answers that it is not healthy, at
/// the virtual IP too, until the lease is over. Changes are stored before they take effect.
/// </summary>
internal sealed class ControlPlane : IAsyncDisposable
{
    private readonly Dictionary<IPEndPoint, Listener> _servers = [];
    private readonly Dictionary<(string SystemId, int Installation), X509Certificate2> _certificates = [];
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

    /// <summary>Whether a member of this control plane serves an address now; one that has left etcd serves nobody.</summary>
    public bool ServesAt(IPEndPoint address)
    {
        lock (_gate)
        {
            return _servers.TryGetValue(address, out var listener) && listener.HasEtcd;
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
            var former = current.Former.Where(member => member.Up).ToArray();
            foreach (var (address, listener) in Servers())
            {
                var belongs = listener.HasEtcd
                    ? living.Any(member => member.SystemId == listener.Holder && Addresses(member).Contains(address))
                        || etcd.Any(member => member.EtcdId == listener.Holder && EtcdAddress(member).Equals(address))
                    : former.Any(member =>
                        member.SystemId == listener.Holder
                        && (OwnAddress(member).Equals(address) || (!virtualIps && Addresses(member).Contains(address)))
                    );
                if (belongs)
                {
                    continue;
                }

                Forget(address);
                await listener.Server.DisposeAsync();
                if (
                    !virtualIps
                    && former.FirstOrDefault(member => member.SystemId == listener.Holder && Addresses(member).Contains(address))
                        is { } left
                )
                {
                    await ListenAsync(current, left, address, hasEtcd: false, now, cancellationToken);
                }
            }

            foreach (var member in former)
            {
                await ListenAsync(current, member, OwnAddress(member), hasEtcd: false, now, cancellationToken);
            }

            foreach (var member in etcd)
            {
                await ListenAsync(
                    EtcdAddress(member),
                    member.EtcdId,
                    hasEtcd: true,
                    address => ServeEtcdAsync(current, member, address, now, cancellationToken)
                );
            }

            foreach (var member in living)
            {
                await ListenAsync(current, member, OwnAddress(member), hasEtcd: true, now, cancellationToken);
            }

            var free = living.Where(member => member.VirtualIp is not null && !ServesAt(VirtualAddress(member))).ToArray();
            if (!virtualIps)
            {
                return free.Length > 0;
            }

            var named = free.Length > 0 ? Cluster.FindVirtualIpHolder() : null;
            foreach (var member in free.OrderByDescending(member => member.NodeName == named))
            {
                if (await ListenAsync(current, member, VirtualAddress(member), hasEtcd: true, now, cancellationToken))
                {
                    Cluster.TakeVirtualIp(member.NodeName);
                }
            }

            return false;
        }
        finally
        {
            _changing.Release();
        }
    }

    /// <summary>Whether this node serves the virtual IP now.</summary>
    public bool IsVirtualIpAt(string node) =>
        Record.Members.FirstOrDefault(member => member.NodeName == node) is { VirtualIp: not null } member
        && Servers().Any(server => server.Key.Equals(VirtualAddress(member)) && server.Value.Holder == member.SystemId);

    /// <summary>Another node takes the virtual IP from whoever serves it, and renews its lease.</summary>
    /// <param name="to"><c>null</c> when the address is given up and nobody takes it.</param>
    /// <returns>False when the node cannot serve it.</returns>
    public async Task<bool> MoveVirtualIpAsync(string? to, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await _changing.WaitAsync(cancellationToken);
        try
        {
            var current = Record;
            var next = current.HasQuorum
                ? current.Members.FirstOrDefault(member =>
                    member is { Up: true, Learner: false, VirtualIp: not null } && member.NodeName == to
                )
                : null;
            if (to is not null && next is null)
            {
                return false;
            }

            var addresses = current.Members.Where(member => member.VirtualIp is not null).Select(VirtualAddress).ToHashSet();
            foreach (var (address, listener) in Servers().Where(server => addresses.Contains(server.Key)))
            {
                Forget(address);
                await listener.Server.DisposeAsync();
            }

            if (next is not null && await ListenAsync(current, next, VirtualAddress(next), hasEtcd: true, now, cancellationToken))
            {
                Cluster.TakeVirtualIp(next.NodeName);
            }

            return next is not null;
        }
        finally
        {
            _changing.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _changing.WaitAsync();
        foreach (var (address, listener) in Servers())
        {
            Forget(address);
            await listener.Server.DisposeAsync();
        }

        Cluster.Dispose();
        _changing.Release();
    }

    private static IPEndPoint VirtualAddress(ControlPlaneMember member) => new(IPAddress.Parse(member.VirtualIp!), member.Port);

    private static IPEndPoint OwnAddress(ControlPlaneMember member) => new(IPAddress.Parse(member.Address), member.Port);

    private static IEnumerable<IPEndPoint> Addresses(ControlPlaneMember member) =>
        [OwnAddress(member), .. member.VirtualIp is null ? Array.Empty<IPEndPoint>() : [VirtualAddress(member)]];

    private static IPEndPoint EtcdAddress(ControlPlaneMember member) =>
        new(IPAddress.Parse(member.Address), ControlPlaneMember.EtcdPort);

    private Task<bool> ListenAsync(
        ControlPlaneRecord current,
        ControlPlaneMember member,
        IPEndPoint address,
        bool hasEtcd,
        DateTimeOffset now,
        CancellationToken cancellationToken
    ) =>
        ListenAsync(
            address,
            member.SystemId,
            hasEtcd,
            at =>
                _network.ServeAsync(
                    Cluster,
                    at,
                    new ApiIdentity(
                        member.Version,
                        ServingOf(current, member, now),
                        X509Certificate2.CreateFromPem(current.CaPem)
                    )
                    {
                        HasEtcd = hasEtcd,
                    },
                    cancellationToken
                )
        );

    // An API server shows the same certificate at each of its addresses.
    private X509Certificate2 ServingOf(ControlPlaneRecord current, ControlPlaneMember member, DateTimeOffset now)
    {
        var key = (member.SystemId, member.Installation);
        if (!_certificates.TryGetValue(key, out var certificate))
        {
            certificate = NodeCertificates.Serving(current.CaPem, current.CaKeyPem, "kube-apiserver", member.Names, now);
            _certificates[key] = certificate;
        }

        return certificate;
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

    private async Task<bool> ListenAsync(
        IPEndPoint address,
        string holder,
        bool hasEtcd,
        Func<IPEndPoint, Task<IAsyncDisposable>> serve
    )
    {
        lock (_gate)
        {
            if (_servers.ContainsKey(address))
            {
                return false;
            }
        }

        try
        {
            var server = await serve(address);
            lock (_gate)
            {
                _servers[address] = new Listener(holder, hasEtcd, server);
            }

            return true;
        }
        catch (Exception taken) when (taken is IOException or System.Net.Sockets.SocketException)
        {
            // The address is in use or cannot be bound on this host: the cluster is unreachable at it.
            return false;
        }
    }

    private KeyValuePair<IPEndPoint, Listener>[] Servers()
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

    private sealed record Listener(string Holder, bool HasEtcd, IAsyncDisposable Server);
}
