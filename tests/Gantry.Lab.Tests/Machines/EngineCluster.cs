using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Gantry.Clusters.Distributions;
using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Engine.Ports;
using Gantry.Kubeadm;
using Gantry.Lab.Kubernetes;
using Gantry.Lab.Maas;
using Gantry.Lab.Machines;
using Gantry.Lab.Machines.Clusters;
using Gantry.Lab.Machines.Kubeadm;
using Gantry.Lab.Machines.Packages;
using Gantry.Lab.Store;
using Gantry.Testing;

namespace Gantry.Lab.Tests.Machines;

/// <summary>Machines of the lab that boot with the documents of the engine for one cluster.</summary>
internal sealed class EngineCluster : IMachineReports, IAsyncDisposable
{
    private const string Token = "abcdef.0123456789abcdef";

    private readonly KubeadmDistribution _kubeadm = new();
    private readonly ConcurrentQueue<string> _reports = new();
    private readonly ClusterSpec _cluster;
    private readonly string _network;
    private readonly string _pki;

    private EngineCluster(ClusterSpec cluster, string network, LabMachines machines)
    {
        (_cluster, _network, Machines) = (cluster, network, machines);
        _pki = _kubeadm.CreatePki(cluster, TimeProvider.System.GetUtcNow());
        machines.Resume(this);
    }

    public LabMachines Machines { get; }

    public IReadOnlyCollection<string> Reports => _reports;

    public LabCluster Objects => ControlPlane?.Cluster ?? throw new InvalidOperationException(string.Join('\n', _reports));

    public ControlPlane? ControlPlane => Machines.Clusters.At(new IPEndPoint(IPAddress.Parse($"{_network}.100"), 6443));

    /// <param name="network">The first three parts of the machines' addresses; a test has its own.</param>
    /// <param name="packages">The repositories that the machines reach; the public ones when not given.</param>
    public static async Task<EngineCluster> StartAsync(
        ClusterSpec cluster,
        string network,
        double speed,
        PackageArchive? packages = null
    ) =>
        new(
            cluster,
            network,
            await LabMachines.StartAsync(
                new LabMachinesOptions
                {
                    Speed = speed,
                    Sockets = false,
                    Packages = packages ?? PackageArchive.Public,
                },
                new MemoryLabStore(),
                TimeProvider.System,
                TestContext.Current.CancellationToken
            )
        );

    public void Boot(string name, int number, Bootstrap bootstrap) =>
        Machines.Boot(
            ClusterDocuments.Machine(
                name,
                $"{_network}.{number}",
                Encoding.UTF8.GetBytes(
                    _kubeadm.Render(
                        new NodeDocument(
                            _cluster,
                            _cluster.Pools[bootstrap is Bootstrap.JoinWorker ? 1 : 0],
                            new NodeIdentity(new SystemId(name + "-id"), name, "az1"),
                            new ApiEndpoint($"{_network}.100", 6443),
                            bootstrap,
                            bootstrap is Bootstrap.InitControlPlane ? "first0.0123456789abcdef" : Token
                        ),
                        _pki,
                        TimeProvider.System.GetUtcNow()
                    )
                ),
                _cluster.Image.Value
            )
        );

    /// <summary>Waits until kubeadm has formed the cluster.</summary>
    public Task FormedAsync() =>
        Eventually.HoldsAsync(() =>
        {
            Assert.True(ControlPlane?.Record.Formed is true, string.Join('\n', _reports));
            return Task.CompletedTask;
        });

    /// <summary>Creates the token of the joining machines as soon as there is a cluster.</summary>
    public async Task AdmitAsync()
    {
        await FormedAsync();
        new BootstrapToken("abcdef", "0123456789abcdef", Expires: null, "").Put(Objects);
    }

    /// <summary>Waits until these are the nodes, and each control plane is marked as one and votes in etcd.</summary>
    public Task JoinedAsync(params string[] names) =>
        Eventually.HoldsAsync(
            () =>
            {
                var nodes = Objects.List(KubeResources.Nodes);
                Assert.True(names.SequenceEqual(nodes.Select(Name)), string.Join('\n', _reports));
                var marked = nodes.Where(node =>
                    node["metadata"]!["labels"]!["node-role.kubernetes.io/control-plane"] is not null
                );
                Assert.True(
                    names.Where(name => name.StartsWith("cp", StringComparison.Ordinal)).SequenceEqual(marked.Select(Name)),
                    string.Join('\n', _reports)
                );
                Assert.Equal(
                    marked.Select(Name),
                    ControlPlane!.Record.Voters.Select(member => member.NodeName).Order(StringComparer.Ordinal)
                );
                Assert.DoesNotContain(ControlPlane.Record.Members, member => member.Learner);
                return Task.CompletedTask;
            },
            TimeSpan.FromSeconds(60)
        );

    public async Task RebootAsync(string name)
    {
        Machines.PowerOff(name + "-id");
        await Task.Yield();
        Machines.PowerOn(name + "-id");
    }

    public ValueTask DisposeAsync() => Machines.DisposeAsync();

    void IMachineReports.CloudInit(string systemId, string name, string description, bool success) =>
        _reports.Enqueue($"{systemId} {name} {success} {description}");

    private static string Name(JsonObject node) => node["metadata"]!["name"]!.ToString();
}
