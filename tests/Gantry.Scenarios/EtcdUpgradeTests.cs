using System.Net;
using System.Text.Json.Nodes;

namespace Gantry.Scenarios;

/// <summary>
/// Every minor version of Kubernetes that is supported, with the versions of etcd that kubeadm's patches install: etcd 3.7, which
/// 1.37 brings, may not meet the members of 1.36.
/// </summary>
public sealed class EtcdUpgradeTests
{
    [Fact]
    public async Task A_cluster_of_three_control_planes_goes_from_1_34_to_1_37_and_gets_another_patch_of_etcd_on_its_way()
    {
        await using var gantry = await RunningGantry.StartAsync("--lab-machines", "8");
        await PublishAsync(gantry, "1.34.1");
        await gantry.RunAsync("cluster", "create", "path", "--control-plane", "3", "--workers", "0", "--wait", "--timeout", "5m");
        using var kubectl = await Kubectl.ForAsync(gantry, "path");
        await AssertRunsAsync(kubectl, "v1.34.1", "3.6.4-0");

        await UpgradeAsync(gantry, "1.35.8");
        await AssertRunsAsync(kubectl, "v1.35.8", "3.6.6-0");

        await UpgradeAsync(gantry, "1.36.5");
        await AssertRunsAsync(kubectl, "v1.36.5", "3.6.8-0");

        var plan = JsonNode.Parse(await gantry.RunAsync("plan", "upgrade", "path", "--kubernetes", "1.37.1", "-o", "json"))!;
        Assert.Equal(6, plan["steps"]!.AsArray().Count(step => (string)step!["action"]! is "RemoveEtcdMember"));
        Assert.Contains(
            plan["warnings"]!.AsArray(),
            warning => ((string)warning!).Contains("registry.k8s.io/etcd:3.6.11-0", StringComparison.Ordinal)
        );
        await gantry.RunAsync("apply", "--plan", (string)plan["hash"]!, "--wait", "--timeout", "10m");
        await AssertRunsAsync(kubectl, "v1.37.1", "3.7.0-0");

        var history = await gantry.RunAsync("cluster", "history", "path");
        Assert.Contains("etcd 3.6.11-0 before Kubernetes 1.37.1", history, StringComparison.Ordinal);
        Assert.DoesNotContain(
            "imageTag",
            await kubectl.RunAsync("get", "configmap", "kubeadm-config", "-n", "kube-system", "-o", "yaml"),
            StringComparison.Ordinal
        );
    }

    private static async Task PublishAsync(RunningGantry gantry, string version)
    {
        using var api = new ApiClient(gantry);
        var profiles = await api.ExpectAsync(HttpStatusCode.OK, HttpMethod.Get, "/v1/dashboard/clusterprofiles/metadata");
        var uid = (string)profiles!["items"]![0]!["metadata"]!["uid"]!;
        await api.ExpectAsync(
            HttpStatusCode.OK,
            HttpMethod.Patch,
            $"/v1/clusterprofiles/{uid}/packs/kubernetes",
            new JsonObject { ["tag"] = version }
        );
        await api.ExpectAsync(HttpStatusCode.NoContent, HttpMethod.Patch, $"/v1/clusterprofiles/{uid}/publish");
    }

    private static async Task UpgradeAsync(RunningGantry gantry, string version) =>
        await gantry.RunAsync("cluster", "upgrade", "path", "--kubernetes", version, "--wait", "--timeout", "10m");

    private static async Task AssertRunsAsync(Kubectl kubectl, string version, string etcd)
    {
        var nodes = (await kubectl.RunAsync("get", "nodes", "--no-headers")).TrimEnd().Split('\n');
        Assert.Equal(3, nodes.Length);
        Assert.All(nodes, node => Assert.Contains(version, node, StringComparison.Ordinal));
        var images = await kubectl.RunAsync(
            "get",
            "pods",
            "-n",
            "kube-system",
            "-l",
            "component=etcd",
            "-o",
            "jsonpath={.items[*].spec.containers[*].image}"
        );
        Assert.Equal(string.Join(' ', Enumerable.Repeat($"registry.k8s.io/etcd:{etcd}", 3)), images.Trim());
    }
}
