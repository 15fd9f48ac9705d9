using System.Text.Json.Nodes;
using Gantry.Lab.Kubernetes;
using Gantry.Lab.Store;
using Microsoft.Extensions.Time.Testing;

namespace Gantry.Lab.Tests.Kubernetes;

public sealed class LabClusterTests
{
    private readonly FakeTimeProvider _time = new(DateTimeOffset.Parse("2026-03-01T10:00:00Z"));
    private readonly MemoryLabStore _store = new();

    [Fact]
    public void A_deployment_becomes_ready_when_its_pods_have_started()
    {
        using var cluster = Three();
        cluster.Create(KubeResources.Deployments, Samples.Deployment("web", replicas: 3));

        Assert.Equal(3, cluster.List(KubeResources.Pods).Count);
        Assert.Null(Web(cluster)["status"]!["readyReplicas"]);
        _time.Advance(TimeSpan.FromSeconds(2));

        Assert.Equal(3, (int)Web(cluster)["status"]!["readyReplicas"]!);
        Assert.Equal(
            ["worker-1", "worker-2", "worker-3"],
            cluster.List(KubeResources.Pods).Select(p => (string)p["spec"]!["nodeName"]!).Order()
        );
    }

    [Fact]
    public void All_objects_survive_reopening_the_store()
    {
        using (var first = Three())
        {
            first.Create(KubeResources.Deployments, Samples.Deployment("web", replicas: 2));
        }

        using var second = LabCluster.Open("c1", "v1.32.4", _store, _time);

        Assert.Equal(3, second.List(KubeResources.Nodes).Count);
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(2, (int)Web(second)["status"]!["readyReplicas"]!);
    }

    [Fact]
    public void Deleting_a_deployment_deletes_its_replica_sets_and_pods()
    {
        using var cluster = Three();
        cluster.Create(KubeResources.Deployments, Samples.Deployment("web", replicas: 2));
        _time.Advance(TimeSpan.FromSeconds(2));

        cluster.Delete(KubeResources.Deployments, "default", "web");
        _time.Advance(TimeSpan.FromSeconds(2));

        Assert.Empty(cluster.List(KubeResources.ReplicaSets));
        Assert.Empty(cluster.List(KubeResources.Pods));
    }

    [Fact]
    public void A_new_image_rolls_out_without_going_below_the_required_availability()
    {
        using var cluster = Three();
        cluster.Create(KubeResources.Deployments, Samples.Deployment("web", replicas: 4));
        _time.Advance(TimeSpan.FromSeconds(2));

        cluster.Change(
            KubeResources.Deployments,
            "default",
            "web",
            d => d["spec"]!["template"]!["spec"]!["containers"]![0]!["image"] = "web:2"
        );
        var least = int.MaxValue;
        for (var i = 0; i < 20; i++)
        {
            least = Math.Min(least, (int)Web(cluster)["status"]!["availableReplicas"]!);
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal(4, (int)Web(cluster)["status"]!["updatedReplicas"]!);
        Assert.Equal(4, cluster.List(KubeResources.Pods).Count);
        Assert.All(cluster.List(KubeResources.Pods), p => Assert.Equal("web:2", (string?)p["spec"]!["containers"]![0]!["image"]));
        Assert.True(least >= 3, $"only {least} of 4 were available");
    }

    [Fact]
    public void Pods_leave_a_dead_node_after_five_minutes_but_stay_terminating_until_the_node_is_deleted()
    {
        using var cluster = Three();
        cluster.Create(KubeResources.Deployments, Samples.Deployment("web", replicas: 3));
        _time.Advance(TimeSpan.FromSeconds(2));

        cluster.SetNodeReports("worker-2", reports: false);
        Assert.Equal(2, (int)Web(cluster)["status"]!["readyReplicas"]!);
        _time.Advance(TimeSpan.FromSeconds(301));
        _time.Advance(TimeSpan.FromSeconds(60));

        Assert.Equal(3, (int)Web(cluster)["status"]!["readyReplicas"]!);
        Assert.Single(cluster.List(KubeResources.Pods), p => (string?)p["spec"]!["nodeName"] == "worker-2");
        cluster.RemoveNode("worker-2");
        Assert.Equal(3, cluster.List(KubeResources.Pods).Count);
        Assert.Null(cluster.Find(KubeResources.Leases, "kube-node-lease", "worker-2"));
    }

    [Fact]
    public void A_write_of_an_old_version_is_a_conflict()
    {
        using var cluster = Three();
        var read = cluster.Get(KubeResources.Nodes, ns: null, "worker-1");
        cluster.SetNodeReports("worker-1", reports: false);

        var refusal = Assert.Throws<KubeException>(() => cluster.Update(KubeResources.Nodes, read));

        Assert.Equal((409, "Conflict"), (refusal.Code, refusal.Reason));
        Assert.Contains("the object has been modified", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_node_without_a_network_plug_in_is_not_ready_until_one_runs_on_it()
    {
        using var cluster = LabCluster.Open("c1", "v1.32.4", _store, _time);
        cluster.AddNode(new LabNode("n1", "10.0.0.1", "v1.32.4") { AwaitsNetwork = true });
        cluster.PutAddons("v1.32.4");
        _time.Advance(TimeSpan.FromSeconds(5));

        Assert.Contains("cni plugin not initialized", Ready(cluster, "n1"), StringComparison.Ordinal);
        Assert.All(Pods(cluster, "coredns"), p => Assert.Equal("Pending", (string?)p["status"]!["phase"]));
        Assert.All(Pods(cluster, "kube-proxy"), p => Assert.Equal("Running", (string?)p["status"]!["phase"]));

        cluster.Create(KubeResources.DaemonSets, Samples.NetworkPlugin());
        _time.Advance(TimeSpan.FromSeconds(5));
        _time.Advance(TimeSpan.FromSeconds(5));

        Assert.Contains("kubelet is posting ready status", Ready(cluster, "n1"), StringComparison.Ordinal);
        Assert.All(Pods(cluster, "coredns"), p => Assert.Equal("Running", (string?)p["status"]!["phase"]));
    }

    [Fact]
    public void A_deleted_mirror_pod_is_created_again_until_its_manifest_is_removed()
    {
        using var cluster = Three();
        cluster.PutControlPlanePods("worker-1", "v1.32.4");
        _time.Advance(TimeSpan.FromSeconds(2));
        var before = cluster.Get(KubeResources.Pods, "kube-system", "etcd-worker-1");

        cluster.Delete(KubeResources.Pods, "kube-system", "etcd-worker-1");
        var after = cluster.Get(KubeResources.Pods, "kube-system", "etcd-worker-1");
        Assert.NotEqual((string?)before["metadata"]!["uid"], (string?)after["metadata"]!["uid"]);

        cluster.RemoveStaticPod("worker-1", "etcd");
        Assert.Null(cluster.Find(KubeResources.Pods, "kube-system", "etcd-worker-1"));
    }

    [Fact]
    public void A_stateful_set_starts_its_pods_in_order_and_removes_them_in_reverse_order()
    {
        using var cluster = Three();
        var set = Samples.Deployment("db", replicas: 3);
        set["spec"]!.AsObject()["serviceName"] = "db";
        cluster.Create(KubeResources.StatefulSets, set);
        Assert.Equal(["db-0"], cluster.List(KubeResources.Pods).Select(Name));

        for (var i = 0; i < 5; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(2));
        }

        Assert.Equal(["db-0", "db-1", "db-2"], cluster.List(KubeResources.Pods).Select(Name));
        cluster.Change(KubeResources.StatefulSets, "default", "db", s => s["spec"]!["replicas"] = 1);
        for (var i = 0; i < 5; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(2));
        }

        Assert.Equal(["db-0"], cluster.List(KubeResources.Pods).Select(Name));
    }

    [Fact]
    public void A_refused_change_changes_nothing()
    {
        using var cluster = Three();
        var before = cluster.ResourceVersion;

        Assert.Throws<InvalidOperationException>(() =>
            cluster.Change(
                KubeResources.Nodes,
                ns: null,
                "worker-1",
                _ =>
                {
                    cluster.RemoveNode("worker-2");
                    throw new InvalidOperationException("no");
                }
            )
        );

        Assert.Equal(3, cluster.List(KubeResources.Nodes).Count);
        Assert.Equal(before, cluster.ResourceVersion);
    }

    [Fact]
    public async Task Writers_inside_and_outside_a_transaction_of_the_store_do_not_block_each_other()
    {
        using var cluster = Three();
        var rounds = Enumerable.Range(0, 50);

        void Inside(int i) =>
            _store.Together(() =>
            {
                _store.Put("region", "machine", [(byte)i]);
                cluster.SetNodeReports("worker-1", reports: i % 2 == 0);
            });

        void Outside(int i) => cluster.SetNodeReports("worker-2", reports: i % 2 == 0);

        var both = Task.WhenAll(
            Task.Run(() => rounds.ToList().ForEach(Inside), TestContext.Current.CancellationToken),
            Task.Run(() => rounds.ToList().ForEach(Outside), TestContext.Current.CancellationToken)
        );
        await both.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);

        Assert.Equal(3, cluster.List(KubeResources.Nodes).Count);
    }

    [Fact]
    public void A_deleted_object_stays_until_its_finalizer_is_removed()
    {
        using var cluster = Three();
        cluster.Create(
            KubeResources.ConfigMaps,
            new JsonObject
            {
                ["metadata"] = new JsonObject
                {
                    ["name"] = "c",
                    ["namespace"] = "default",
                    ["finalizers"] = new JsonArray("example.com/hold"),
                },
            }
        );

        Assert.NotNull(cluster.Delete(KubeResources.ConfigMaps, "default", "c"));
        Assert.NotNull(cluster.Get(KubeResources.ConfigMaps, "default", "c")["metadata"]!["deletionTimestamp"]);
        cluster.Change(KubeResources.ConfigMaps, "default", "c", c => c["metadata"]!.AsObject().Remove("finalizers"));

        Assert.Null(cluster.Find(KubeResources.ConfigMaps, "default", "c"));
    }

    [Fact]
    public void An_orphaning_deletion_keeps_the_owned_objects()
    {
        using var cluster = Three();
        cluster.Create(KubeResources.Deployments, Samples.Deployment("web", replicas: 2));

        cluster.Delete(KubeResources.Deployments, "default", "web", new DeleteOptions(Propagation: Propagation.Orphan));

        Assert.Null(cluster.Find(KubeResources.Deployments, "default", "web"));
        Assert.Null(Assert.Single(cluster.List(KubeResources.ReplicaSets))["metadata"]!["ownerReferences"]);
        Assert.Equal(2, cluster.List(KubeResources.Pods).Count);
    }

    [Fact]
    public void An_idle_cluster_changes_nothing()
    {
        using var cluster = Three();
        cluster.PutAddons("v1.32.4");
        _time.Advance(TimeSpan.FromSeconds(5));
        var settled = cluster.ResourceVersion;

        _time.Advance(TimeSpan.FromDays(2));

        Assert.Equal(settled, cluster.ResourceVersion);
    }

    [Fact]
    public void Equal_histories_give_equal_objects()
    {
        string Run()
        {
            using var cluster = LabCluster.Open("c1", "v1.32.4", new MemoryLabStore(), _time);
            cluster.AddNode(new LabNode("n1", "10.0.0.1", "v1.32.4"));
            cluster.Create(KubeResources.Deployments, Samples.Deployment("web", replicas: 2));
            return string.Join('\n', cluster.List(KubeResources.Pods).Select(p => p.ToJsonString()));
        }

        Assert.Equal(Run(), Run());
    }

    [Fact]
    public void A_page_of_a_list_continues_where_the_previous_one_ended()
    {
        using var cluster = Three();

        var first = cluster.List(KubeResources.Nodes, new ListOptions(Limit: 2));
        var second = cluster.List(KubeResources.Nodes, new ListOptions(Limit: 2, Continue: first.Continue));

        Assert.Equal(1, first.Remaining);
        Assert.Equal(["worker-1", "worker-2", "worker-3"], first.Read().Concat(second.Read()).Select(Name));
        Assert.Null(second.Continue);
    }

    private static string Name(JsonObject o) => (string)o["metadata"]!["name"]!;

    private static string Ready(LabCluster cluster, string node) =>
        cluster.Get(KubeResources.Nodes, ns: null, node)["status"]!["conditions"]!
            .AsArray()
            .Single(c => (string?)c!["type"] == "Ready")!["message"]!.GetValue<string>();

    private static IEnumerable<JsonObject> Pods(LabCluster cluster, string prefix) =>
        cluster.List(KubeResources.Pods).Where(p => Name(p).StartsWith(prefix, StringComparison.Ordinal));

    private static JsonObject Web(LabCluster cluster) => cluster.Get(KubeResources.Deployments, "default", "web");

    private LabCluster Three()
    {
        var cluster = LabCluster.Open("c1", "v1.32.4", _store, _time);
        for (var i = 1; i <= 3; i++)
        {
            cluster.AddNode(new LabNode($"worker-{i}", $"10.0.0.{i}", "v1.32.4"));
        }

        return cluster;
    }
}
