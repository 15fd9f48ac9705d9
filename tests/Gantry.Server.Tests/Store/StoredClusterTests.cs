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
}
