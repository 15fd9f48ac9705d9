using Gantry.Lab.Kubernetes;
using Gantry.Testing;

namespace Gantry.Engine.Tests.Lab;

public sealed class NodeDrainTests : IAsyncLifetime
{
    private ServedCluster _served = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _served = await ServedCluster.StartAsync("127.3.9.3", Stop);
        await Eventually.HoldsAsync(() =>
            _served.Workload.ApplyAsync(
                """
                apiVersion: apps/v1
                kind: Deployment
                metadata: {name: web, namespace: default}
                spec:
                  replicas: 1
                  selector: {matchLabels: {app: web}}
                  template:
                    metadata: {labels: {app: web}}
                    spec: {containers: [{name: web, image: web}]}
                """,
                Stop
            )
        );
        await RunsAsync("web");
        await _served.Workload.CordonAsync("worker", Stop);
    }

    public ValueTask DisposeAsync() => _served.DisposeAsync();

    [Fact]
    public async Task The_disruption_budget_that_blocks_is_named_and_force_does_not_ask_it()
    {
        await _served.Workload.ApplyAsync(Budget("web-stays"), Stop);
        await BudgetCountsAsync("web-stays");

        var left = Assert.Single(await _served.Workload.DrainAsync("worker", force: false, Stop));
        Assert.StartsWith("default/web-", left, StringComparison.Ordinal);
        Assert.EndsWith("its disruption budget web-stays needs 1 healthy pod and has 1", left, StringComparison.Ordinal);

        Assert.EndsWith(
            "is ending",
            Assert.Single(await _served.Workload.DrainAsync("worker", force: true, Stop)),
            StringComparison.Ordinal
        );
        await Eventually.HoldsAsync(async () => Assert.Empty(await _served.Workload.DrainAsync("worker", force: false, Stop)));
    }

    [Fact]
    public async Task Two_budgets_over_one_pod_are_both_named()
    {
        await _served.Workload.ApplyAsync(Budget("one") + "---\n" + Budget("two"), Stop);
        await BudgetCountsAsync("one");
        await BudgetCountsAsync("two");

        Assert.Contains(
            "(one, two)",
            Assert.Single(await _served.Workload.DrainAsync("worker", force: false, Stop)),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task Pods_of_a_silent_kubelet_count_as_gone_once_they_were_told_to_end()
    {
        _served.Cluster.SetNodeReports("worker", reports: false);

        Assert.EndsWith(
            "is ending",
            Assert.Single(await _served.Workload.DrainAsync("worker", force: false, Stop)),
            StringComparison.Ordinal
        );
        Assert.Empty(await _served.Workload.DrainAsync("worker", force: false, Stop));

        var pod = Pod("web");
        Assert.Equal(1, pod["metadata"]!["deletionGracePeriodSeconds"]!.GetValue<int>());
    }

    [Fact]
    public async Task Daemons_static_pods_and_those_that_name_the_taint_of_a_cordon_stay()
    {
        await _served.Workload.ApplyAsync(
            """
            apiVersion: apps/v1
            kind: DaemonSet
            metadata: {name: agent, namespace: default}
            spec:
              selector: {matchLabels: {app: agent}}
              template:
                metadata: {labels: {app: agent}}
                spec: {tolerations: [{operator: Exists}], containers: [{name: agent, image: agent}]}
            ---
            apiVersion: v1
            kind: Pod
            metadata: {name: keeper, namespace: default, labels: {app: keeper}}
            spec:
              nodeName: worker
              tolerations: [{key: node.kubernetes.io/unschedulable, operator: Exists, effect: NoSchedule}]
              containers: [{name: keeper, image: keeper}]
            ---
            apiVersion: v1
            kind: Pod
            metadata: {name: anywhere, namespace: default, labels: {app: anywhere}}
            spec:
              nodeName: worker
              tolerations: [{operator: Exists}]
              containers: [{name: anywhere, image: anywhere}]
            """,
            Stop
        );
        _served.Cluster.PutStaticPod(
            "worker",
            System
                .Text.Json.Nodes.JsonNode.Parse(
                    """
                    {"apiVersion":"v1","kind":"Pod","metadata":{"name":"static"},
                      "spec":{"containers":[{"name":"static","image":"static"}]}}
                    """
                )!
                .AsObject()
        );
        await RunsAsync("agent");

        Assert.Equal(
            ["default/anywhere", "default/web"],
            (await _served.Workload.DrainAsync("worker", force: false, Stop))
                .Select(left => left.Split(' ')[0].Split('-')[0])
                .Order()
        );
    }

    [Theory]
    [InlineData(403)]
    [InlineData(404)]
    [InlineData(422)]
    [InlineData(500)]
    public async Task A_refused_eviction_is_named_and_does_not_stop_the_others(int status)
    {
        await _served.Workload.ApplyAsync(Pod("a-first", $"lab.gantry/eviction-answers: '{status}'"), Stop);

        var left = await _served.Workload.DrainAsync("worker", force: false, Stop);

        Assert.Equal(2, left.Count);
        var first = Assert.Single(left, one => one.StartsWith("default/a-first", StringComparison.Ordinal));
        Assert.Contains(status is 404 ? "is ending" : "denied the request", first, StringComparison.Ordinal);
        Assert.EndsWith(
            " is ending",
            Assert.Single(left, one => one.StartsWith("default/web-", StringComparison.Ordinal)),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task Force_shortens_an_hour_of_grace_and_names_the_finalizer_that_keeps_a_pod()
    {
        await using var slow = await ServedCluster.StartAsync("127.3.9.31", Stop, podStop: TimeSpan.FromHours(2));
        await Eventually.HoldsAsync(() =>
            slow.Workload.ApplyAsync(
                Pod("slow", "a/b: c", "terminationGracePeriodSeconds: 3600", "example.com/keep")
                    .Replace("nodeName: worker", "priority: 0"),
                Stop
            )
        );
        await Eventually.HoldsAsync(() =>
        {
            Assert.Equal("Running", Found()["status"]!["phase"]!.ToString());
            return Task.CompletedTask;
        });
        await slow.Workload.DrainAsync("worker", force: false, Stop);
        Assert.Equal(3600, Found()["metadata"]!["deletionGracePeriodSeconds"]!.GetValue<int>());

        var left = await slow.Workload.DrainAsync("worker", force: true, Stop);

        Assert.Equal(30, Found()["metadata"]!["deletionGracePeriodSeconds"]!.GetValue<int>());
        Assert.Equal(["default/slow is ending (finalizer example.com/keep)"], left);

        System.Text.Json.Nodes.JsonObject Found() => slow.Cluster.Get(KubeResources.Pods, "default", "slow");
    }

    [Fact]
    public async Task A_drain_of_a_missing_node_ends_at_once() =>
        Assert.Empty(await _served.Workload.DrainAsync("nobody", force: false, Stop));

    // A pod that is bound by its own nodeName stays Pending in the lab.
    private static string Pod(string name, string annotation, string spec = "restartPolicy: Always", string finalizer = "") =>
        $"""
            apiVersion: v1
            kind: Pod
            metadata:
              name: {name}
              namespace: default
              annotations:
                {annotation}
              finalizers: [{finalizer}]
            spec:
              {spec}
              nodeName: worker
              containers:
              - name: app
                image: app

            """;

    private static string Budget(string name) =>
        $"""
            apiVersion: policy/v1
            kind: PodDisruptionBudget
            metadata:
              name: {name}
              namespace: default
            spec:
              minAvailable: 1
              selector:
                matchLabels:
                  app: web

            """;

    private System.Text.Json.Nodes.JsonObject Pod(string app) =>
        _served
            .Cluster.List(KubeResources.Pods)
            .First(pod =>
                pod["metadata"]!["labels"]?["app"]?.ToString() == app && pod["spec"]!["nodeName"]?.ToString() == "worker"
            );

    private Task RunsAsync(string app) =>
        Eventually.HoldsAsync(() =>
        {
            Assert.Equal("Running", Pod(app)["status"]!["phase"]!.ToString());
            return Task.CompletedTask;
        });

    private Task BudgetCountsAsync(string name) =>
        Eventually.HoldsAsync(() =>
        {
            Assert.Equal(
                1,
                _served.Cluster.Get(KubeResources.PodDisruptionBudgets, "default", name)["status"]![
                    "currentHealthy"
                ]!.GetValue<int>()
            );
            return Task.CompletedTask;
        });
}
