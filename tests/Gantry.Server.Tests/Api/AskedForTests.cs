using System.Text.Json.Nodes;
using Gantry.Server.Tests.Hosting;
using Microsoft.Extensions.Time.Testing;

namespace Gantry.Server.Tests.Api;

/// <summary>Parameters and filters of clients that narrow an answer, or widen a deletion, do what they say.</summary>
public sealed class AskedForTests
{
    [Fact]
    public async Task Audits_of_a_time_are_those_of_that_time()
    {
        var time = new FakeTimeProvider(DateTimeOffset.Parse("2026-11-01T12:00:00Z"));
        await using var console = await TestConsole.StartAsync(time);
        foreach (var name in new[] { "first", "second", "third" })
        {
            time.Advance(TimeSpan.FromHours(1));
            await console.PostAsync("/v1/projects", new { metadata = new { name } });
        }

        Assert.Equal(["third", "second"], await NamesAsync("startTime=2026-11-01T14:00:00.000Z"));
        Assert.Equal(["second", "first"], await NamesAsync("endTime=2026-11-01T14:00:00.000Z"));
        Assert.Equal(["second"], await NamesAsync("startTime=2026-11-01T13:30:00Z&endTime=2026-11-01T14:30:00Z"));
        await TestConsole.ReadAsync(await console.Client.GetAsync("/v1/audits?startTime=yesterday"), 400);

        async Task<IEnumerable<string?>> NamesAsync(string query) =>
            (await console.GetAsync($"/v1/audits?resourceKind=project&actionType=create&{query}"))
                .GetProperty("items")
                .EnumerateArray()
                .Select(item => item.GetProperty("metadata").GetProperty("name").GetString())
                .Where(name => name is not "Default");
    }

    [Fact]
    public async Task Nothing_is_deleted_with_a_project_and_an_empty_one_goes_either_way()
    {
        await using var world = await World.MakeAsync();

        var refused = await world.Console.DeleteAsync($"/v1/projects/{world.Project}?cleanupProjectResources=true", 400);
        Assert.Equal(["cleanupProjectResources"], TestConsole.Fields(refused));
        Assert.Contains("1 cloud account", TestConsole.Message(refused), StringComparison.Ordinal);

        var empty = (await world.Console.PostAsync("/v1/projects", new { metadata = new { name = "empty" } })).GetProperty("uid");
        await world.Console.DeleteAsync($"/v1/projects/{empty.GetString()}?cleanupProjectResources=true");
    }

    [Theory]
    [InlineData("""{"name":{"eq":"KUBERNETES"}}""", 1)]
    [InlineData("""{"name":{"eq":"KUBERNETES","ignoreCase":false}}""", 0)]
    [InlineData("""{"name":{"eq":"kubernetes","ignoreCase":false},"isFips":false}""", 1)]
    [InlineData("""{"name":{"eq":"kubernetes"},"isFips":true}""", 0)]
    public async Task A_search_of_packs_heeds_case_and_asks_for_certified_ones(string filter, int found)
    {
        await using var console = await TestConsole.StartAsync();
        var packs = await console.PostAsync("/v1/packs/search", new JsonObject { ["filter"] = JsonNode.Parse(filter) }, 200);
        Assert.Equal(found, packs.GetProperty("items").GetArrayLength());
    }
}
