using Gantry.Clusters.Model;
using Gantry.Protocol;
using Gantry.Server.Auth;
using Gantry.Server.Store;
using Gantry.Server.Tests.Hosting;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace Gantry.Server.Tests.Store;

/// <summary>What holds on every database that can be the store.</summary>
public abstract class StoreTests
{
    private readonly FakeTimeProvider time = new(TimeProvider.System.GetUtcNow());

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
        await using var world = await World.MakeAsync(time, store: await NewStoreAsync());
        var uid = await world.CreateClusterAsync("demo");
        Assert.Equal(1, (await world.WantedAsync(uid)).Generation);
        await world.Gateway.ReportAsync(world.Gateway.Status(uid, ClusterPhase.Running, Health.Healthy));
        await world.Gateway.ReportAsync(world.Gateway.Event(uid, "Deploy", "deployed"), world.Gateway.Event(uid, "Join", "joined"));
        await world.Console.PatchAsync($"/v1/spectroclusters/{uid}/metadata", new { metadata = new { labels = new { team = "red" } } });

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
        var asked = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => world.Console.Client.PostAsync(
            "/v1/spectroclusters/maas", new StringContent(world.Body("demo").ToJsonString(), encoding: null, "application/json"), Cancel)));

        Assert.Equal([201, 409, 409, 409], asked.Select(answer => (int)answer.StatusCode).Order());
    }

    [Fact]
    public async Task A_used_token_is_refused_until_it_has_expired()
    {
        await using var services = await ServicesAsync();
        var used = services.GetRequiredService<IUsedTokens>();
        var now = time.GetUtcNow();

        Assert.True(await used.TryUseAsync("gateway/1", now.AddMinutes(2), now, Cancel));
        Assert.False(await used.TryUseAsync("gateway/1", now.AddMinutes(2), now.AddMinutes(1), Cancel));
        Assert.True(await used.TryUseAsync("gateway/2", now.AddMinutes(2), now, Cancel));
    }

    [Fact]
    public async Task Wrong_passwords_are_counted_from_the_first_one_until_the_window_ends()
    {
        await using var services = await ServicesAsync();
        var failures = services.GetRequiredService<ILoginFailures>();
        var (first, window) = (time.NowInMilliseconds(), TimeSpan.FromMinutes(5));

        await failures.AddAsync("me", first, window, Cancel);
        await failures.AddAsync("me", first.AddMinutes(1), window, Cancel);
        await failures.AddAsync("you", first, window, Cancel);
        Assert.Equal(new LoginFailure(2, first), await failures.FindAsync("me", Cancel));

        await failures.AddAsync("me", first.AddMinutes(5), window, Cancel);
        Assert.Equal(new LoginFailure(1, first.AddMinutes(5)), await failures.FindAsync("me", Cancel));
        await failures.ForgetAsync("me", Cancel);
        Assert.Null(await failures.FindAsync("me", Cancel));
    }

    private async Task<ServiceProvider> ServicesAsync()
    {
        var store = await NewStoreAsync();
        var db = store.Open();
        await db.Database.MigrateAsync(Cancel);
        var services = new ServiceCollection().AddSingleton<TimeProvider>(time).AddSingleton(_ => db);
        store.AddSharedState(services);
        return services.BuildServiceProvider();
    }

    private static async Task<string?[]> TextsAsync(World world, string list, string field) =>
        [.. (await world.Console.GetAsync(list)).GetProperty("items").EnumerateArray().Select(item => item.GetProperty(field).GetString())];
}

public sealed class SqliteStoreTests : StoreTests, IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("gantry-store-").FullName;
    private int stores;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    protected override Task<StoreProvider> NewStoreAsync() =>
        Task.FromResult<StoreProvider>(new SqliteStore(Path.Combine(folder, $"{stores++}.db")));
}

public sealed class PostgresStoreTests(PostgresServer server) : StoreTests, IClassFixture<PostgresServer>
{
    protected override async Task<StoreProvider> NewStoreAsync() => await server.NewStoreAsync();
}
