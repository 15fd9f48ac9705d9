using System.Text.Json.Nodes;
using Gantry.Lab.Kubernetes;
using Gantry.Lab.Store;
using Microsoft.Extensions.Time.Testing;

namespace Gantry.Lab.Tests.Kubernetes;

public sealed class LabClusterTests
{
    private readonly FakeTimeProvider time = new(DateTimeOffset.Parse("2026-03-01T10:00:00Z"));
    private readonly MemoryLabStore store = new();

    [Fact]
    public void A_deployment_becomes_ready_when_its_pods_have_started()
    {
        using var cluster = Three();
        cluster.Create(KubeResources.Deployments, Samples.Deployment("web", replicas: 3));

        Assert.Equal(3, cluster.List(KubeResources.Pods).Count);
        Assert.Null(Web(cluster)["status"]!["readyReplicas"]);
        time.Advance(TimeSpan.FromSeconds(2));

        Assert.Equal(3, (int)Web(cluster)["status"]!["readyReplicas"]!);
        Assert.Equal(["worker-1", "worker-2", "worker-3"],
            cluster.List(KubeResources.Pods).Select(p => (string)p["spec"]!["nodeName"]!).Order());
    }

    [Fact]
    public void Everything_is_there_again_after_the_store_is_opened_anew()
    {
        using (var first = Three())
        {
            first.Create(KubeResources.Deployments, Samples.Deployment("web", replicas: 2));
        }

        using var second = LabCluster.Open("c1", "v1.32.4", store, time);

        Assert.Equal(3, second.List(KubeResources.Nodes).Count);
        time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(2, (int)Web(second)["status"]!["readyReplicas"]!);
    }

    [Fact]
    public void A_deleted_deployment_takes_its_replica_sets_and_pods_with_it()
    {
        using var cluster = Three();
        cluster.Create(KubeResources.Deployments, Samples.Deployment("web", replicas: 2));
        time.Advance(TimeSpan.FromSeconds(2));

        cluster.Delete(KubeResources.Deployments, "default", "web");
        time.Advance(TimeSpan.FromSeconds(2));

        Assert.Empty(cluster.List(KubeResources.ReplicaSets));
        Assert.Empty(cluster.List(KubeResources.Pods));
    }

    [Fact]
    public void A_new_image_rolls_without_going_below_what_must_be_available()
    {
        using var cluster = Three();
        cluster.Create(KubeResources.Deployments, Samples.Deployment("web", replicas: 4));
        time.Advance(TimeSpan.FromSeconds(2));

        cluster.Change(KubeResources.Deployments, "default", "web",
            d => d["spec"]!["template"]!["spec"]!["containers"]![0]!["image"] = "web:2");
        var least = int.MaxValue;
        for (var i = 0; i < 20; i++)
        {
            least = Math.Min(least, (int)Web(cluster)["status"]!["availableReplicas"]!);
            time.Advance(TimeSpan.FromSeconds(1));
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
        time.Advance(TimeSpan.FromSeconds(2));

        cluster.SetNodeReady("worker-2", ready: false);
        Assert.Equal(2, (int)Web(cluster)["status"]!["readyReplicas"]!);
        time.Advance(TimeSpan.FromSeconds(301));
        time.Advance(TimeSpan.FromSeconds(60));

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
        cluster.SetNodeReady("worker-1", ready: false);

        var refusal = Assert.Throws<KubeException>(() => cluster.Update(KubeResources.Nodes, read));

        Assert.Equal((409, "Conflict"), (refusal.Code, refusal.Reason));
        Assert.Contains("the object has been modified", refusal.Message, StringComparison.Ordinal);
    }

    private static JsonObject Web(LabCluster cluster) => cluster.Get(KubeResources.Deployments, "default", "web");

    private LabCluster Three()
    {
        var cluster = LabCluster.Open("c1", "v1.32.4", store, time);
        for (var i = 1; i <= 3; i++)
        {
            cluster.AddNode(new LabNode($"worker-{i}", $"10.0.0.{i}", "v1.32.4"));
        }

        return cluster;
    }
}
