namespace Gantry.Scenarios;

/// <summary>The tour of the README, with only the command line and kubectl.</summary>
public sealed class CreateAndUseTests
{
    private const string Web = """
        apiVersion: apps/v1
        kind: Deployment
        metadata: { name: web, namespace: default }
        spec:
          replicas: 4
          selector: { matchLabels: { app: web } }
          template:
            metadata: { labels: { app: web } }
            spec: { containers: [ { name: web, image: nginx } ] }
        """;

    [Fact]
    public async Task A_cluster_of_three_control_planes_and_two_workers_is_created_used_scaled_and_deleted()
    {
        await using var gantry = await RunningGantry.StartAsync();

        await gantry.RunAsync("cluster", "create", "demo", "--control-plane", "3", "--workers", "2", "--wait", "--timeout", "5m");

        using var kubectl = await Kubectl.ForAsync(gantry, "demo");
        var nodes = (await kubectl.RunAsync("get", "nodes", "-o", "wide", "--no-headers")).TrimEnd().Split('\n');
        Assert.Equal(5, nodes.Length);
        Assert.All(nodes, node => Assert.Contains(" Ready ", node, StringComparison.Ordinal));
        Assert.Equal(3, nodes.Count(node => node.Contains("control-plane", StringComparison.Ordinal)));
        Assert.All(nodes, node => Assert.Matches(@"\bv1\.\d+\.\d+\b.*\b127\.\d+\.\d+\.\d+\b", node));

        // What is left is the token of kubeadm init, which ends a minute after it.
        var tokens = await kubectl.RunAsync([
            "get",
            "secrets",
            "-n",
            "kube-system",
            "--field-selector",
            "type=bootstrap.kubernetes.io/token",
            "-o",
            "name",
        ]);
        Assert.Single(tokens.TrimEnd().Split('\n'));
        await UseAsync(kubectl, nodes);

        await gantry.RunAsync("cluster", "scale", "demo", "--size", "3", "--wait", "--timeout", "5m");
        Assert.Equal(6, (await kubectl.RunAsync("get", "nodes", "--no-headers")).TrimEnd().Split('\n').Length);
        await gantry.RunAsync("cluster", "scale", "demo", "--size", "1", "--wait", "--timeout", "5m");
        Assert.Equal(4, (await kubectl.RunAsync("get", "nodes", "--no-headers")).TrimEnd().Split('\n').Length);

        await gantry.RunAsync("cluster", "delete", "demo", "--wait", "--timeout", "5m");
        Assert.Empty(await Leftovers.OfAsync(gantry));
        Assert.DoesNotContain(gantry.Credentials.MaasKey!.Split(':')[2], gantry.Log, StringComparison.Ordinal);
        Assert.Equal(0, await gantry.StopAsync());
    }

    private static async Task UseAsync(Kubectl kubectl, string[] nodes)
    {
        using var watch = kubectl.Start("get", "pods", "-w", "--no-headers");
        await kubectl.RunAsync(["apply", "-f", "-"], Web);
        await kubectl.RunAsync(["apply", "--server-side", "--force-conflicts", "-f", "-"], Web);
        await kubectl.RunAsync("rollout", "status", "deployment/web", "--timeout=60s");
        Assert.StartsWith(
            "web-",
            await watch.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken),
            StringComparison.Ordinal
        );
        watch.Kill();

        var worker = nodes.First(node => !node.Contains("control-plane", StringComparison.Ordinal)).Split(' ')[0];
        await kubectl.RunAsync("drain", worker, "--ignore-daemonsets", "--delete-emptydir-data", "--timeout=60s");
        var left = await kubectl.RunAsync("get", "pods", "-l", "app=web", "-o", "wide", "--no-headers");
        Assert.DoesNotContain(worker, left, StringComparison.Ordinal);
        await kubectl.RunAsync("uncordon", worker);
        Assert.Contains("ProviderID", await kubectl.RunAsync("describe", "node", worker), StringComparison.OrdinalIgnoreCase);
    }
}
