using System.Text.Json.Nodes;
using Gantry.Clusters.Model;
using Gantry.Engine.Ports;
using Gantry.Engine.Tests.Support;
using Gantry.Engine.Workloads;
using Gantry.Kubeadm;
using Gantry.Lab.Kubernetes;
using Gantry.Testing;

namespace Gantry.Engine.Tests.Lab;

/// <summary>The workload port over TLS against the lab's emulated API server, with certificates of our own authority.</summary>
public sealed class KubernetesClusterTests : IAsyncLifetime
{
    private ServedCluster _served = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private LabCluster Cluster => _served.Cluster;

    private IWorkloadCluster Workload => _served.Workload;

    public async ValueTask InitializeAsync() => _served = await ServedCluster.StartAsync("127.3.9.1", Stop);

    public ValueTask DisposeAsync() => _served.DisposeAsync();

    [Fact]
    public async Task Nodes_are_listed_labelled_cordoned_and_deleted()
    {
        await Eventually.HoldsAsync(async () => Assert.All(await Workload.ListNodesAsync(Stop), node => Assert.True(node.Ready)));
        var metadata = new NodeMetadata(
            "maas:///az1/abc123",
            [new("node-role.kubernetes.io/worker", "")],
            [new("note", "x")],
            []
        );

        await Workload.LabelAsync("worker", metadata, Stop);
        await Workload.CordonAsync("worker", Stop);

        var worker = await WorkerAsync();
        Assert.Equal("maas:///az1/abc123", worker.ProviderId);
        Assert.Equal("", worker.Labels["node-role.kubernetes.io/worker"]);
        Assert.Equal("x", worker.Annotations["note"]);
        Assert.True(worker.Unschedulable);
        Assert.True(NodeMetadataCheck.IsMarkedAsLeaving(worker));
        Assert.Equal("v1.33.5", worker.KubeletVersion);

        await Workload.LabelAsync("worker", metadata with { Annotations = [] }, Stop);
        Assert.True(NodeMetadataCheck.IsMarkedAsLeaving(await WorkerAsync()));
        await Workload.UncordonAsync("worker", Stop);
        worker = await WorkerAsync();
        Assert.False(worker.Unschedulable);
        Assert.False(NodeMetadataCheck.IsMarkedAsLeaving(worker));

        await Workload.DeleteNodeAsync("worker", Stop);
        await Workload.DeleteNodeAsync("worker", Stop);
        Assert.Equal(["cp"], (await Workload.ListNodesAsync(Stop)).Select(node => node.Name));

        async Task<WorkloadNode> WorkerAsync() => (await Workload.ListNodesAsync(Stop)).Single(node => node.Name == "worker");
    }

    [Fact]
    public async Task Objects_that_are_missing_are_found_and_only_our_own_are_deleted()
    {
        await Workload.ApplyAsync("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ours, namespace: kube-system}\n", Stop);
        Cluster.Create(
            KubeResources.ConfigMaps,
            new JsonObject
            {
                ["metadata"] = new JsonObject { ["name"] = "theirs", ["namespace"] = "kube-system" },
                ["data"] = new JsonObject { ["made"] = "by hand" },
            },
            new WriteOptions("kubectl-create")
        );
        var unknown = new AddonObject("nobody.example/v1", "Widget", null, "w");
        AddonObject[] all = [Map("ours"), Map("theirs"), Map("gone"), unknown];

        Assert.Equal([Map("gone"), unknown], await Workload.ListMissingAsync(all, Stop));

        foreach (var old in all.Concat(all))
        {
            await Workload.DeleteAsync(old, Stop);
        }

        Assert.Null(Cluster.Find(KubeResources.ConfigMaps, "kube-system", "ours"));
        Assert.NotNull(Cluster.Find(KubeResources.ConfigMaps, "kube-system", "theirs"));

        static AddonObject Map(string name) => new("v1", "ConfigMap", "kube-system", name);
    }

    [Fact]
    public async Task A_node_whose_machine_has_no_network_plug_in_is_told_from_others_that_are_not_ready()
    {
        Cluster.AddNode(new LabNode("new", "127.3.9.9", "v1.33.5") { AwaitsNetwork = true });
        Cluster.SetNodeReports("worker", reports: false);

        var nodes = (await Workload.ListNodesAsync(Stop)).ToDictionary(node => node.Name);

        Assert.True(nodes["new"] is { Ready: false, AwaitsNetwork: true });
        Assert.True(nodes["worker"] is { Ready: false, AwaitsNetwork: false });
    }

    [Fact]
    public async Task A_manifest_is_applied_with_its_namespaces_and_definitions_first_and_applied_again_without_harm()
    {
        const string manifest = """
            apiVersion: lab.example/v1
            kind: Widget
            metadata: {name: one, namespace: shop}
            spec: {size: 3}
            ---
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: settings, namespace: shop}
            data: {mode: "0755"}
            ---
            apiVersion: apiextensions.k8s.io/v1
            kind: CustomResourceDefinition
            metadata: {name: widgets.lab.example}
            spec:
              group: lab.example
              scope: Namespaced
              names: {plural: widgets, singular: widget, kind: Widget, listKind: WidgetList}
              versions:
              - name: v1
                served: true
                storage: true
                schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
            ---
            apiVersion: v1
            kind: Namespace
            metadata: {name: shop}
            """;

        await Eventually.HoldsAsync(() => Workload.ApplyAsync(manifest, Stop));
        await Workload.ApplyAsync(manifest, Stop);

        var refusal = await Assert.ThrowsAsync<WorkloadException>(() =>
            Workload.ApplyAsync("{apiVersion: no.such/v1, kind: Thing, metadata: {name: x}}", Stop)
        );
        Assert.False(refusal.Unreachable);
        Assert.Contains("Thing x", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_drain_evicts_what_must_leave_and_names_what_stays()
    {
        await Eventually.HoldsAsync(() =>
            Workload.ApplyAsync(
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
                ---
                apiVersion: policy/v1
                kind: PodDisruptionBudget
                metadata: {name: web, namespace: default}
                spec: {minAvailable: 1, selector: {matchLabels: {app: web}}}
                """,
                Stop
            )
        );

        await Eventually.HoldsAsync(() =>
        {
            var budget = Cluster.Get(KubeResources.PodDisruptionBudgets, "default", "web");
            Assert.Equal(1, budget["status"]!["currentHealthy"]!.GetValue<int>());
            return Task.CompletedTask;
        });
        await Workload.CordonAsync("worker", Stop);

        await Eventually.HoldsAsync(async () =>
            Assert.Contains(
                "budget",
                Assert.Single(await Workload.DrainAsync("worker", force: false, Stop)),
                StringComparison.Ordinal
            )
        );
        await Workload.ApplyAsync(
            """
            apiVersion: policy/v1
            kind: PodDisruptionBudget
            metadata: {name: web, namespace: default}
            spec: {minAvailable: 0, selector: {matchLabels: {app: web}}}
            """,
            Stop
        );
        await Eventually.HoldsAsync(async () => Assert.Empty(await Workload.DrainAsync("worker", force: false, Stop)));
    }

    [Fact]
    public async Task A_token_is_admitted_renewed_and_ended()
    {
        const string Token = "abcdef.0123456789abcdef";
        var now = TimeProvider.System.GetUtcNow();

        await Workload.AdmitAsync(Token, now.AddMinutes(1), "test", Stop);
        await Workload.AdmitAsync(Token, now.AddMinutes(60), "test", Stop);
        Assert.NotNull(_served.Cluster.Find(KubeResources.Secrets, "kube-system", "bootstrap-token-abcdef"));

        await Workload.RevokeAsync(Token, Stop);
        await Workload.RevokeAsync(Token, Stop);
        Assert.Null(_served.Cluster.Find(KubeResources.Secrets, "kube-system", "bootstrap-token-abcdef"));
    }

    [Fact]
    public async Task A_cluster_without_kubeadms_configuration_is_not_initialized() =>
        Assert.False(await Workload.IsInitializedAsync(Stop));

    [Fact]
    public async Task A_name_that_no_dns_knows_is_reached_through_the_control_planes()
    {
        using var named = _served.Open("api.lab.example", "127.3.9.77", "127.3.9.1");

        Assert.Equal(2, (await named.ListNodesAsync(Stop)).Count);
    }

    [Fact]
    public async Task A_silent_or_foreign_api_server_is_unreachable_not_a_refusal()
    {
        using var nobody = new KubernetesWorkloads(new KubeadmDistribution()).Open(
            ServedCluster.Documents.Access(
                new ClusterId("id"),
                new ApiEndpoint("127.3.9.99", 9),
                [],
                _served.Pki,
                TimeProvider.System.GetUtcNow()
            )
        );
        Assert.True((await Assert.ThrowsAsync<WorkloadException>(() => nobody.ListNodesAsync(Stop))).Unreachable);

        var other = ServedCluster.Documents.CreatePki(Some.Cluster(), TimeProvider.System.GetUtcNow());
        using var foreign = new KubernetesWorkloads(new KubeadmDistribution()).Open(
            ServedCluster.Documents.Access(
                new ClusterId("id"),
                new ApiEndpoint("127.3.9.1", _served.Port),
                [],
                other,
                TimeProvider.System.GetUtcNow()
            )
        );
        Assert.True((await Assert.ThrowsAsync<WorkloadException>(() => foreign.ListNodesAsync(Stop))).Unreachable);
    }
}
