using System.Collections.Concurrent;
using System.Text;
using Gantry.Clusters.Distributions;
using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Engine.Ports;
using Gantry.Engine.Tests.Support;
using Gantry.Engine.Workloads;
using Gantry.Kubeadm;
using Gantry.Lab.Maas;
using Gantry.Lab.Machines;
using Gantry.Lab.Store;
using Gantry.Testing;

namespace Gantry.Engine.Tests.Lab;

/// <summary>Emulated machines of one loopback network that boot the engine's own documents, without a MAAS around them.</summary>
internal sealed class LabControlPlanes : IMachineReports, IAsyncDisposable
{
    private const string Token = "abcdef.0123456789abcdef";

    private readonly string _network;
    private readonly ConcurrentQueue<string> _said = new();

    /// <param name="network">The first three numbers of its addresses: <c>127.93.0</c>.</param>
    private LabControlPlanes(LabMachines machines, string network, string version)
    {
        (Machines, _network) = (machines, network);
        Spec = Some.Cluster(3, 1) with { KubernetesVersion = KubernetesVersion.Parse(version) };
        machines.Resume(this);
        Workload = Open(Enumerable.Range(1, 9));
    }

    public static KubeadmDistribution Documents { get; } = new();

    public LabMachines Machines { get; }

    /// <summary>The cluster as the next documents describe it.</summary>
    public ClusterSpec Spec { get; set; }

    public string Pki { get; } = Documents.CreatePki(Some.Cluster(), TimeProvider.System.GetUtcNow());

    public IWorkloadCluster Workload { get; }

    public string Said => string.Join('\n', _said);

    /// <param name="time">The lab's time; that of the computer by default.</param>
    public static async Task<LabControlPlanes> StartAsync(
        string network,
        string version,
        CancellationToken cancellationToken,
        TimeProvider? time = null
    ) =>
        new(
            await LabMachines.StartAsync(
                new LabMachinesOptions { Speed = 1000 },
                new MemoryLabStore(),
                time ?? TimeProvider.System,
                cancellationToken
            ),
            network,
            version
        );

    /// <summary>Machines 1 to this many, one after the other.</summary>
    public async Task FormAsync(int controlPlanes, CancellationToken cancellationToken)
    {
        Boot(1, Bootstrap.InitControlPlane);
        await Eventually.HoldsAsync(
            async () => Assert.True(await Workload.IsInitializedAsync(cancellationToken), Said),
            TimeSpan.FromSeconds(30)
        );
        await Workload.AdmitAsync(Token, TimeProvider.System.GetUtcNow().AddHours(1), "test", cancellationToken);
        for (var number = 2; number <= controlPlanes; number++)
        {
            Boot(number, Bootstrap.JoinControlPlane);
        }

        await NodesAsync(controlPlanes, cancellationToken);
    }

    /// <summary>Until there are this many nodes and kubeadm has ended on each.</summary>
    public Task NodesAsync(int count, CancellationToken cancellationToken) =>
        Eventually.HoldsAsync(
            async () =>
            {
                var nodes = await Workload.ListNodesAsync(cancellationToken);
                Assert.True(nodes.Count == count, Said);
                Assert.All(
                    nodes.Select(node => node.Name),
                    node =>
                        Assert.True(
                            _said.Any(line => line.StartsWith($"{node}-id modules-final True", StringComparison.Ordinal)),
                            Said
                        )
                );
            },
            TimeSpan.FromSeconds(30)
        );

    public void Boot(int number, Bootstrap bootstrap, string? version = null, int vip = 100)
    {
        var cluster = Spec with
        {
            KubernetesVersion = version is null ? Spec.KubernetesVersion : KubernetesVersion.Parse(version),
        };
        var pool = bootstrap is Bootstrap.JoinWorker ? cluster.Workers.First() : cluster.ControlPlane;
        var document = Documents.Render(
            new NodeDocument(
                cluster,
                pool,
                new NodeIdentity(new SystemId($"m{number}-id"), $"m{number}", "az1"),
                new ApiEndpoint($"{_network}.{vip}", 6443),
                bootstrap,
                Token
            ),
            Pki,
            TimeProvider.System.GetUtcNow()
        );
        Machines.Boot(
            new InstalledMachine(
                $"m{number}-id",
                $"m{number}",
                $"m{number}.maas",
                "az1",
                $"custom/ubuntu-24.04-k8s-{cluster.KubernetesVersion}",
                "amd64/generic",
                4,
                8192,
                [$"{_network}.{number}"],
                Encoding.UTF8.GetBytes(document)
            )
        );
    }

    public IWorkloadCluster Open(IEnumerable<int> controlPlanes, string? pki = null) =>
        new KubernetesWorkloads(new KubeadmDistribution()).Open(Access(controlPlanes, pki));

    public WorkloadAccess Access(IEnumerable<int> controlPlanes, string? pki = null) =>
        Documents.Access(
            new ClusterId("id"),
            new ApiEndpoint($"{_network}.100", 6443),
            [.. controlPlanes.Select(number => $"{_network}.{number}")],
            pki ?? Pki,
            TimeProvider.System.GetUtcNow()
        );

    void IMachineReports.CloudInit(string systemId, string name, string description, bool success) =>
        _said.Enqueue($"{systemId} {name} {success} {description}");

    public async ValueTask DisposeAsync()
    {
        Workload.Dispose();
        await Machines.DisposeAsync();
    }
}
