using System.Text.Json.Nodes;
using Gantry.Server.Tests.Hosting;
using Microsoft.EntityFrameworkCore;

namespace Gantry.Server.Tests.Store;

/// <summary>Clusters that an earlier version stored with values that are refused today.</summary>
public sealed class StoredClusterTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_cluster_with_a_value_that_is_refused_today_is_shown_and_sent_and_asks_for_the_value_when_it_is_edited()
    {
        await using var world = await World.MakeAsync();
        var uid = await world.CreateClusterAsync("demo");
        await using (var store = world.Console.OpenStore())
        {
            var row = await store.Clusters.SingleAsync(one => one.Uid == uid, Cancel);
            var pool = new JsonObject { ["My Note"] = "any text" };
            var spec = JsonNode.Parse(row.SpecJson)!;
            spec["pools"]![1]!["annotations"] = pool.DeepClone();
            var wire = JsonNode.Parse(row.WireJson)!;
            wire["machinepoolconfig"]![1]!["poolConfig"]!["additionalAnnotations"] = pool.DeepClone();
            (row.SpecJson, row.WireJson) = (spec.ToJsonString(), wire.ToJsonString());
            await store.SaveChangesAsync(Cancel);
        }

        Assert.Equal("Pending", await world.StateAsync(uid));
        Assert.Equal("My Note", Assert.Single((await world.WantedAsync(uid)).Workers.Single().Annotations).Key.Value);
        var refused = await world.Console.PatchAsync(
            $"/v1/spectroclusters/{uid}/machinePools/worker-pool",
            JsonNode.Parse("""{"size":2}""")!,
            400
        );
        Assert.Contains("My Note", $"{refused}", StringComparison.Ordinal);
        await world.Console.PatchAsync(
            $"/v1/spectroclusters/{uid}/machinePools/worker-pool",
            JsonNode.Parse("""{"size":2,"additionalAnnotations":{"My Note":null}}""")!,
            200
        );
        Assert.Empty((await world.WantedAsync(uid)).Workers.Single().Annotations);
    }

    [Fact]
    public async Task Settings_that_were_taken_and_forgotten_are_not_shown_and_keep_nobody_from_editing()
    {
        await using var world = await World.MakeAsync();
        var uid = await world.CreateClusterAsync("demo");
        await using (var store = world.Console.OpenStore())
        {
            var row = await store.Clusters.SingleAsync(one => one.Uid == uid, Cancel);
            var wire = JsonNode.Parse(row.WireJson)!;
            wire["clusterConfig"]!["hostClusterConfig"] = new JsonObject { ["isHostCluster"] = true };
            wire["clusterConfig"]!["lifecycleConfig"] = new JsonObject { ["pause"] = true };
            wire["clusterConfig"]!["controlPlaneHealthCheckTimeout"] = "10m";
            wire["machinepoolconfig"]![1]!["poolConfig"]!["additionalTags"] = new JsonObject { ["a"] = "b" };
            wire["machinepoolconfig"]![1]!["poolConfig"]!["overrideHealthCheckConfiguration"] = "forgotten";
            row.WireJson = wire.ToJsonString();
            await store.SaveChangesAsync(Cancel);
        }

        var config = await world.ConfigAsync(uid);
        var read = $"{await world.Console.GetAsync($"/v1/spectroclusters/{uid}")} {await world.Console.GetAsync(config)}";
        Assert.DoesNotContain("forgotten", read, StringComparison.Ordinal);
        Assert.DoesNotContain("pause", read, StringComparison.Ordinal);
        Assert.DoesNotContain("\"isHostCluster\":true", read, StringComparison.Ordinal);
        await world.Console.PatchAsync(
            $"/v1/spectroclusters/{uid}/machinePools/worker-pool",
            JsonNode.Parse("""{"size":2}""")!,
            200
        );
        await world.Console.PatchAsync(
            $"/v1/spectroclusters/{uid}/clusterConfig/timezone",
            JsonNode.Parse("""{"timezone":"UTC"}""")!
        );
        Assert.Equal(2, (await world.WantedAsync(uid)).Workers.Single().Size);
    }
}
