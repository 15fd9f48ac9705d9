using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Gantry.Lab.Kubernetes;
using Gantry.Lab.Machines.Kubeadm;
using Gantry.Lab.Store;

namespace Gantry.Lab.Machines.Clusters;

/// <summary>
/// The control plane of one emulated cluster: etcd's members, and who listens where. While etcd has a quorum each living
/// member serves at its own address, and exactly one of those with a working kube-vip at the virtual IP. Without one nobody
/// serves. Changes are written down before they show.
/// </summary>
internal sealed class ControlPlane : IAsyncDisposable
{
    private readonly Dictionary<IPEndPoint, (string SystemId, IAsyncDisposable Server)> servers = [];
    private readonly SemaphoreSlim changing = new(1, 1);
    private readonly ILabStore store;
    private readonly IApiNetwork network;
    private readonly Lock gate = new();
    private readonly HashSet<string> joiningEtcd = new(StringComparer.Ordinal);
    private ControlPlaneRecord record;

    public ControlPlane(ControlPlaneRecord record, LabCluster cluster, ILabStore store, IApiNetwork network)
    {
        this.record = record;
        this.store = store;
        this.network = network;
        Cluster = cluster;
    }

    public LabCluster Cluster { get; }

    public ControlPlaneRecord Record => Volatile.Read(ref record);

    /// <summary>Changes what is written down. The listeners follow with <see cref="ServeAsync"/>.</summary>
    public void Change(Func<ControlPlaneRecord, ControlPlaneRecord> change)
    {
        lock (gate)
        {
            var after = change(record);
            store.Put(ControlPlaneRecord.Kind, after.Id, JsonSerializer.SerializeToUtf8Bytes(after));
            Volatile.Write(ref record, after);
        }
    }

    public void ChangeMember(string systemId, Func<ControlPlaneMember, ControlPlaneMember> change) => Change(before => before with
    {
        Members = [.. before.Members.Select(member => member.SystemId == systemId ? change(member) : member)],
    });

    /// <summary>One member joins etcd at a time. False: another one is still a learner.</summary>
    public bool BeginEtcdJoin(string systemId)
    {
        lock (gate)
        {
            return (joiningEtcd.Count == 0 || joiningEtcd.Contains(systemId)) && (joiningEtcd.Add(systemId) || true);
        }
    }

    public void EndEtcdJoin(string systemId)
    {
        lock (gate)
        {
            joiningEtcd.Remove(systemId);
        }
    }

    /// <summary>Whether some member of this control plane listens at an address now.</summary>
    public bool ServesAt(IPEndPoint address)
    {
        lock (gate)
        {
            return servers.ContainsKey(address);
        }
    }

    /// <summary>Stops and starts listeners until they are as the record says.</summary>
    /// <param name="virtualIps">False: addresses whose holder is gone stay silent; their lease has not run out yet.</param>
    /// <returns>Whether a virtual IP waits for its lease to run out.</returns>
    public async Task<bool> ServeAsync(bool virtualIps, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await changing.WaitAsync(cancellationToken);
        try
        {
            var current = Record;
            var living = current.HasQuorum ? current.Members.Where(member => member.Up).ToArray() : [];
            foreach (var (address, (holder, server)) in Servers())
            {
                if (!living.Any(member => member.SystemId == holder && Addresses(member).Contains(address)))
                {
                    Forget(address);
                    await server.DisposeAsync();
                }
            }

            foreach (var member in living)
            {
                await ListenAsync(current, member, new IPEndPoint(IPAddress.Parse(member.Address), member.Port), now, cancellationToken);
            }

            var free = living.Where(member => member.VirtualIp is not null && !ServesAt(VirtualAddress(member))).ToArray();
            if (!virtualIps)
            {
                return free.Length > 0;
            }

            foreach (var member in free)
            {
                await ListenAsync(current, member, VirtualAddress(member), now, cancellationToken);
            }

            return false;
        }
        finally
        {
            changing.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await changing.WaitAsync();
        foreach (var (address, (_, server)) in Servers())
        {
            Forget(address);
            await server.DisposeAsync();
        }

        Cluster.Dispose();
        changing.Release();
    }

    private static IPEndPoint VirtualAddress(ControlPlaneMember member) => new(IPAddress.Parse(member.VirtualIp!), member.Port);

    private static IEnumerable<IPEndPoint> Addresses(ControlPlaneMember member) =>
        [new(IPAddress.Parse(member.Address), member.Port), .. member.VirtualIp is null ? Array.Empty<IPEndPoint>() : [VirtualAddress(member)]];

    private async Task ListenAsync(
        ControlPlaneRecord current, ControlPlaneMember member, IPEndPoint address, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (ServesAt(address))
        {
            return;
        }

        var identity = new ApiIdentity(
            member.Version,
            NodeCertificates.Serving(current.CaPem, current.CaKeyPem, member.Names, now),
            X509Certificate2.CreateFromPem(current.CaPem));
        try
        {
            var server = await network.ServeAsync(Cluster, address, identity, cancellationToken);
            lock (gate)
            {
                servers[address] = (member.SystemId, server);
            }
        }
        catch (Exception taken) when (taken is IOException or System.Net.Sockets.SocketException)
        {
            // Somebody else has the address, or this host cannot have it: whoever asks there does not reach this cluster.
        }
    }

    private KeyValuePair<IPEndPoint, (string SystemId, IAsyncDisposable Server)>[] Servers()
    {
        lock (gate)
        {
            return [.. servers];
        }
    }

    private void Forget(IPEndPoint address)
    {
        lock (gate)
        {
            servers.Remove(address);
        }
    }
}
