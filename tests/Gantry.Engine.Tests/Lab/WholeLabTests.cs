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
public sealed class WholeLabTests : IAsyncLifetime, IDesiredClusters, IEngineReports, IRegionSource
{
    private const double Speed = 400;

    private readonly ConcurrentDictionary<ClusterId, ClusterSpec> _desired = new();
    private readonly ConcurrentDictionary<ClusterId, ClusterStatus> _statuses = new();
    private readonly ConcurrentQueue<ClusterEvent> _events = new();
    private Action<ClusterStatus>? _eachStatus;
    private long _version;
    private readonly MemoryLedger _ledger = new();
    private readonly CancellationTokenSource _stop = new();
    private LabDataCentre _lab = null!;
    private MaasClient _client = null!;
    private IRegion _region = null!;
    private ClusterEngine _engine = null!;
    private Task _running = Task.CompletedTask;

    public IReadOnlyList<ClusterSpec> All => [.. _desired.Values];

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public long Version => Interlocked.Read(ref _version);

    public bool? HasEnded(ClusterId cluster) => false;

    public Observation<ClusterStatus> FindLastReport(ClusterId cluster) => new Observation<ClusterStatus>.Absent();

    public ClusterSpec? Find(ClusterId cluster) => _desired.GetValueOrDefault(cluster);

    public IRegion? Find(AccountId account) => _region;

    void IEngineReports.Report(ClusterStatus status)
    {
        _statuses[status.Id] = status;
        _eachStatus?.Invoke(status);
    }

    void IEngineReports.Report(ClusterEvent happened) => _events.Enqueue(happened);

    public async ValueTask InitializeAsync()
    {
        _lab = await LabDataCentre.StartAsync(
            new LabOptions
            {
                Machines = 16,
                Speed = Speed,
                Seed = 3,
                DeployFailureRate = 0,
            },
            TimeProvider.System,
            Stop
        );
        _client = new MaasClient(
            new MaasClientOptions(MaasEndpoint.Parse(_lab.MaasUrl.ToString()), MaasApiKey.Parse(_lab.AdminKey)),
            TimeProvider.System
        );
        _region = new MaasRegion(_client);
        _engine = new ClusterEngine(
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
            },
            TimeProvider.System
        );
        _running = _engine.RunAsync(_stop.Token);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _engine.Dispose();
        _client.Dispose();
        await _lab.DisposeAsync();
        _stop.Dispose();
    }

    [Theory]
    [InlineData(1, 1, false)]
    [InlineData(3, 2, false)]
    [InlineData(3, 0, true)]
    public async Task A_cluster_is_made_grown_shrunk_and_deleted(int controlPlanes, int workers, bool byName)
    {
        var domain = (await _client.Domains.ListAsync(Stop)).Single(domain => domain.IsDefault).Name;
        EndpointChoice endpoint = byName ? new EndpointChoice.MaasDns(DnsName.Parse(domain)) : new EndpointChoice.VirtualIp();
        var cluster = Cluster(controlPlanes, workers, endpoint);
        await WantAsync(cluster, status => status is { Phase: ClusterPhase.Running, Health: Health.Healthy });
        Assert.Equal(controlPlanes + workers, _statuses[cluster.Id].Machines.Count(machine => machine.NodeReady));
        Assert.All(_statuses[cluster.Id].Machines, machine => Assert.Equal("1.33.5", machine.KubernetesVersion));

        var issued = await _engine.IssueKubeconfigAsync(cluster.Id, "ada", TimeSpan.FromHours(1), Stop);
        Assert.Contains("client-certificate-data", issued!.Kubeconfig, StringComparison.Ordinal);

        var grown = cluster.WithWorkers(workers + 1);
        await WantAsync(
            grown,
            status =>
                status.ObservedGeneration == grown.Generation
                && status.Health is Health.Healthy
                && status.Machines.Count == controlPlanes + workers + 1
        );
        var shrunk = grown.WithWorkers(workers);
        await WantAsync(
            shrunk,
            status =>
                status.ObservedGeneration == shrunk.Generation
                && status.Health is Health.Healthy
                && status.Machines.Count == controlPlanes + workers
        );

        await WantAsync(shrunk.Deleted(TimeProvider.System.GetUtcNow()), status => status.Phase is ClusterPhase.Deleted);
        Assert.Empty(_statuses[cluster.Id].Residue);
        Assert.DoesNotContain(
            await _region.ListMachinesAsync(Stop),
            machine => machine.IsOurs && machine.Status is not MaasStatus.Broken
        );
        Assert.Empty(await _client.IpAddresses.ListAsync(Stop));
        Assert.Null(await _region.FindDnsAsync($"demo-api.{domain}", Stop));
    }

    [Fact]
    public async Task A_load_balancer_that_somebody_else_keeps_is_told_its_addresses_and_awaited()
    {
        await using var balancer = new Balancer();
        var port = balancer.EndPoint.Port;
        var cluster = Cluster(3, 0, new EndpointChoice.Given(HostAddress.Parse("127.0.0.1"), port));

        // Nobody has told its operator an address yet: kubeadm init fails, and its machine is not blamed.
        await WantAsync(cluster, IsCut);
        var first = _statuses[cluster.Id]
            .Machines.Single(machine => machine.Addresses.Contains(_statuses[cluster.Id].Backends!.Add[0]));
        await Eventually.HoldsAsync(async () => Assert.NotNull(await _region.FindNodeReportAsync(first.SystemId, Stop)));
        Assert.Contains(Assert.Single(_statuses[cluster.Id].Backends!.Add), Message(cluster), StringComparison.Ordinal);

        // The operator does what the status says.
        _eachStatus = status => balancer.Addresses = status.Backends?.Belong ?? [];
        await WantAsync(
            cluster,
            status =>
                status is { Phase: ClusterPhase.Running, Health: Health.Healthy, Backends: { Reached.Count: 3, Add.Count: 0 } }
        );
        Assert.Empty(await _engine.ListQuarantineAsync(Stop));

        // Only one is left behind it, and that one is to be replaced.
        _eachStatus = null;
        var last = _statuses[cluster.Id].Machines[0];
        balancer.Addresses = [last.Addresses[0]];
        await WantAsync(cluster, status => status.Backends?.Reached.Count is 1);
        var replaced = cluster with { Generation = cluster.Generation + 1, Replace = [last.SystemId] };
        await WantAsync(replaced, status => status.Machines.Count is 4 && IsCut(status));
        Assert.StartsWith($"{last.Hostname} leaves when 127.0.0.1:{port} reaches", Message(cluster), StringComparison.Ordinal);
        Assert.Equal("Ready", _statuses[cluster.Id].Machines.Single(machine => machine.SystemId == last.SystemId).State);

        _eachStatus = status => balancer.Addresses = status.Backends?.Belong ?? [];
        await WantAsync(
            replaced,
            status =>
                status.Health is Health.Healthy
                && status.Machines.Count is 3
                && status.Machines.All(machine => machine.SystemId != last.SystemId)
        );
        Assert.Empty(await _engine.ListQuarantineAsync(Stop));

        static bool IsCut(ClusterStatus status) => status.Conditions.Any(one => one.Reason is Reasons.EndpointUnreached);

        string Message(ClusterSpec one) =>
            _statuses[one.Id].Conditions.Single(condition => condition.Reason is Reasons.EndpointUnreached).Message;
    }

    [Fact]
    public async Task A_kubeadm_join_that_no_attempt_mends_ends_at_once_with_the_line_that_says_why()
    {
        const string Why = "kubeadm join: [ERROR DirAvailable--etc-kubernetes-manifests]: /etc/kubernetes/manifests is not empty";
        var cluster = Cluster(1, 1, new EndpointChoice.VirtualIp()) with
        {
            Nodes = new NodeEnvironment
            {
                PreKubeadmCommands =
                [
                    "if [ -e /var/lib/gantry/bootstrap/discovery.conf ]; then touch /etc/kubernetes/manifests/stray.yaml; fi",
                ],
            },
        };

        // The limit for a join is half an hour.
        await WantAsync(cluster, status => status.Conditions.Any(one => one.Reason is Reasons.InstallationFails));

        var condition = _statuses[cluster.Id].Conditions.Single(one => one.Reason is Reasons.InstallationFails);
        Assert.Contains(Why, condition.Message, StringComparison.Ordinal);
        var quarantined = await _engine.ListQuarantineAsync(Stop);
        Assert.Equal(3, quarantined.Count);
        Assert.All(
            quarantined,
            one =>
            {
                Assert.Equal($"ScriptFailed: the machine's own script failed; MAAS: {Why}", one.Reason);
                Assert.Contains(one.Evidence, line => line.Contains(Why, StringComparison.Ordinal));
            }
        );
    }

    private static ClusterSpec Cluster(int controlPlanes, int workers, EndpointChoice endpoint) =>
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

    private async Task WantAsync(ClusterSpec cluster, Func<ClusterStatus, bool> reached)
    {
        _desired[cluster.Id] = cluster;
        Interlocked.Increment(ref _version);
        _engine.Enqueue(cluster.Id);
        await Eventually.HoldsAsync(
            () =>
            {
                var status = _statuses.GetValueOrDefault(cluster.Id);
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
