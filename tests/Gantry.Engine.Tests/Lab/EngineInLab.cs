using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Engine.Ledger;
using Gantry.Engine.Ports;
using Gantry.Engine.Regions;
using Gantry.Engine.Tests.Support;
using Gantry.Engine.Workloads;
using Gantry.Kubeadm;
using Gantry.Lab;
using Gantry.Maas;
using Gantry.Testing;

namespace Gantry.Engine.Tests.Lab;

/// <summary>
/// The engine as it runs in a gateway, against a lab: MAAS over HTTP, machines with kubeadm, API servers over TLS.
/// </summary>
public abstract class EngineInLab(LabOptions options) : IAsyncLifetime, IDesiredClusters, IEngineReports, IRegionSource
{
    protected const double Speed = 400;

    private readonly ConcurrentDictionary<ClusterId, ClusterSpec> _desired = new();
    protected ConcurrentDictionary<ClusterId, ClusterStatus> Statuses { get; } = new();
    protected IEnumerable<ClusterEvent> Events => _events;
    private readonly ConcurrentQueue<ClusterEvent> _events = new();
    protected Action<ClusterStatus>? EachStatus { get; set; }
    private long _version;
    private readonly MemoryLedger _ledger = new();
    private readonly CancellationTokenSource _stop = new();
    private LabDataCentre _lab = null!;
    protected MaasClient Client { get; private set; } = null!;
    protected IRegion Region { get; private set; } = null!;
    protected ClusterEngine Engine { get; private set; } = null!;
    private Task _running = Task.CompletedTask;

    public IReadOnlyList<ClusterSpec> All => [.. _desired.Values];

    protected static CancellationToken Stop => TestContext.Current.CancellationToken;

    public long Version => Interlocked.Read(ref _version);

    public bool? HasEnded(ClusterId cluster) => false;

    public Observation<ClusterStatus> FindLastReport(ClusterId cluster) => new Observation<ClusterStatus>.Absent();

    public ClusterSpec? Find(ClusterId cluster) => _desired.GetValueOrDefault(cluster);

    public IRegion? Find(AccountId account) => Region;

    void IEngineReports.Report(ClusterStatus status)
    {
        Statuses[status.Id] = status;
        EachStatus?.Invoke(status);
    }

    void IEngineReports.Report(ClusterEvent happened) => _events.Enqueue(happened);

    public async ValueTask InitializeAsync()
    {
        _lab = await LabDataCentre.StartAsync(options, TimeProvider.System, Stop);
        Client = new MaasClient(
            new MaasClientOptions(MaasEndpoint.Parse(_lab.MaasUrl.ToString()), MaasApiKey.Parse(_lab.AdminKey)),
            TimeProvider.System
        );
        Region = new MaasRegion(Client);
        Engine = new ClusterEngine(
            new EnginePorts(
                _ledger,
                this,
                new KubernetesWorkloads(new KubeadmDistribution()),
                new KubeadmDistribution(),
                this,
                this
            ),
            new EngineOptions
            {
                WhileInProgress = TimeSpan.FromMilliseconds(300),
                WhileStuck = TimeSpan.FromSeconds(1),
                WhileIdle = TimeSpan.FromSeconds(1),
                Endpoint = TimeSpan.FromMilliseconds(300),
                EndpointWhileIdle = TimeSpan.FromSeconds(1),
                Limits = Limits.Default with
                {
                    VirtualIpLettingGo = Limits.Default.AtSpeed(Speed).VirtualIpLettingGo,
                    VirtualIpTakeover = Limits.Default.AtSpeed(Speed).VirtualIpTakeover,
                },
            },
            TimeProvider.System
        );
        _running = Engine.RunAsync(_stop.Token);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        Engine.Dispose();
        Client.Dispose();
        await _lab.DisposeAsync();
        _stop.Dispose();
    }

    protected static ClusterSpec Cluster(int controlPlanes, int workers, EndpointChoice endpoint) =>
        Some.Cluster(controlPlanes, workers, endpoint: endpoint) with
        {
            KubernetesVersion = KubernetesVersion.Parse("1.33.5"),
            Image = ImageName.Parse("custom/ubuntu-24.04-k8s-1.33.5"),
            Addons =
            [
                new AddonLayer(
                    "settings",
                    "1",
                    "addon",
                    "{apiVersion: v1, kind: ConfigMap, metadata: {name: settings, namespace: default}}"
                ),
                new AddonLayer("flannel", "1", "cni", Flannel()),
            ],
        };

    protected async Task WantAsync(ClusterSpec cluster, Func<ClusterStatus, bool> reached)
    {
        _desired[cluster.Id] = cluster;
        Interlocked.Increment(ref _version);
        Engine.Enqueue(cluster.Id);
        await Eventually.HoldsAsync(
            () =>
            {
                var status = Statuses.GetValueOrDefault(cluster.Id);
                Assert.True(
                    status is not null && reached(status),
                    $"{status?.Phase} {status?.Health}: {status?.Message} "
                        + $"[{string.Join(", ", status?.Machines.Select(machine => $"{machine.Hostname} {machine.State} {machine.Stage}") ?? [])}]"
                );
                return Task.CompletedTask;
            },
            TimeSpan.FromSeconds(60)
        );
    }

    /// <summary>The pack's manifest with its values filled in; without a network no node of the lab becomes Ready.</summary>
    private static string Flannel([CallerFilePath] string here = "") =>
        File.ReadAllText(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "..", "packs", "cni-flannel", "manifest.yaml"))
            .Replace("${cluster.podCidr}", "192.168.0.0/16", StringComparison.Ordinal)
            .Replace("${values.backend}", "vxlan", StringComparison.Ordinal);
}
