using System.Text.Json.Nodes;
using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Server.Tests.Hosting;
using Microsoft.EntityFrameworkCore;

namespace Gantry.Server.Tests.Clusters;

/// <summary>The networks of a cluster: judged when they are asked for, kept once something exists.</summary>
public sealed class NetworkTests
{
    private const string Pack = "spec.profiles.kubernetes.values.pack";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(
        "pack: { podCIDR: 10.96.0.0/16 }",
        null,
        $"{Pack}.podCIDR",
        "overlaps serviceClusterIpRange 10.96.0.0/12; write "
    )]
    [InlineData("pack: { serviceClusterIpRange: 10.0.0.0/8 }", null, $"{Pack}.serviceClusterIpRange", "is too large")]
    [InlineData("pack: { serviceClusterIpRange: 'fd00::/112' }", null, $"{Pack}.serviceClusterIpRange", "of another family")]
    [InlineData("pack: { podCIDR: 100.64.0.0/24 }", null, $"{Pack}.podCIDR", "has a /24 for 1 node, and the pools ask for 4")]
    [InlineData("pack: {}", "vip:100.64.0.9", "spec.cloudConfig.endpoint", "lies in podCIDR 100.64.0.0/14; write ")]
    [InlineData("pack: {}", "10.96.0.1:6443", "spec.cloudConfig.endpoint", "lies in serviceClusterIpRange")]
    [InlineData("pack: { endpoint: 'vip:10.96.0.9' }", null, "spec.profiles.endpoint", "lies in serviceClusterIpRange")]
    public async Task A_request_with_networks_that_cannot_work_is_refused_with_field_value_and_remedy(
        string values,
        string? endpoint,
        string field,
        string message
    )
    {
        await using var world = await World.MakeAsync();
        var body = Body(world, values);
        body["spec"]!["cloudConfig"]!["endpoint"] = endpoint;

        var refused = await world.Console.PostAsync("/v1/spectroclusters/maas", body, 400);

        Assert.Equal([field], TestConsole.Fields(refused));
        Assert.Contains(message, TestConsole.Message(refused), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cluster_that_the_last_version_stored_keeps_its_network_and_its_machines_when_it_is_edited()
    {
        await using var world = await World.MakeAsync();
        var uid = await CreateAsync(world, "pack: { version: 1.33.4 }");
        var before = await StoreAsync(world, uid, "192.168.0.0/16");
        await world.Gateway.PollAsync();
        await world.Gateway.ReportAsync(
            world.Gateway.Status(uid, ClusterPhase.Running, Health.Healthy, FakeGateway.Machine("abc123", "worker-pool"))
        );

        await ResizeAsync(world, uid, 3);

        var after = await world.WantedAsync(uid);
        Assert.Equal("192.168.0.0/16", $"{after.Network.PodCidr}");
        Assert.Equal(before.Network, after.Network);
        Assert.Equal(before.Addons.Digest, after.Addons.Digest);
        Assert.Contains("192.168.0.0/16", after.Addons[0].Manifest, StringComparison.Ordinal);
        foreach (var (was, now) in before.Pools.Zip(after.Pools))
        {
            Assert.Equal(NodeBuild.Of(before, was, "template"), NodeBuild.Of(after, now, "template"));
        }
    }

    [Fact]
    public async Task A_running_cluster_does_not_outgrow_its_pod_network()
    {
        await using var world = await World.MakeAsync();
        var uid = await CreateAsync(world, "pack: { podCIDR: 100.64.0.0/22 }");
        await world.Gateway.ReportAsync(world.Gateway.Status(uid, ClusterPhase.Running, Health.Healthy));

        var refused = await ResizeAsync(world, uid, 2, 400);

        Assert.Equal(["spec.machinepoolconfig"], TestConsole.Fields(refused));
        Assert.Contains(
            "'100.64.0.0/22' has a /24 for 4 nodes, and the pools ask for 5 while they roll",
            TestConsole.Message(refused),
            StringComparison.Ordinal
        );
        Assert.Equal(1, (await world.WantedAsync(uid)).Generation);
    }

    [Theory]
    [InlineData("10.0.0.1:6443", true)]
    [InlineData("vip:10.0.0.9", false)]
    public async Task A_given_endpoint_alone_does_not_keep_a_cluster_of_which_nothing_exists(string endpoint, bool changes)
    {
        await using var world = await World.MakeAsync();
        var body = world.Body("demo");
        body["spec"]!["cloudConfig"]!["endpoint"] = endpoint;
        var uid = (await world.Console.PostAsync("/v1/spectroclusters/maas", body)).GetProperty("uid").GetString()!;
        await world.Gateway.ReportAsync(
            world.Gateway.Status(uid, ClusterPhase.Pending) with
            {
                KubernetesVersion = null,
                Endpoint = new ApiEndpoint("10.0.0.1", 6443),
            }
        );

        await world.Console.PatchAsync(
            $"/v1/spectroclusters/{uid}/profiles",
            Values(world, "pack: { podCIDR: 10.244.0.0/16 }"),
            changes ? 204 : 400
        );

        Assert.Equal(changes ? "10.244.0.0/16" : "100.64.0.0/14", $"{(await world.WantedAsync(uid)).Network.PodCidr}");
    }

    private static JsonObject Body(World world, string values)
    {
        var body = world.Body("demo");
        body["spec"]!["profiles"]![0]!["packValues"] = new JsonArray(
            new JsonObject { ["name"] = "kubernetes", ["values"] = values }
        );
        return body;
    }

    private static object Values(World world, string values) =>
        new { profiles = new[] { new { uid = world.Profile, packValues = new[] { new { name = "kubernetes", values } } } } };

    private static async Task<string> CreateAsync(World world, string values) =>
        (await world.Console.PostAsync("/v1/spectroclusters/maas", Body(world, values))).GetProperty("uid").GetString()!;

    // The network that the last version gave a cluster whose layers leave it out.
    private static async Task<ClusterSpec> StoreAsync(World world, string uid, string pods)
    {
        await using (var store = world.Console.OpenStore())
        {
            var row = await store.Clusters.SingleAsync(one => one.Uid == uid, Cancel);
            row.SpecJson = row.SpecJson.Replace("100.64.0.0/14", pods, StringComparison.Ordinal);
            await store.SaveChangesAsync(Cancel);
        }

        return await world.WantedAsync(uid);
    }

    private static Task<System.Text.Json.JsonElement> ResizeAsync(World world, string uid, int size, int expected = 200) =>
        world.Console.PatchAsync(
            $"/v1/spectroclusters/{uid}/machinePools/worker-pool",
            JsonNode.Parse($$"""{"size":{{size}}}""")!,
            expected
        );
}
