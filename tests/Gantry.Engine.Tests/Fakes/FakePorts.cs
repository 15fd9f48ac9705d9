using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using Gantry.Clusters.Distributions;
using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Engine.Ledger;
using Gantry.Engine.Ports;

namespace Gantry.Engine.Tests.Fakes;

/// <summary>
/// The line between one engine and the world. Every call through it is counted; at a chosen call the engine "loses
/// power": that call, before or after it takes effect, and all later ones never return.
/// </summary>
public sealed class Lifeline(int crashAt = int.MaxValue, bool afterwards = false)
{
    public int Calls { get; private set; }

    public bool Dead { get; private set; }

    public Task<T> CallAsync<T>(Func<T> act)
    {
        if (Dead)
        {
            return new TaskCompletionSource<T>().Task;
        }

        if (++Calls < crashAt)
        {
            return Answer(act);
        }

        Dead = true;
        if (afterwards)
        {
            _ = Answer(act);
        }

        return new TaskCompletionSource<T>().Task;
    }

    private static Task<T> Answer<T>(Func<T> act)
    {
        try
        {
            return Task.FromResult(act());
        }
        catch (Exception failure) when (failure is RegionException or WorkloadException)
        {
            return Task.FromException<T>(failure);
        }
    }
}

public sealed class FakeRegion(FakeMaas maas, Lifeline line, TimeProvider time) : IRegion, IRegionSource
{
    public bool Known { get; set; } = true;

    public IRegion? Find(AccountId account) => Known ? this : null;

    public Task<IReadOnlyList<RegionMachine>> ListMachinesAsync(CancellationToken cancellationToken) =>
        Call<IReadOnlyList<RegionMachine>>("list machines", () => [.. maas.Machines.Select(machine => machine.Show())]);

    public Task<RegionMachine?> FindAsync(SystemId machine, CancellationToken cancellationToken) =>
        Call($"find {machine}", () => maas.Machines.FirstOrDefault(known => known.Id == machine.Value)?.Show());

    public Task<IReadOnlyList<RegionMachine>> FindByIntentAsync(string intent, CancellationToken cancellationToken) =>
        Call<IReadOnlyList<RegionMachine>>(
            "find by intent",
            () => [.. maas.Machines.Where(machine => machine.Intent == intent).Select(machine => machine.Show())]
        );

    public Task<RegionMachine> AllocateAsync(SystemId machine, string intent, CancellationToken cancellationToken) =>
        Call(
            $"allocate {machine}",
            () =>
            {
                var taken = Get(machine);
                if (taken.Status is not MaasStatus.Ready)
                {
                    throw new RegionException(RegionFailure.Conflict, $"No machine with system ID {machine} available.");
                }

                taken.Enter(MaasStatus.Allocated, time.GetUtcNow());
                taken.Ours = true;
                taken.Intent = intent;
                maas.Allocations[machine.Value] = maas.Allocations.GetValueOrDefault(machine.Value) + 1;
                return taken.Show();
            }
        );

    public Task<RegionMachine> DeployAsync(
        SystemId machine,
        string image,
        string userData,
        CancellationToken cancellationToken
    ) =>
        Call(
            $"deploy {machine}",
            () =>
            {
                var deployed = Get(machine);
                if (deployed.Status is not MaasStatus.Allocated)
                {
                    throw new RegionException(
                        RegionFailure.Conflict,
                        $"Can't deploy a machine that is in the '{deployed.Status}' state"
                    );
                }

                deployed.Image = image;
                deployed.Document = userData;
                deployed.Joined = false;
                deployed.Enter(MaasStatus.Deploying, time.GetUtcNow());
                return deployed.Show();
            }
        );

    public Task AnnotateAsync(
        SystemId machine,
        IReadOnlyDictionary<string, string> annotations,
        CancellationToken cancellationToken
    ) => Call($"annotate {machine}", () => 0);

    public Task<RegionMachine> ReleaseAsync(
        SystemId machine,
        ErasePolicy erase,
        string comment,
        CancellationToken cancellationToken
    ) =>
        Call(
            $"release {machine}",
            () =>
            {
                var released = Get(machine);
                if (released.Locked)
                {
                    throw new RegionException(RegionFailure.Forbidden, "locked");
                }

                if (!released.Ours && released.Status is not MaasStatus.Ready)
                {
                    throw new InvalidOperationException($"{machine} is not ours and we tried to release it.");
                }

                if (released.Status is not (MaasStatus.Ready or MaasStatus.Releasing))
                {
                    released.Enter(MaasStatus.Releasing, time.GetUtcNow());
                    foreach (
                        var cluster in maas.Clusters.Values.Where(cluster =>
                            cluster.Etcd.Count > 0
                            && (
                                cluster.Silent
                                    ? cluster.InitializedBy == machine.Value
                                    : cluster.Etcd.All(member => member.Name == $"host-{machine}")
                            )
                        )
                    )
                    {
                        cluster.InitializedBy = null;
                        cluster.Etcd = [];
                        cluster.Nodes.Clear();
                        cluster.Silent = false;
                    }
                }

                return released.Show();
            }
        );

    public Task<string> QueryPowerAsync(SystemId machine, CancellationToken cancellationToken) =>
        Call($"query power {machine}", () => Get(machine).Power);

    public Task PowerOnAsync(SystemId machine, string comment, CancellationToken cancellationToken) =>
        Call($"power on {machine}", () => maas.PowerOn(Get(machine)));

    public Task PowerOffAsync(SystemId machine, string comment, CancellationToken cancellationToken) =>
        Call($"power off {machine}", () => maas.PowerOff(Get(machine)));

    public Task CommissionAsync(SystemId machine, CancellationToken cancellationToken) => Call($"commission {machine}", () => 0);

    public Task<IReadOnlyList<string>> ListEventsAsync(SystemId machine, int limit, CancellationToken cancellationToken) =>
        Call<IReadOnlyList<string>>($"events {machine}", () => ["Node installation failure - 'curtin' exited with 3"]);

    public Task<string> FindFreeAddressAsync(string subnet, IReadOnlySet<string> except, CancellationToken cancellationToken) =>
        Call(
            "find address",
            () =>
                Enumerable
                    .Range(1, 55)
                    .Select(last => $"10.0.0.{255 - last}")
                    .FirstOrDefault(address => !except.Contains(address) && !maas.Reserved.Contains(address))
                ?? throw new RegionException(RegionFailure.Exhausted, $"{subnet} is full")
        );

    public Task<bool> IsReservedAsync(string address, CancellationToken cancellationToken) =>
        Call("is reserved", () => maas.Reserved.Contains(address));

    public Task ReserveAsync(string address, CancellationToken cancellationToken) =>
        Call(
            $"reserve {address}",
            () => maas.Reserved.Add(address) ? 0 : throw new RegionException(RegionFailure.Conflict, "in use")
        );

    public Task ReleaseAddressAsync(string address, CancellationToken cancellationToken) =>
        Call($"release {address}", () => maas.Reserved.Remove(address) ? 0 : 1);

    public Task<IReadOnlyList<string>?> FindDnsAsync(string name, CancellationToken cancellationToken) =>
        Call("find dns", () => maas.Dns.GetValueOrDefault(name));

    public Task RecordDnsAsync(string name, IReadOnlyList<string> addresses, CancellationToken cancellationToken) =>
        Call(
            $"record {name} [{string.Join(' ', addresses)}]",
            () =>
            {
                maas.Dns[name] = addresses;
                return 0;
            }
        );

    public Task RemoveDnsAsync(string name, CancellationToken cancellationToken) =>
        Call($"remove {name}", () => maas.Dns.Remove(name));

    public Task<IReadOnlyList<string>> ListImagesAsync(CancellationToken cancellationToken) =>
        Call<IReadOnlyList<string>>("list images", () => [.. maas.Images]);

    private FakeMachine Get(SystemId machine) =>
        maas.Machines.FirstOrDefault(known => known.Id == machine.Value)
        ?? throw new RegionException(RegionFailure.NotFound, $"no {machine}");

    private Task<T> Call<T>(string name, Func<T> act) =>
        line.CallAsync(() =>
        {
            maas.Calls.Add(name);
            return maas.Down is { } down
                ? throw down
                : maas.Carry(
                    name,
                    act,
                    () => new RegionException(RegionFailure.Unreachable, "no answer"),
                    () => new RegionException(RegionFailure.Conflict, "busy")
                );
        });
}

public sealed class FakeWorkloads(FakeMaas maas, Lifeline line) : IWorkloadSource
{
    public IWorkloadCluster Open(WorkloadAccess access) => new FakeWorkload(maas, maas.ClusterOf(access.Cluster.Value), line);
}

public sealed class FakeWorkload(FakeMaas maas, FakeCluster cluster, Lifeline line) : IWorkloadCluster
{
    public Task<bool> IsInitializedAsync(CancellationToken cancellationToken) => Call(() => true);

    public Task<IReadOnlyList<WorkloadNode>> ListNodesAsync(CancellationToken cancellationToken) =>
        Call<IReadOnlyList<WorkloadNode>>(() =>
            [
                .. cluster.Nodes.Select(node => new WorkloadNode
                {
                    Name = node.Key,
                    Ready = node.Value.Ready,
                    Silent = !node.Value.Ready && !node.Value.Complains,
                    Unschedulable = node.Value.Unschedulable,
                    KubeletVersion = $"v{node.Value.Version}",
                    ProviderId = node.Value.Marks?.ProviderId,
                    Labels = node.Value.Marks?.Labels ?? [],
                    Taints = node.Value.Marks?.Taints ?? [],
                    Annotations = node.Value.Marks is { } marks
                        ? new Dictionary<string, string>(marks.Annotations)
                        {
                            [NodeMetadataCheck.Annotation] = NodeMetadataCheck.Remember(marks),
                        }
                        : new Dictionary<string, string>(),
                }),
            ]
        );

    public Task ApplyAsync(string manifest, CancellationToken cancellationToken) =>
        Call(() =>
        {
            cluster.Applied.Add(manifest);
            return 0;
        });

    public Task AdmitAsync(string token, DateTimeOffset expires, string description, CancellationToken cancellationToken) =>
        Call(() =>
        {
            cluster.Tokens[token] = expires;
            return 0;
        });

    public Task LabelAsync(string node, NodeMetadata marks, CancellationToken cancellationToken) =>
        Call(() =>
        {
            cluster.Nodes[node].Marks = marks;
            return 0;
        });

    public Task CordonAsync(string node, CancellationToken cancellationToken) =>
        Call(() =>
        {
            cluster.Nodes[node].Unschedulable = true;
            return 0;
        });

    public Task UncordonAsync(string node, CancellationToken cancellationToken) =>
        Call(() =>
        {
            cluster.Nodes[node].Unschedulable = false;
            return 0;
        });

    public Task<IReadOnlyList<string>> DrainAsync(string node, bool force, CancellationToken cancellationToken) =>
        Call<IReadOnlyList<string>>(() =>
        {
            if (!force && cluster.Stubborn.TryGetValue(node, out var pod))
            {
                return [pod];
            }

            cluster.Drained.Add(node);
            return [];
        });

    public Task DeleteNodeAsync(string node, CancellationToken cancellationToken) => Call(() => cluster.Nodes.Remove(node));

    public Task<IReadOnlyList<EtcdMember>> ListEtcdAsync(CancellationToken cancellationToken) =>
        Call<IReadOnlyList<EtcdMember>>(() => [.. cluster.Etcd]);

    public Task MoveEtcdLeaderAsync(string to, CancellationToken cancellationToken) =>
        Call(() =>
        {
            cluster.Etcd = [.. cluster.Etcd.Select(member => member with { Leader = member.Id == to })];
            return 0;
        });

    public Task RemoveEtcdMemberAsync(string id, CancellationToken cancellationToken) =>
        Call(() =>
        {
            cluster.Etcd = [.. cluster.Etcd.Where(member => member.Id != id)];
            return 0;
        });

    public Task SetKubernetesVersionAsync(KubernetesVersion version, CancellationToken cancellationToken) =>
        Call(() => cluster.KubeadmVersion = version.ToString());

    public Task UpgradeAddonsAsync(KubernetesVersion version, CancellationToken cancellationToken) =>
        Call(() => cluster.AddonVersion = version.ToString());

    public void Dispose() { }

    private Task<T> Call<T>(Func<T> act, [CallerMemberName] string name = "") =>
        line.CallAsync(() =>
            cluster.InitializedBy is null || cluster.Silent
                ? throw new WorkloadException(unreachable: true, "connection refused")
                : maas.Carry(
                    name,
                    act,
                    () => new WorkloadException(unreachable: true, "no answer"),
                    () => new WorkloadException(unreachable: false, "busy")
                )
        );
}

/// <summary>Documents that say what they are, so that the fake machines can act on them.</summary>
public sealed class FakeDocuments : INodeDocuments
{
    public string Template { get; set; } = "1";

    public string CreatePki(ClusterSpec cluster, DateTimeOffset now) => $"pki of {cluster.Id}";

    public string JoinToken(byte[] key, string intent)
    {
        var hash = Convert.ToHexStringLower(SHA256.HashData([.. key, .. Encoding.UTF8.GetBytes(intent)]));
        return $"{hash[..6]}.{hash[6..22]}";
    }

    public string Render(NodeDocument node, string pki, DateTimeOffset now) =>
        $"{node.Bootstrap}|{node.Cluster.Id}|{node.Token}|{node.Endpoint.Host}|{node.Cluster.KubernetesVersion}";

    public WorkloadAccess Access(
        ClusterId cluster,
        ApiEndpoint endpoint,
        IReadOnlyList<string> controlPlanes,
        string pki,
        DateTimeOffset now
    ) => new(cluster, endpoint, controlPlanes, new ClientCredentials("", "", ""));

    public IssuedAccess Issue(
        ClusterSpec cluster,
        ApiEndpoint endpoint,
        string pki,
        string user,
        DateTimeOffset now,
        TimeSpan validity
    ) => new($"kubeconfig of {user} for {endpoint.Host}", now + validity);
}

/// <summary>A ledger whose writes can be the last thing that happens.</summary>
public sealed class FragileLedger(ILedger inner, Lifeline line) : ILedger
{
    public Task<string> GetIdAsync(CancellationToken cancellationToken) => inner.GetIdAsync(cancellationToken);

    public Task<long> NextAsync(CancellationToken cancellationToken) =>
        line.CallAsync(() => inner.NextAsync(cancellationToken).Result);

    public Task<IReadOnlyList<ClusterRecord>> LoadAsync(CancellationToken cancellationToken) =>
        inner.LoadAsync(cancellationToken);

    public Task SaveAsync(ClusterRecord cluster, CancellationToken cancellationToken) =>
        Write(() => inner.SaveAsync(cluster, cancellationToken));

    public Task RemoveAsync(ClusterId cluster, CancellationToken cancellationToken) =>
        Write(() => inner.RemoveAsync(cluster, cancellationToken));

    public Task<ClusterSecrets?> FindSecretsAsync(ClusterId cluster, CancellationToken cancellationToken) =>
        inner.FindSecretsAsync(cluster, cancellationToken);

    public Task SaveSecretsAsync(ClusterId cluster, ClusterSecrets secrets, CancellationToken cancellationToken) =>
        Write(() => inner.SaveSecretsAsync(cluster, secrets, cancellationToken));

    public Task<string?> LoadTimingsAsync(CancellationToken cancellationToken) => inner.LoadTimingsAsync(cancellationToken);

    public Task SaveTimingsAsync(string timings, CancellationToken cancellationToken) =>
        Write(() => inner.SaveTimingsAsync(timings, cancellationToken));

    public Task<IReadOnlyList<QuarantinedMachine>> LoadQuarantineAsync(CancellationToken cancellationToken) =>
        inner.LoadQuarantineAsync(cancellationToken);

    public Task QuarantineAsync(QuarantinedMachine machine, CancellationToken cancellationToken) =>
        Write(() => inner.QuarantineAsync(machine, cancellationToken));

    public Task ClearQuarantineAsync(SystemId machine, CancellationToken cancellationToken) =>
        Write(() => inner.ClearQuarantineAsync(machine, cancellationToken));

    private Task Write(Func<Task> write) =>
        line.CallAsync(() =>
        {
            write().GetAwaiter().GetResult();
            return 0;
        });
}
