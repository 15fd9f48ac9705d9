using System.Net;
using System.Text.Json.Nodes;
using Gantry.Testing;

namespace Gantry.Scenarios;

/// <summary>A MAAS that has only the images that it imports: machines install Kubernetes from packages.</summary>
public sealed class StockImageTests
{
    [Fact]
    public async Task A_cluster_of_three_and_two_runs_from_stock_images_and_is_upgraded()
    {
        await using var gantry = await RunningGantry.StartSeparatelyAsync("--stock-images", "--speed", "300");

        var plan = await gantry.RunAsync("plan", "create", "demo", "--control-plane", "3", "--workers", "2");

        Assert.True(plan.Contains("ubuntu/noble with packages of Kubernetes 1.36.4", StringComparison.Ordinal), plan);
        Assert.Contains("MAAS had no image custom/ubuntu-24.04-k8s-1.36.4", plan, StringComparison.Ordinal);
        Assert.Contains("https://pkgs.k8s.io/core:/stable:/v1.36/deb/", plan, StringComparison.Ordinal);

        await gantry.RunAsync("cluster", "create", "demo", "--control-plane", "3", "--workers", "2", "--wait", "--timeout", "5m");
        await gantry.RunAsync("cluster", "upgrade", "demo", "--kubernetes", "1.36.5", "--wait", "--timeout", "10m");

        using var kubectl = await Kubectl.ForAsync(gantry, "demo");
        var nodes = (await kubectl.RunAsync("get", "nodes", "--no-headers")).TrimEnd().Split('\n');
        Assert.Equal(5, nodes.Length);
        Assert.All(nodes, node => Assert.Contains("v1.36.5", node, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_mirror_that_lacks_the_version_is_named_by_explain()
    {
        await using var gantry = await RunningGantry.StartSeparatelyAsync("--stock-images", "--speed", "300");
        using var api = new ApiClient(gantry);
        var profiles = await api.ExpectAsync(HttpStatusCode.OK, HttpMethod.Get, "/v1/dashboard/clusterprofiles/metadata");
        var uid = (string)profiles!["items"]![0]!["metadata"]!["uid"]!;
        await api.ExpectAsync(
            HttpStatusCode.OK,
            HttpMethod.Patch,
            $"/v1/clusterprofiles/{uid}/packs/ubuntu-maas",
            new JsonObject
            {
                ["set"] = new JsonObject { ["packages.repository"] = "https://mirror.lab/kubernetes/v{minor}/deb/" },
            }
        );
        await api.ExpectAsync(HttpStatusCode.NoContent, HttpMethod.Patch, $"/v1/clusterprofiles/{uid}/publish");
        await gantry.RunAsync("cluster", "create", "demo", "--control-plane", "1", "--workers", "0");

        await Eventually.HoldsAsync(
            async () =>
            {
                var (_, explained, _) = await gantry.CliAsync("explain", "cluster", "demo");
                Assert.Contains("E: Version '1.36.4-*' for 'kubelet' was not found", explained, StringComparison.Ordinal);
            },
            TimeSpan.FromMinutes(2)
        );
    }
}
