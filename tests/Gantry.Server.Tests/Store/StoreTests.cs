using System.Text.Json;
using Gantry.Api;
using Gantry.Clusters.Model;
using Gantry.Protocol;
using Gantry.Server.Auth;
using Gantry.Server.Store;
using Gantry.Server.Tests.Hosting;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace Gantry.Server.Tests.Store;

/// <summary>The behaviour of the store on every supported database.</summary>
public abstract class StoreTests
{
    private readonly FakeTimeProvider _time = new(TimeProvider.System.GetUtcNow());

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    protected abstract Task<StoreProvider> NewStoreAsync();

    [Fact]
    public async Task The_migrations_lead_to_the_model()
    {
        var store = await NewStoreAsync();
        await using var db = store.Open();
        await store.PrepareAsync(db, Cancel);
        await db.Database.MigrateAsync(Cancel);

        Assert.False(db.Database.HasPendingModelChanges());
    }

    [Fact]
    public async Task A_cluster_lives_from_its_creation_to_its_end()
    {
        await using var world = await World.MakeAsync(_time, store: await NewStoreAsync());
        var uid = await world.CreateClusterAsync("demo");
        Assert.Equal(1, (await world.WantedAsync(uid)).Generation);
        await world.Gateway.ReportAsync(world.Gateway.Status(uid, ClusterPhase.Running, Health.Healthy));
        await world.Gateway.ReportAsync(
            world.Gateway.Event(uid, "Deploy", "deployed"),
            world.Gateway.Event(uid, "Join", "joined")
        );
        await world.Console.PatchAsync(
            $"/v1/spectroclusters/{uid}/metadata",
            new { metadata = new { labels = new { team = "red" } } }
        );

        Assert.Equal("Running", await world.StateAsync(uid));
        Assert.Equal(["joined", "deployed"], await TextsAsync(world, $"/v1/events/components/spectrocluster/{uid}", "message"));
        Assert.NotEmpty(await TextsAsync(world, $"/v1/spectroclusters/{uid}/history", "request"));
        await world.Console.DeleteAsync($"/v1/spectroclusters/{uid}");
        await world.Gateway.ReportAsync(world.Gateway.Status(uid, ClusterPhase.Deleted));
        Assert.Equal("Deleted", await world.StateAsync(uid));
        await world.CreateClusterAsync("demo");
    }

    [Fact]
    public async Task Of_two_clusters_of_one_name_asked_for_at_once_one_is_made()
    {
        await using var world = await World.MakeAsync(store: await NewStoreAsync());
        var asked = await Task.WhenAll(
            Enumerable
                .Range(0, 4)
                .Select(_ =>
                    world.Console.Client.PostAsync(
                        "/v1/spectroclusters/maas",
                        new StringContent(world.Body("demo").ToJsonString(), encoding: null, "application/json"),
                        Cancel
                    )
                )
        );

        Assert.Equal([201, 409, 409, 409], asked.Select(answer => (int)answer.StatusCode).Order());
    }

    [Fact]
    public async Task Clusters_are_found_by_each_property_and_sorted_byte_by_byte()
    {
        await using var world = await World.MakeAsync(_time, store: await NewStoreAsync());
        await world.CreateClusterAsync("b-1");
        _time.Advance(TimeSpan.FromSeconds(1));
        await world.CreateClusterAsync("b1");
        _time.Advance(TimeSpan.FromSeconds(1));
        var running = await world.CreateClusterAsync("a-2");
        await world.Gateway.ReportAsync(world.Gateway.Status(running, ClusterPhase.Running, Health.Healthy));
        await world.Console.PatchAsync(
            $"/v1/spectroclusters/{running}/metadata",
            new { metadata = new { labels = new { tier = "gold" } } }
        );

        Assert.Equal(["b1", "b-1", "a-2"], await FoundAsync(world, null, new SearchSort("clusterName", "desc")));
        Assert.Equal(["a-2"], await FoundAsync(world, Property("clusterState", "eq", "Running")));
        Assert.Equal(["a-2"], await FoundAsync(world, Property("healthState", "eq", "Healthy")));
        Assert.Equal(["b-1", "a-2"], await FoundAsync(world, Property("clusterName", "contains", "-")));
        Assert.Equal(["b-1", "b1"], await FoundAsync(world, Property("clusterName", "beginsWith", "B", ignoreCase: true)));
        Assert.Empty(await FoundAsync(world, Property("clusterName", "beginsWith", "B")));
        Assert.Equal(["b-1", "b1"], await FoundAsync(world, Property("clusterUid", "eq", running, negation: true)));
        Assert.Equal(["a-2"], await FoundAsync(world, Property("tags", "eq", "tier:gold")));
        Assert.Equal(["b-1", "b1"], await FoundAsync(world, Property("tags", "contains", "tier", negation: true)));
        Assert.Equal(["a-2"], await FoundAsync(world, Label("tier", "gold")));
        Assert.Equal(["b-1", "b1"], await FoundAsync(world, Label("tier", "gold", negation: true)));
        Assert.Equal(
            ["b-1", "b1", "a-2"],
            await FoundAsync(world, Property("environment", "eq", "maas"), new SearchSort("environment", "asc"))
        );
        Assert.Equal(["a-2"], await FoundAsync(world, Property("creationTimestamp", "eq", $"{_time.NowInMilliseconds():O}")));
        Assert.Equal(
            ["team:blue", "tier:gold"],
            (await world.Console.GetAsync("/v1/spectroclusters/tags"))
                .GetProperty("tags")
                .EnumerateArray()
                .Select(tag => tag.GetString())
        );
    }

    [Fact]
    public async Task A_list_is_filtered_sorted_and_paged()
    {
        await using var world = await World.MakeAsync(store: await NewStoreAsync());
        foreach (var name in new[] { "one", "Two", "three", "four" })
        {
            await world.Console.PostAsync("/v1/projects", new { metadata = new { name } });
        }

        const string list = "/v1/dashboard/projects/metadata";
        Assert.Equal(
            ["three", "one"],
            await NamesAsync(world, $"{list}?filters=metadata.name_in_one,three&orderBy=metadata.name=-1")
        );
        Assert.Equal(["Default", "Two", "four", "one", "three"], await NamesAsync(world, $"{list}?orderBy=metadata.name=1"));
        var first = await world.Console.GetAsync($"{list}?orderBy=metadata.name=1&limit=3");
        Assert.Equal(5, first.GetProperty("listmeta").GetProperty("count").GetInt32());
        var more = first.GetProperty("listmeta").GetProperty("continue").GetString();
        await world.Console.PostAsync("/v1/projects", new { metadata = new { name = "Added" } });
        Assert.Equal(["one", "three"], await NamesAsync(world, $"{list}?orderBy=metadata.name=1&limit=3&continue={more}"));
        var refused = await TestConsole.ReadAsync(
            await world.Console.Client.GetAsync($"{list}?filters=metadata.colour=red"),
            400
        );
        Assert.Contains("write one of metadata.name, metadata.uid", TestConsole.Message(refused), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_used_token_is_refused_until_it_has_expired()
    {
        await using var services = await ServicesAsync();
        var used = services.GetRequiredService<IUsedTokens>();
        var now = _time.GetUtcNow();

        Assert.True(await used.TryUseAsync("gateway/1", now.AddMinutes(2), now, Cancel));
        Assert.False(await used.TryUseAsync("gateway/1", now.AddMinutes(2), now.AddMinutes(1), Cancel));
        Assert.True(await used.TryUseAsync("gateway/2", now.AddMinutes(2), now, Cancel));
    }

    [Fact]
    public async Task A_used_token_is_refused_after_a_restart_too()
    {
        var store = await NewStoreAsync();
        var now = _time.GetUtcNow();
        await using (var before = await ServicesAsync(store))
        {
            Assert.True(await before.GetRequiredService<IUsedTokens>().TryUseAsync("gateway/1", now.AddMinutes(2), now, Cancel));
        }

        await using var after = await ServicesAsync(store);
        Assert.False(await after.GetRequiredService<IUsedTokens>().TryUseAsync("gateway/1", now.AddMinutes(2), now, Cancel));
    }

    private static SearchFilter Property(
        string property,
        string @operator,
        string value,
        bool ignoreCase = false,
        bool negation = false
    ) =>
        new(
            property,
            "string",
            new SearchCondition(new StringCondition(@operator, negation, ignoreCase, new SearchMatch(null, [value])), null, null)
        );

    private static SearchFilter Label(string key, string value, bool negation = false) =>
        new(
            "tags",
            "keyValue",
            new SearchCondition(null, null, new KeyValueCondition("eq", negation, false, key, new SearchMatch(null, [value])))
        );

    private static async Task<IReadOnlyList<string?>> FoundAsync(World world, SearchFilter? filter, params SearchSort[] sort)
    {
        var body = new SearchRequest(filter is null ? null : new SearchFilters("and", [new SearchGroup("and", [filter])]), sort);
        return Names(await world.Console.PostAsync("/v1/dashboard/spectroclusters/search", body, 200));
    }

    private static async Task<IReadOnlyList<string?>> NamesAsync(World world, string list) =>
        Names(await world.Console.GetAsync(list));

    private static IReadOnlyList<string?> Names(JsonElement list) =>
        [
            .. list.GetProperty("items")
                .EnumerateArray()
                .Select(item => item.GetProperty("metadata").GetProperty("name").GetString()),
        ];

    private async Task<ServiceProvider> ServicesAsync(StoreProvider? store = null)
    {
        store ??= await NewStoreAsync();
        var db = store.Open();
        await db.Database.MigrateAsync(Cancel);
        var services = new ServiceCollection().AddSingleton<TimeProvider>(_time).AddSingleton(_ => db);
        store.AddSharedState(services);
        return services.BuildServiceProvider();
    }

    private static async Task<string?[]> TextsAsync(World world, string list, string field) =>
        [
            .. (await world.Console.GetAsync(list))
                .GetProperty("items")
                .EnumerateArray()
                .Select(item => item.GetProperty(field).GetString()),
        ];
}

public sealed class SqliteStoreTests : StoreTests, IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("gantry-store-").FullName;
    private int _stores;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    protected override Task<StoreProvider> NewStoreAsync() =>
        Task.FromResult<StoreProvider>(new SqliteStore(Path.Combine(_folder, $"{_stores++}.db")));
}

public sealed class PostgresStoreTests(PostgresServer server) : StoreTests, IClassFixture<PostgresServer>
{
    protected override async Task<StoreProvider> NewStoreAsync() => await server.NewStoreAsync();
}
