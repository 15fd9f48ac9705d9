using Gantry.Server.Store;
using Gantry.Server.Tests.Hosting;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Gantry.Server.Tests.Store;

public sealed class MigrationTests
{
    [Fact]
    public async Task A_console_starts_after_one_that_was_killed_while_it_migrated()
    {
        var cancel = TestContext.Current.CancellationToken;
        var folder = Directory.CreateTempSubdirectory("gantry-console-").FullName;
        var store = new SqliteStore(Path.Combine(folder, "console.db"));
        await using (var killed = store.Open())
        {
            await killed.Database.MigrateAsync(cancel);
            await killed.Database.ExecuteSqlRawAsync(
                "insert into \"__EFMigrationsLock\" (\"Id\", \"Timestamp\") values (1, '2026-11-27 14:09:09')",
                cancel
            );
        }

        await using (var next = store.Open())
        {
            await store.PrepareAsync(next, cancel);
            var locks = await next
                .Database.SqlQueryRaw<int>("select count(*) as Value from sqlite_master where name = '__EFMigrationsLock'")
                .SingleAsync(cancel);
            Assert.Equal(0, locks);
            await next.Database.MigrateAsync(cancel);
        }

        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task A_store_of_the_first_version_is_brought_up_to_date_with_what_it_holds()
    {
        var folder = Directory.CreateTempSubdirectory("gantry-console-").FullName;
        var store = new SqliteStore(Path.Combine(folder, "console.db"));
        await using (var old = store.Open())
        {
            await old.GetService<IMigrator>().MigrateAsync("20261123163458_FirstSchema", TestContext.Current.CancellationToken);
            await old.Database.ExecuteSqlRawAsync(
                "insert into Settings (Name, Value) values ('tenantUid', 'the tenant')",
                TestContext.Current.CancellationToken
            );
            await old.Database.ExecuteSqlRawAsync(
                "insert into Events (Uid, GatewayUid, GatewayEventId, ClusterUid, Severity, Reason, Message, At) values "
                    + "('u', 'g', '1', 'c', 'Info', 'Deploy', 'm', 1)",
                TestContext.Current.CancellationToken
            );
            await old.Database.ExecuteSqlRawAsync(
                "insert into Audits (Uid, At, ActorType, ActorUid, ActorName, RemoteAddress, Action, ResourceKind, "
                    + "ResourceUid, ResourceName) "
                    + "values ('a', 1, 'user', 'u', 'me', '', 'create', 'spectrocluster', 'c', 'demo')",
                TestContext.Current.CancellationToken
            );
        }

        await using (
            var console = await ConsoleHost.StartAsync(
                new ConsoleOptions { DataFolder = folder, Port = 0 },
                TimeProvider.System,
                TestContext.Current.CancellationToken
            )
        )
        {
            using var client = TestConsole.NewClient(console);
            await TestConsole.ReadAsync(await client.GetAsync("/v1/health"), 200);
        }

        await using (var now = store.Open())
        {
            var happening = await now.Events.SingleAsync(TestContext.Current.CancellationToken);
            Assert.Equal(("Seen", 0L, "the tenant"), (happening.Kind, happening.Generation, happening.TenantUid));
            Assert.Null((await now.Audits.SingleAsync(row => row.Uid == "a", TestContext.Current.CancellationToken)).Generation);
            Assert.False(now.Database.HasPendingModelChanges());
        }

        Directory.Delete(folder, recursive: true);
    }
}
