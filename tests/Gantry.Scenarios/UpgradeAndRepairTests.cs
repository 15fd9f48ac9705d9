using System.Text;
using System.Text.Json.Nodes;
using Gantry.Testing;
using k8s;
using k8s.Autorest;

namespace Gantry.Scenarios;

/// <summary>Upgrade, saved plans and repair of a running cluster.</summary>
public sealed class UpgradeAndRepairTests
{
    private const string Web = """
        apiVersion: apps/v1
        kind: Deployment
        metadata: { name: web, namespace: default }
        spec:
          replicas: 6
          selector: { matchLabels: { app: web } }
          template:
            metadata: { labels: { app: web } }
            spec: { containers: [ { name: web, image: nginx } ] }
        ---
        apiVersion: policy/v1
        kind: PodDisruptionBudget
        metadata: { name: web, namespace: default }
        spec: { maxUnavailable: 1, selector: { matchLabels: { app: web } } }
        """;

    [Fact]
    public async Task A_workload_with_a_disruption_budget_stays_available_while_its_cluster_is_upgraded()
    {
        await using var gantry = await RunningGantry.StartAsync("--lab-machines", "18");
        await gantry.RunAsync(
            "cluster",
            "create",
            "steady",
            "--control-plane",
            "3",
            "--workers",
            "5",
            "--wait",
            "--timeout",
            "5m"
        );
        using var kubectl = await Kubectl.ForAsync(gantry, "steady");
        await kubectl.RunAsync(["apply", "-f", "-"], Web);
        await kubectl.RunAsync("rollout", "status", "deployment/web", "--timeout=60s");

        var before = (string)
            JsonNode.Parse(await gantry.RunAsync("cluster", "get", "steady", "-o", "json"))!["status"]!["kubernetesVersion"]!;
        var plan = JsonNode.Parse(await gantry.RunAsync("plan", "upgrade", "steady", "--kubernetes", "1.36.5", "-o", "json"))!;
        Assert.Equal("1.36.4", before);
        Assert.Equal(
            8,
            plan["machines"]!.AsArray().Count(change => ((string)change!["symbol"]!).Contains('-', StringComparison.Ordinal))
        );

        using var watch = await Availability.WatchAsync(await gantry.RunAsync("cluster", "kubeconfig", "steady"));
        await gantry.RunAsync("apply", "--plan", (string)plan["hash"]!, "--wait", "--timeout", "10m");
        var seen = await watch.EndAsync();

        var nodes = (await kubectl.RunAsync("get", "nodes", "--no-headers")).TrimEnd().Split('\n');
        Assert.Equal(8, nodes.Length);
        Assert.All(nodes, node => Assert.Contains("v1.36.5", node, StringComparison.Ordinal));
        Assert.True(seen.Polls > 50, $"only {seen.Polls} polls");
        Assert.True(seen.FewestAvailable >= 5, $"only {seen.FewestAvailable} of 6 pods were available");
        Assert.True(seen.LongestOutage <= 5, $"{seen.LongestOutage} polls in a row found no API server");

        var history = await gantry.RunAsync("cluster", "history", "steady");
        Assert.Contains("1.36.4 → 1.36.5", history, StringComparison.Ordinal);
        Assert.Contains("UpgradeAddons", history, StringComparison.Ordinal);
        Assert.Contains("is as it should be", await gantry.RunAsync("explain", "cluster", "steady"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_plan_is_applied_as_it_was_shown_or_not_at_all()
    {
        await using var gantry = await RunningGantry.StartAsync();
        await gantry.RunAsync(
            "cluster",
            "create",
            "exact",
            "--control-plane",
            "1",
            "--workers",
            "1",
            "--wait",
            "--timeout",
            "5m"
        );
        var plan = JsonNode.Parse(await gantry.RunAsync("plan", "scale", "exact", "--size", "2", "-o", "json"))!;
        var machine = (string)plan["machines"]![0]!["hostname"]!;
        var id = (string)plan["steps"]!.AsArray().First(step => (string?)step!["hostname"] == machine)!["machine"]!;

        await gantry.MaasAsync($"machines/?op=allocate", ("system_id", id));
        var (code, _, error) = await gantry.CliAsync("apply", "--plan", (string)plan["hash"]!);
        Assert.NotEqual(0, code);
        Assert.Contains("gantry plan", error, StringComparison.Ordinal);

        var again = JsonNode.Parse(await gantry.RunAsync("plan", "scale", "exact", "--size", "2", "-o", "json"))!;
        Assert.NotEqual((string)plan["hash"]!, (string)again["hash"]!);
        await gantry.RunAsync("apply", "--plan", (string)again["hash"]!, "--wait", "--timeout", "5m");
        var cluster = JsonNode.Parse(await gantry.RunAsync("cluster", "get", "exact", "-o", "json"))!;
        Assert.Equal(3, cluster["status"]!["machines"]!.AsArray().Count);
        Assert.DoesNotContain(cluster["status"]!["machines"]!.AsArray(), member => (string)member!["systemId"]! == id);
    }

    [Fact]
    public async Task A_worker_that_powers_off_is_powered_on_and_one_that_hangs_is_power_cycled()
    {
        await using var gantry = await RunningGantry.StartAsync();
        await gantry.RunAsync(
            "cluster",
            "create",
            "tough",
            "--control-plane",
            "1",
            "--workers",
            "3",
            "--wait",
            "--timeout",
            "5m"
        );
        var worker = await WorkerAsync(gantry, "tough");

        await gantry.FaultAsync(worker, new JsonObject { ["dies"] = true });
        await UntilAsync(gantry, "tough", status => (string)status["health"]! == "UnHealthy");
        await UntilAsync(gantry, "tough", status => (string)status["health"]! == "Healthy");
        Assert.Equal(worker, await WorkerAsync(gantry, "tough"));

        await gantry.FaultAsync(worker, new JsonObject { ["hangs"] = true });
        await UntilAsync(gantry, "tough", status => (string)status["health"]! == "UnHealthy");
        await UntilAsync(gantry, "tough", status => (string)status["health"]! == "Healthy");
        var history = await gantry.RunAsync("cluster", "history", "tough");
        Assert.Contains("PowerOn", history, StringComparison.Ordinal);
        Assert.Contains("PowerCycle", history, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_dead_machine_with_a_dead_BMC_is_replaced_and_let_go_of_while_its_cluster_is_healthy()
    {
        await using var gantry = await RunningGantry.StartAsync();
        await gantry.RunAsync("cluster", "create", "calm", "--control-plane", "1", "--workers", "2", "--wait", "--timeout", "5m");
        var worker = await WorkerAsync(gantry, "calm");
        await gantry.FaultAsync(worker, new JsonObject { ["hangs"] = true, ["bmc"] = "error" });
        await UntilAsync(gantry, "calm", status => (string)status["health"]! == "UnHealthy");

        await gantry.RunAsync("cluster", "replace-machine", "calm", worker, "--wait", "--timeout", "5m");

        await UntilAsync(
            gantry,
            "calm",
            status =>
                (string)status["health"]! == "Healthy"
                && (string)status["phase"]! == "Running"
                && status["machines"]!.AsArray().Count(machine => machine!["releaseBlocked"] is not null) == 1
        );
        Assert.Contains("not released: ", await gantry.RunAsync("cluster", "get", "calm"), StringComparison.Ordinal);
        Assert.Contains("abandon-machine", (await gantry.CliAsync("explain", "cluster", "calm")).Out, StringComparison.Ordinal);
        await Eventually.HoldsAsync(
            async () =>
            {
                var history = await gantry.RunAsync("cluster", "history", "calm");
                Assert.Contains("MAAS was asked 3 times", history, StringComparison.Ordinal);
                Assert.DoesNotContain("MAAS was asked 2 times", history, StringComparison.Ordinal);
            },
            TimeSpan.FromMinutes(3)
        );

        await Eventually.HoldsAsync(
            async () =>
            {
                var (code, _, error) = await gantry.CliAsync("cluster", "abandon-machine", "calm", worker);
                Assert.True(code is 0, error);
            },
            TimeSpan.FromMinutes(1)
        );

        // The gateway's next report is without the machine.
        await UntilAsync(gantry, "calm", status => status["machines"]!.AsArray().Count is 3);
        Assert.Contains("is as it should be", await gantry.RunAsync("explain", "cluster", "calm"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_drain_ends_at_the_pools_limit_and_says_what_was_cut()
    {
        await using var gantry = await RunningGantry.StartAsync();
        await gantry.RunAsync([
            "cluster",
            "create",
            "brief",
            "--control-plane",
            "1",
            "--workers",
            "2",
            "--drain-timeout",
            "2h",
            "--wait",
        ]);
        using var kubectl = await Kubectl.ForAsync(gantry, "brief");
        var node = JsonNode.Parse(await gantry.RunAsync("cluster", "get", "brief", "-o", "json"))!["status"]!["machines"]!
            .AsArray()
            .Last(machine => (string)machine!["role"]! == "Worker")!;
        await kubectl.RunAsync(
            ["apply", "-f", "-"],
            $$"""
            apiVersion: v1
            kind: Pod
            metadata: { name: kept, namespace: default, finalizers: [example.com/keep] }
            spec: { nodeName: {{node["hostname"]}}, containers: [ { name: app, image: nginx } ] }
            """
        );
        await gantry.RunAsync("cluster", "update", "brief", "--drain-timeout", "5s", "--wait", "--timeout", "5m");

        await gantry.RunAsync("cluster", "replace-machine", "brief", (string)node["systemId"]!, "--wait", "--timeout", "5m");

        var history = await gantry.RunAsync("cluster", "history", "brief");
        Assert.Contains("DrainCut", history, StringComparison.Ordinal);
        Assert.Contains("default/kept is ending (finalizer example.com/keep)", history, StringComparison.Ordinal);
        Assert.Contains("drain timeout of the cluster → 5 s", history, StringComparison.Ordinal);
        await gantry.RunAsync("cluster", "drain-timeout", "brief", "15m");
        Assert.Contains(
            "drain timeout 7200 s → 900 s",
            await gantry.RunAsync("cluster", "history", "brief"),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task A_virtual_IP_that_somebody_releases_in_MAAS_is_reserved_again_by_an_idle_cluster()
    {
        await using var gantry = await RunningGantry.StartAsync();
        await gantry.RunAsync("cluster", "create", "kept", "--control-plane", "1", "--wait", "--timeout", "5m");
        var address = (string)
            JsonNode.Parse(await gantry.RunAsync("cluster", "get", "kept", "-o", "json"))!["status"]!["endpoint"]!["host"]!;

        await gantry.MaasAsync("ipaddresses/?op=release", ("ip", address));

        await Eventually.HoldsAsync(
            async () =>
            {
                var history = await gantry.RunAsync("cluster", "history", "kept");
                Assert.Contains($"MAAS does not keep {address}", history, StringComparison.Ordinal);
                Assert.Contains("MAAS keeps the virtual IP for nobody any more", history, StringComparison.Ordinal);
                Assert.Contains(
                    "is as it should be",
                    (await gantry.CliAsync("explain", "cluster", "kept")).Out,
                    StringComparison.Ordinal
                );
            },
            TimeSpan.FromMinutes(2)
        );

        // Only a reserved address can be released.
        await gantry.MaasAsync("ipaddresses/?op=release", ("ip", address));
    }

    private static async Task<string> WorkerAsync(RunningGantry gantry, string cluster) =>
        (string)
            JsonNode.Parse(await gantry.RunAsync("cluster", "get", cluster, "-o", "json"))!["status"]!["machines"]!
                .AsArray()
                .Last(machine => (string)machine!["role"]! == "Worker")!["systemId"]!;

    private static Task UntilAsync(RunningGantry gantry, string cluster, Func<JsonNode, bool> reached) =>
        Eventually.HoldsAsync(
            async () =>
            {
                var status = JsonNode.Parse(await gantry.RunAsync("cluster", "get", cluster, "-o", "json"))!["status"]!;
                Assert.True(reached(status), status.ToJsonString());
            },
            TimeSpan.FromMinutes(3)
        );

    /// <summary>Polls a workload and records the fewest available pods and the longest outage of the API server.</summary>
    private sealed class Availability : IDisposable
    {
        private readonly Kubernetes _client;
        private readonly CancellationTokenSource _ending = new();
        private readonly Task _polling;
        private int _outage;

        private Availability(Kubernetes client)
        {
            _client = client;
            _polling = PollAsync();
        }

        public int Polls { get; private set; }

        public int FewestAvailable { get; private set; } = int.MaxValue;

        public int LongestOutage { get; private set; }

        public static async Task<Availability> WatchAsync(string kubeconfig)
        {
            using var text = new MemoryStream(Encoding.UTF8.GetBytes(kubeconfig));
            var configuration = await KubernetesClientConfiguration.BuildConfigFromConfigFileAsync(text);
            configuration.HttpClientTimeout = TimeSpan.FromSeconds(2);
            return new Availability(new Kubernetes(configuration));
        }

        public async Task<Availability> EndAsync()
        {
            await _ending.CancelAsync();
            await _polling;
            return this;
        }

        public void Dispose()
        {
            _client.Dispose();
            _ending.Dispose();
        }

        private async Task PollAsync()
        {
            using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(200));
            while (!_ending.IsCancellationRequested)
            {
                try
                {
                    var web = await _client.AppsV1.ReadNamespacedDeploymentAsync(
                        "web",
                        "default",
                        cancellationToken: _ending.Token
                    );
                    FewestAvailable = Math.Min(FewestAvailable, web.Status.AvailableReplicas ?? 0);
                    _outage = 0;
                }
                catch (Exception silent)
                    when (silent is HttpRequestException or IOException or HttpOperationException or TaskCanceledException
                        && !_ending.IsCancellationRequested
                    )
                {
                    LongestOutage = Math.Max(LongestOutage, ++_outage);
                }
                catch (OperationCanceledException)
                {
                    return;
                }

                Polls++;
                await pace.WaitForNextTickAsync(CancellationToken.None);
            }
        }
    }
}
