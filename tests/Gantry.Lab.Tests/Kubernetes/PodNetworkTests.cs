using System.Text.Json.Nodes;
using Gantry.Lab.Kubernetes;
using Gantry.Lab.Store;
using Microsoft.Extensions.Time.Testing;

namespace Gantry.Lab.Tests.Kubernetes;

public sealed class PodNetworkTests
{
    private readonly FakeTimeProvider _time = new(DateTimeOffset.Parse("2026-03-01T10:00:00Z"));
    private readonly MemoryLabStore _store = new();

    [Fact]
    public void Each_node_has_a_block_of_the_pod_network_and_its_pods_have_addresses_from_it()
    {
        using var cluster = LabCluster.Open("c1", "v1.32.4", _store, _time);
        cluster.Create(
            KubeResources.ConfigMaps,
            new JsonObject
            {
                ["metadata"] = new JsonObject { ["name"] = "kubeadm-config", ["namespace"] = "kube-system" },
                ["data"] = new JsonObject
                {
                    ["ClusterConfiguration"] = "kind: ClusterConfiguration\nnetworking:\n  podSubnet: fd00::/48, 172.20.0.0/22\n",
                },
            }
        );
        for (var i = 1; i <= 3; i++)
        {
            cluster.AddNode(new LabNode($"worker-{i}", $"10.0.0.{i}", "v1.32.4"));
        }

        Assert.Equal(["172.20.0.0/24", "172.20.1.0/24", "172.20.2.0/24"], Blocks(cluster));
        cluster.Create(KubeResources.Deployments, Samples.Deployment("web", replicas: 30));
        _time.Advance(TimeSpan.FromSeconds(5));
        var pods = cluster.List(KubeResources.Pods);
        Assert.Equal(30, pods.Select(pod => (string)pod["status"]!["podIP"]!).Distinct().Count());
        Assert.All(
            pods,
            pod =>
                Assert.StartsWith(
                    Block(cluster, (string)pod["spec"]!["nodeName"]!)[..^"0/24".Length],
                    (string)pod["status"]!["podIP"]!,
                    StringComparison.Ordinal
                )
        );

        cluster.RemoveNode("worker-2");
        cluster.AddNode(new LabNode("worker-4", "10.0.0.4", "v1.32.4"));
        cluster.AddNode(new LabNode("worker-5", "10.0.0.5", "v1.32.4"));
        Assert.Equal(("172.20.1.0/24", "172.20.3.0/24"), (Block(cluster, "worker-4"), Block(cluster, "worker-5")));
    }

    [Fact]
    public void A_node_of_a_cluster_without_a_pod_network_has_no_block()
    {
        using var cluster = LabCluster.Open("c1", "v1.32.4", _store, _time);
        cluster.AddNode(new LabNode("worker-1", "10.0.0.1", "v1.32.4"));
        Assert.Null(cluster.Get(KubeResources.Nodes, ns: null, "worker-1")["spec"]!["podCIDR"]);
    }

    private static IEnumerable<string> Blocks(LabCluster cluster) =>
        cluster
            .List(KubeResources.Nodes)
            .Select(node => Block(cluster, (string)node["metadata"]!["name"]!))
            .Order(StringComparer.Ordinal);

    private static string Block(LabCluster cluster, string node)
    {
        var spec = cluster.Get(KubeResources.Nodes, ns: null, node)["spec"]!;
        Assert.Equal((string)spec["podCIDR"]!, (string)Assert.Single(spec["podCIDRs"]!.AsArray())!);
        return (string)spec["podCIDR"]!;
    }
}
