using System.Data.Common;
using System.Text.Json;
using Gantry.Api;
using Gantry.Clusters.Model;
using Gantry.Server.Store;
using Gantry.Server.Tests.Hosting;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.Extensions.DependencyInjection;

namespace Gantry.Server.Tests.Store;

/// <summary>The cost of a page depends on its size, not on the length of the list.</summary>
public sealed class ListTests : IDisposable
{
    private const int Clusters = 5000;
    private const int Page = 50;
    private readonly string _folder = Directory.CreateTempSubdirectory("gantry-store-").FullName;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_page_of_five_thousand_clusters_reads_no_more_rows_than_it_shows()
    {
        var counting = new CountingStore(new SqliteStore(Path.Combine(_folder, "console.db")));
        await using var world = await World.MakeAsync(store: counting);
        await FillAsync(world, await world.CreateClusterAsync("demo"));

        foreach (
            var (name, read, rowsPerItem) in new (string, Func<Task<JsonElement>>, int)[]
            {
                ("search", () => SearchAsync(world, new SearchRequest(null, null)), 3),
                ("search by name", () => SearchAsync(world, Search("clusterName", "contains", "7")), 3),
                (
                    "search by state, sorted by name",
                    () => SearchAsync(world, Search("clusterState", "eq", "Pending", new SearchSort("clusterName", "desc"))),
                    3
                ),
                ("search by tag", () => SearchAsync(world, Search("tags", "eq", "team:green")), 3),
                ("search of the last page", () => SearchAsync(world, new SearchRequest(null, null), "?offset=4960"), 3),
                ("repaves", () => world.Console.GetAsync("/v1/dashboard/spectroclusters/repaveStatus?repaveState=Approved"), 3),
                ("events", () => world.Console.GetAsync("/v1/events/components"), 2),
                (
                    "filtered events",
                    () => world.Console.GetAsync("/v1/events/components?filters=reason=DeployORreason=Join&orderBy=message=1"),
                    2
                ),
                ("audits", () => world.Console.GetAsync("/v1/audits"), 1),
                (
                    "filtered audits",
                    () => world.Console.GetAsync("/v1/audits?filters=spec.actionType=update&orderBy=metadata.name=-1"),
                    1
                ),
            }
        )
        {
            counting.Rows = 0;
            var answer = await read();
            Assert.True(answer.GetProperty("items").GetArrayLength() > 0, $"{name}: nothing found");
            Assert.InRange(counting.Rows, 1, (Page * rowsPerItem) + 20);
        }
    }

    [Fact]
    public async Task The_store_finds_the_clusters_of_a_page_by_an_index_alone_and_reads_no_other_rows()
    {
        await using var db = new SqliteStore(Path.Combine(_folder, "console.db")).Open();
        await db.Database.MigrateAsync(Cancel);
        var keptSince = DateTimeOffset.UnixEpoch;
        var shown = db.Clusters.Where(row => row.DeletedAt == null || row.DeletedAt > keptSince);

        foreach (
            var found in new[]
            {
                shown.Select(row => row.Uid),
                shown.OrderBy(row => row.CreatedAt).ThenBy(row => row.Uid).Select(row => row.Uid).Skip(4950).Take(Page),
            }
        )
        {
            var plan = await ExplainAsync(found);
            Assert.All(
                plan.Where(line =>
                    line.StartsWith("SCAN", StringComparison.Ordinal) || line.StartsWith("SEARCH", StringComparison.Ordinal)
                ),
                line => Assert.Contains("USING COVERING INDEX", line, StringComparison.Ordinal)
            );
            Assert.DoesNotContain(plan, line => line.Contains("TEMP B-TREE", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task Pages_lead_through_all_clusters_once_in_the_order_asked_for()
    {
        await using var world = await World.MakeAsync(store: new SqliteStore(Path.Combine(_folder, "console.db")));
        await FillAsync(world, await world.CreateClusterAsync("demo"));
        foreach (
            var (field, order) in new[]
            {
                ("clusterName", "asc"),
                ("clusterState", "desc"),
                ("lastModifiedTimestamp", "asc"),
                ("environment", "asc"),
            }
        )
        {
            var body = Search("clusterName", "beginsWith", "c1", new SearchSort(field, order));
            var whole = Names(await SearchAsync(world, body, "?limit=0"));
            Assert.Equal(1000, whole.Count);
            List<string> paged = [];
            for (var more = ""; paged.Count == 0 || more.Length > 0; )
            {
                var page = await SearchAsync(world, body, $"?continue={more}");
                Assert.Equal(paged.Count, page.GetProperty("listmeta").GetProperty("offset").GetInt32());
                paged.AddRange(Names(page));
                more = page.GetProperty("listmeta").GetProperty("continue").GetString()!;
            }

            Assert.Equal(whole, paged);
        }

        var byName = Names(
            await SearchAsync(world, new SearchRequest(null, [new SearchSort("clusterName", "desc")]), "?limit=0")
        );
        Assert.Equal(Clusters + 1, byName.Count);
        Assert.Equal(byName.OrderDescending(StringComparer.Ordinal), byName);
    }

    private static SearchRequest Search(string property, string @operator, string value, params SearchSort[] sort) =>
        new(
            new SearchFilters(
                "and",
                [
                    new SearchGroup(
                        "and",
                        [
                            new SearchFilter(
                                property,
                                "string",
                                new SearchCondition(
                                    new StringCondition(@operator, false, false, new SearchMatch(null, [value])),
                                    null,
                                    null
                                )
                            ),
                        ]
                    ),
                ]
            ),
            sort
        );

    private static Task<JsonElement> SearchAsync(World world, object body, string query = "") =>
        world.Console.PostAsync($"/v1/dashboard/spectroclusters/search{query}", body, 200);

    private static List<string> Names(JsonElement list) =>
        [
            .. list.GetProperty("items")
                .EnumerateArray()
                .Select(item => item.GetProperty("metadata").GetProperty("name").GetString()!),
        ];

    private static async Task FillAsync(World world, string like)
    {
        await using var db = world.Console.OpenStore();
        db.ChangeTracker.AutoDetectChangesEnabled = false;
        var model = await db.Clusters.AsNoTracking().SingleAsync(row => row.Uid == like, Cancel);
        for (var number = 0; number < Clusters; number++)
        {
            var (uid, name, at) = ($"uid{number:00000}", $"c{number:0000}", model.CreatedAt.AddSeconds(number % 777));
            db.Clusters.Add(
                new ClusterRow
                {
                    Uid = uid,
                    TenantUid = model.TenantUid,
                    ProjectUid = model.ProjectUid,
                    Name = name,
                    ActiveName = $"{model.ProjectUid}/{name}",
                    ConfigUid = $"config{number}",
                    GatewayUid = model.GatewayUid,
                    AccountUid = model.AccountUid,
                    WireJson = model.WireJson,
                    SpecJson = model.SpecJson,
                    CreatedAt = at,
                    ModifiedAt = at,
                    Report = number % 2 is 0
                        ? null
                        : new ClusterReportRow
                        {
                            ClusterUid = uid,
                            Phase = nameof(ClusterPhase.Running),
                            Health = nameof(Health.Healthy),
                            StatusJson = "null",
                            ReportedAt = at,
                        },
                }
            );
            db.ClusterLabels.Add(
                new ClusterLabelRow
                {
                    ClusterUid = uid,
                    Key = "team",
                    Value = number % 3 is 0 ? "green" : "blue",
                }
            );
            db.Events.Add(
                new EventRow
                {
                    Uid = $"event{number}",
                    TenantUid = model.TenantUid,
                    GatewayUid = model.GatewayUid,
                    GatewayEventId = $"e{number}",
                    ClusterUid = uid,
                    Severity = "Info",
                    Reason = number % 2 is 0 ? "Deploy" : "Join",
                    Message = $"machine {number}",
                    At = at,
                }
            );
            db.Audits.Add(
                new AuditRow
                {
                    Uid = $"audit{number}",
                    TenantUid = model.TenantUid,
                    At = at,
                    ActorType = "user",
                    ActorUid = "u",
                    ActorName = "me",
                    RemoteAddress = "",
                    ProjectUid = model.ProjectUid,
                    Action = "update",
                    ResourceKind = "spectrocluster",
                    ResourceUid = uid,
                    ResourceName = name,
                }
            );
        }

        await db.SaveChangesAsync(Cancel);
    }

    private static async Task<IReadOnlyList<string>> ExplainAsync(IQueryable<string> found)
    {
        await using var command = found.CreateDbCommand();
        command.CommandText = $"EXPLAIN QUERY PLAN {command.CommandText}";
        await command.Connection!.OpenAsync(Cancel);
        await using var rows = await command.ExecuteReaderAsync(Cancel);
        var plan = new List<string>();
        while (await rows.ReadAsync(Cancel))
        {
            plan.Add(rows.GetString(3));
        }

        return plan;
    }

    /// <summary>A store that counts the rows that its database returns.</summary>
    private sealed class CountingStore(StoreProvider inner) : StoreProvider
    {
        private readonly Counter _counter = new();

        public int Rows
        {
            get => _counter.Rows;
            set => _counter.Rows = value;
        }

        public override string Description => inner.Description;

        public override void Configure(DbContextOptionsBuilder builder)
        {
            inner.Configure(builder);
            builder.AddInterceptors(_counter);
        }

        public override Task PrepareAsync(ConsoleDb db, CancellationToken cancellationToken) =>
            inner.PrepareAsync(db, cancellationToken);

        public override void AddSharedState(IServiceCollection services) => inner.AddSharedState(services);

        private sealed class Counter : DbCommandInterceptor
        {
            public int Rows { get; set; }

            public override InterceptionResult DataReaderDisposing(
                DbCommand command,
                DataReaderDisposingEventData eventData,
                InterceptionResult result
            )
            {
                Rows += eventData.ReadCount;
                return result;
            }
        }
    }
}
