using Gantry.Server.Store;
using Gantry.Server.Tests.Hosting;
using Microsoft.EntityFrameworkCore;

namespace Gantry.Server.Tests.Access;

/// <summary>The query filters of the store, which apply without a handler's help.</summary>
public sealed class StoreScopeTests(TwoTenants world) : IClassFixture<TwoTenants>
{
    // Tables of the whole console, which no operation reads out.
    private static readonly string[] OfTheConsole = [nameof(SettingRow), nameof(RevokedSessionRow), nameof(UsedTokenRow)];

    // Parts of a cluster, read only together with it.
    private static readonly string[] PartsOfClusters =
    [
        nameof(ClusterReportRow),
        nameof(ClusterProfileRow),
        nameof(ClusterLabelRow),
        nameof(ProfileContentRow),
    ];

    [Fact]
    public async Task Every_row_belongs_to_a_tenant_and_is_filtered_by_it()
    {
        await using var db = world.OpenStore();

        var unfiltered = db
            .Model.GetEntityTypes()
            .Where(type => type.GetDeclaredQueryFilters().All(filter => filter.Key != ConsoleDb.TenantFilter))
            .Select(type => type.ClrType.Name);

        Assert.Equal([.. OfTheConsole.Concat(PartsOfClusters).Order()], unfiltered.Order());
    }

    [Fact]
    public async Task Every_row_with_a_project_is_filtered_by_it()
    {
        await using var db = world.OpenStore();

        var unfiltered = db
            .Model.GetEntityTypes()
            .Where(type => type.FindProperty("ProjectUid") is not null)
            .Where(type => type.GetDeclaredQueryFilters().All(filter => filter.Key != ConsoleDb.ProjectFilter))
            .Select(type => type.ClrType.Name);

        Assert.Empty(unfiltered);
    }

    [Fact]
    public async Task A_store_without_a_caller_returns_and_accepts_no_rows()
    {
        await using var db = world.OpenStore(new Caller());

        Assert.False(await db.Users.AnyAsync() || await db.Clusters.AnyAsync() || await db.Audits.AnyAsync());
        db.Projects.Add(new ProjectRow { Uid = "p", Name = "stray" });
        await Assert.ThrowsAsync<InvalidOperationException>(() => db.SaveChangesAsync());
    }

    [Fact]
    public async Task An_update_or_a_deletion_reaches_no_row_outside_the_scope()
    {
        var caller = new Caller();
        caller.Become(new Identity(Identity.UserType, "u", "stranger@example.com", "a third tenant"));
        await using var db = world.OpenStore(caller);

        Assert.Equal(0, await db.Clusters.ExecuteUpdateAsync(set => set.SetProperty(row => row.Name, "taken over")));
        Assert.Equal(0, await db.Gateways.ExecuteDeleteAsync());
    }

    [Fact]
    public async Task Two_tenants_may_use_the_same_names()
    {
        var caller = new Caller();
        caller.Become(new Identity(Identity.UserType, "u", "stranger@example.com", "a third tenant"));
        await using var db = world.OpenStore(caller);
        db.Projects.Add(new ProjectRow { Uid = "theirs", Name = FirstStart.DefaultProject });

        await db.SaveChangesAsync();

        Assert.Equal("a third tenant", (await db.Projects.SingleAsync()).TenantUid);
    }

    [Fact]
    public async Task What_a_cluster_of_another_project_uses_cannot_be_deleted_and_the_refusal_does_not_name_the_cluster()
    {
        await using var mine = await World.MakeAsync();
        mine.Console.Client.DefaultRequestHeaders.Remove("ProjectUid");
        var shared = await mine.CreateProfileAsync("shared");
        var other = (await mine.Console.PostAsync("/v1/projects", new { metadata = new { name = "other" } }))
            .GetProperty("uid")
            .GetString()!;
        mine.Console.Client.DefaultRequestHeaders.Add("ProjectUid", mine.Project);
        await mine.CreateClusterAsync("confidential", profile: shared);
        mine.Console.Client.DefaultRequestHeaders.Remove("ProjectUid");
        mine.Console.Client.DefaultRequestHeaders.Add("ProjectUid", other);

        var refused = await mine.Console.DeleteAsync($"/v1/clusterprofiles/{shared}", 409);

        Assert.Contains("is used by 1 cluster;", TestConsole.Message(refused));
        Assert.DoesNotContain("confidential", (await mine.Console.GetAsync($"/v1/clusterprofiles/{shared}")).GetRawText());
        await mine.Console.DeleteAsync($"/v1/overlords/{mine.Gateway.Uid}", 409);
        await mine.Console.DeleteAsync($"/v1/projects/{mine.Project}", 409);
    }
}
