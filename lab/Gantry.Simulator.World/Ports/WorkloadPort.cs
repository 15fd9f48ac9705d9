using System.Net;
using System.Runtime.CompilerServices;
using Gantry.Clusters.Distributions;
using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Engine.Ports;
using Gantry.Simulator.World;

namespace Gantry.Simulator.Ports;

public sealed class WorkloadPorts(ITransport transport, MachineModel machines, Chance chance) : IWorkloadSource
{
    public IWorkloadCluster Open(WorkloadAccess access) => new WorkloadPort(transport, machines, chance, access.Cluster);
}

/// <summary>The API server of one cluster as one gateway process reaches it.</summary>
public sealed class WorkloadPort(ITransport transport, MachineModel machines, Chance chance, ClusterId id) : IWorkloadCluster
{
    private long _asked;
    private long _leasesRead;

    public Task<bool> IsInitializedAsync(CancellationToken cancellationToken) => Look(_ => true);

    public Task<IReadOnlyList<WorkloadNode>> ListNodesAsync(CancellationToken cancellationToken) =>
        Look(cluster => cluster.Show(), nodes => transport.Knowledge.Saw(id, nodes));

    public Task ApplyAsync(string manifest, CancellationToken cancellationToken) =>
        Do(ActKind.Apply, "", cluster => machines.Apply(cluster, manifest));

    public Task<IReadOnlyList<AddonObject>> ListMissingAsync(
        IReadOnlyList<AddonObject> objects,
        CancellationToken cancellationToken
    ) => Look<IReadOnlyList<AddonObject>>(cluster => [.. objects.Where(one => !cluster.Objects.Contains(one.Identity))]);

    public Task DeleteAsync(AddonObject old, CancellationToken cancellationToken) =>
        Do(ActKind.Prune, $"{old}", cluster => machines.Delete(cluster, old));

    public Task AdmitAsync(string token, DateTimeOffset expires, string description, CancellationToken cancellationToken) =>
        Do(ActKind.Admit, token, cluster => machines.Admit(cluster, token, expires));

    public Task RevokeAsync(string token, CancellationToken cancellationToken) =>
        Do(ActKind.Revoke, token, cluster => cluster.Tokens.Remove(token));

    public Task LabelAsync(string node, NodeMetadata metadata, CancellationToken cancellationToken) =>
        Do(
            ActKind.Label,
            node,
            cluster =>
            {
                Get(cluster, node).Mark(metadata);
                cluster.Touch();
            }
        );

    public Task CordonAsync(string node, CancellationToken cancellationToken) =>
        Do(
            ActKind.Cordon,
            node,
            cluster =>
            {
                Get(cluster, node).Cordon(true, marked: true);
                cluster.Touch();
            }
        );

    public Task UncordonAsync(string node, CancellationToken cancellationToken) =>
        Do(
            ActKind.Uncordon,
            node,
            cluster =>
            {
                Get(cluster, node).Cordon(false, marked: false);
                cluster.Touch();
            }
        );

    public Task<IReadOnlyList<string>> DrainAsync(string node, bool force, CancellationToken cancellationToken) =>
        Act(
            new Act(ActKind.Drain, null, id, node),
            cluster => cluster.Nodes.TryGetValue(node, out var found) ? machines.Drain(cluster, found, force) : []
        );

    public Task<EndpointReach> ProbeEndpointAsync(IReadOnlyList<string> controlPlanes, CancellationToken cancellationToken) =>
        transport.CallAsync(
            new Call(Peer.Cluster, nameof(ProbeEndpointAsync), id, Travels()),
            () =>
            {
                if (machines.Find(id) is not { } cluster)
                {
                    return new EndpointReach([], [], "connection refused");
                }

                var serving = cluster.ApiServers.Where(machine => controlPlanes.Contains(machine.Address)).ToList();
                if (cluster.VirtualIp is { } address)
                {
                    return new EndpointReach(
                        [.. serving.Select(machine => machine.Address)],
                        [.. serving.Where(address.Announcing.Contains).Select(machine => machine.Address)],
                        address.Answers ? null : "no route to host"
                    );
                }

                var refuses =
                    cluster.Balancer is { } balancer
                    && (balancer.Count is 0 || !balancer.IsSubsetOf(cluster.ApiServers.Select(machine => machine.Address)));
                return new EndpointReach(
                    [.. serving.Select(machine => machine.Address)],
                    [.. serving.Where(cluster.LeadsTo).Select(machine => machine.Address)],
                    refuses ? "connection refused" : null
                );
            }
        );

    // Read beside etcd in each run, with a pace of its own.
    public Task<VirtualIpFacts?> FindVirtualIpAsync(CancellationToken cancellationToken) =>
        transport.CallAsync(
            new Call(
                Peer.Cluster,
                nameof(FindVirtualIpAsync),
                id,
                chance.Seconds(0.02, 0.1, "API server shows a lease", ++_leasesRead)
            ),
            () => Serving().VirtualIp is { Lease: { } holder } address ? new VirtualIpFacts(holder, address.IsTaken) : null
        );

    public Task MoveVirtualIpAsync(string from, string to, CancellationToken cancellationToken) =>
        Do(ActKind.MoveVirtualIp, to, cluster => cluster.VirtualIp?.TryHandOver(from, to));

    // Control planes answer one by one, even without a quorum.
    public Task<IReadOnlyList<EtcdMember>> ListEtcdAsync(CancellationToken cancellationToken) =>
        transport.CallAsync<IReadOnlyList<EtcdMember>>(
            new Call(Peer.Cluster, nameof(ListEtcdAsync), id, Travels()),
            () =>
            {
                var cluster = machines.Find(id);
                return cluster is not null && cluster.Etcd.Exists(member => member.Healthy)
                    ?
                    [
                        .. cluster.Etcd.Select(member => new EtcdMember(
                            member.Id,
                            cluster.Nodes.Values.FirstOrDefault(node => node.Machine == member.Machine)?.Name
                                ?? member.Machine.Hostname,
                            member.Voting,
                            member.Healthy && member.Alarms.Count is 0 && cluster.Serves,
                            member.Leader && cluster.Serves
                        )
                        {
                            Alarms = member.Alarms,
                            Version = member.Version,
                        }),
                    ]
                    : throw new WorkloadException(unreachable: true, "no member of etcd answers");
            },
            members => transport.Knowledge.Saw(id, members)
        );

    public Task MoveEtcdLeaderAsync(string to, CancellationToken cancellationToken) =>
        Do(
            ActKind.MoveEtcdLeader,
            to,
            cluster =>
            {
                if (cluster.Etcd.Find(member => member.Id == to) is not { Voting: true, Healthy: true } next)
                {
                    throw new WorkloadException(unreachable: false, "etcdserver: bad leader transferee");
                }

                cluster.Etcd.ForEach(member => member.Leader = member == next);
            }
        );

    public Task RemoveEtcdMemberAsync(string memberId, CancellationToken cancellationToken) =>
        Do(
            ActKind.RemoveEtcdMember,
            memberId,
            cluster =>
            {
                if (cluster.Etcd.Find(member => member.Id == memberId) is { } member)
                {
                    machines.RemoveEtcdMember(cluster, member);
                }
            }
        );

    public Task SetKubeadmSettingsAsync(KubeadmSettings settings, CancellationToken cancellationToken) =>
        Do(
            ActKind.SetVersion,
            $"{settings.Version}",
            cluster =>
            {
                if (
                    settings is { EtcdImageTag: { Length: > 0 } tag, ReplacesEtcdImageTag: { } replaces }
                    && cluster.EtcdImageTag is { Length: > 0 } own
                    && own != tag
                    && NodeBuild.DigestOfTag(own) != replaces
                )
                {
                    throw new WorkloadException(
                        unreachable: false,
                        $"kubeadm's configuration names etcd {own}, which Gantry did not write"
                    );
                }

                machines.Set(cluster, settings);
            }
        );

    public Task UpgradeAddonsAsync(KubernetesVersion version, CancellationToken cancellationToken) =>
        Do(ActKind.UpgradeAddons, $"{version}", cluster => cluster.AddonVersion = version);

    public Task DeleteNodeAsync(string node, CancellationToken cancellationToken) =>
        Do(ActKind.DeleteNode, node, cluster => machines.DeleteNode(cluster, node));

    public void Dispose() { }

    private static WorldNode Get(WorldCluster cluster, string node) =>
        cluster.Nodes.GetValueOrDefault(node) ?? throw new WorkloadException(unreachable: false, $"nodes \"{node}\" not found");

    private TimeSpan Travels() => chance.Seconds(0.02, 0.1, "API server answers", ++_asked);

    private Task<T> Look<T>(Func<WorldCluster, T> look, Action<T>? learn = null, [CallerMemberName] string operation = "") =>
        transport.CallAsync(new Call(Peer.Cluster, operation, id, Travels()), () => look(Serving()), learn);

    private Task Do(ActKind kind, string detail, Action<WorldCluster> effect, [CallerMemberName] string operation = "") =>
        Act(
            new Act(kind, null, id, detail),
            cluster =>
            {
                effect(cluster);
                return 0;
            },
            operation
        );

    private Task<T> Act<T>(Act act, Func<WorldCluster, T> effect, [CallerMemberName] string operation = "") =>
        transport.CallAsync(new Call(Peer.Cluster, operation, id, Travels(), act), () => effect(Serving()));

    // A name is only known in the data centre: the gateway asks the control planes themselves.
    private WorldCluster Serving() =>
        machines.Find(id) is { Incarnation: > 0, Serves: true } cluster
        && (cluster.IsReachable || cluster.GivenHost is { } name && !IPAddress.TryParse(name, out _))
            ? cluster
            : throw new WorkloadException(unreachable: true, "connection refused");
}
