using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Security.Cryptography.X509Certificates;
using Gantry.Clusters.Model;
using Gantry.Server;
using Gantry.Server.Store;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gantry.Bench;

/// <summary>What does a page of a list take when the console holds thousands of clusters?</summary>
public static class ListsBench
{
    private const int Rounds = 100;
    private const int EventsPerCluster = 4;

    // About what the request and the desired state of a cluster take.
    private static readonly string SomeJson = $"{{\"text\":\"{new string('x', 4500)}\"}}";

    public static async Task RunAsync(int clusters)
    {
        var folder = Directory.CreateTempSubdirectory("gantry-bench-").FullName;
        try
        {
            await using var console = await ConsoleHost.StartAsync(
                new ConsoleOptions { DataFolder = folder, Port = 0 },
                TimeProvider.System,
                NullLoggerProvider.Instance,
                CancellationToken.None
            );
            using var client = Client(console, await FillAsync(SqliteStore.In(folder), clusters));
            var byState = new { sort = new[] { new { field = "clusterState", order = "desc" } } };
            const string search = "/v1/dashboard/spectroclusters/search";
            await MeasureAsync("a page of clusters", () => client.PostAsJsonAsync(search, new { }));
            await MeasureAsync("sorted by state", () => client.PostAsJsonAsync(search, byState));
            await MeasureAsync("the last page", () => client.PostAsJsonAsync($"{search}?offset={clusters - 50}", new { }));
            await MeasureAsync("a page of events", () => client.GetAsync("/v1/events/components"));
            await MeasureAsync("events of a cluster", () => client.GetAsync("/v1/events/components/spectrocluster/uid00007"));
            await MeasureAsync("a page of audits", () => client.GetAsync("/v1/audits"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        async Task MeasureAsync(string what, Func<Task<HttpResponseMessage>> read)
        {
            var took = new List<double>();
            for (var round = 0; round < Rounds; round++)
            {
                var started = Stopwatch.GetTimestamp();
                using var answer = await read();
                answer.EnsureSuccessStatusCode();
                await answer.Content.ReadAsByteArrayAsync();
                took.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            }

            took.Sort();
            System.Console.WriteLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{what}, {clusters} clusters: median {took[Rounds / 2]:0} ms, 99th per cent {took[Rounds * 99 / 100]:0} ms"
                )
            );
        }
    }

    private static HttpClient Client(ConsoleHost console, string projectUid)
    {
        var handler = new SocketsHttpHandler
        {
            SslOptions =
            {
                CertificateChainPolicy = new X509ChainPolicy
                {
                    TrustMode = X509ChainTrustMode.CustomRootTrust,
                    RevocationMode = X509RevocationMode.NoCheck,
                    CustomTrustStore = { X509CertificateLoader.LoadCertificateFromFile(console.CaFile) },
                },
            },
        };
        return new HttpClient(handler)
        {
            BaseAddress = console.Url,
            DefaultRequestHeaders = { { "ApiKey", console.Bootstrap!.ApiKey }, { "ProjectUid", projectUid } },
        };
    }

    /// <returns>The uid of the project that holds the clusters.</returns>
    private static async Task<string> FillAsync(SqliteStore store, int clusters)
    {
        await using var db = store.Open();
        db.ChangeTracker.AutoDetectChangesEnabled = false;
        var project = await db.Projects.AsNoTracking().FirstAsync();
        for (var number = 0; number < clusters; number++)
        {
            var (uid, name, at) = ($"uid{number:00000}", $"c{number:00000}", project.CreatedAt.AddSeconds(number));
            db.Clusters.Add(
                new ClusterRow
                {
                    Uid = uid,
                    TenantUid = project.TenantUid,
                    ProjectUid = project.Uid,
                    Name = name,
                    ActiveName = $"{project.Uid}/{name}",
                    ConfigUid = $"config{number}",
                    GatewayUid = "gateway",
                    AccountUid = "account",
                    WireJson = SomeJson,
                    SpecJson = SomeJson,
                    CreatedAt = at,
                    ModifiedAt = at,
                    Report = new ClusterReportRow
                    {
                        ClusterUid = uid,
                        Phase = number % 2 is 0 ? nameof(ClusterPhase.Running) : nameof(ClusterPhase.Provisioning),
                        Health = nameof(Health.Healthy),
                        StatusJson = "null",
                        ReportedAt = at,
                    },
                }
            );
            for (var happening = 0; happening < EventsPerCluster; happening++)
            {
                db.Events.Add(
                    new EventRow
                    {
                        Uid = $"event{number}-{happening}",
                        TenantUid = project.TenantUid,
                        GatewayUid = "gateway",
                        GatewayEventId = $"e{number}-{happening}",
                        ClusterUid = uid,
                        Severity = "Info",
                        Reason = "Deploy",
                        Message = "deployed",
                        At = at,
                    }
                );
            }

            db.Audits.Add(
                new AuditRow
                {
                    Uid = $"audit{number}",
                    TenantUid = project.TenantUid,
                    At = at,
                    ActorType = "user",
                    ActorUid = "u",
                    ActorName = "me",
                    RemoteAddress = "",
                    ProjectUid = project.Uid,
                    Action = "update",
                    ResourceKind = "spectrocluster",
                    ResourceUid = uid,
                    ResourceName = name,
                }
            );
        }

        await db.SaveChangesAsync();
        return project.Uid;
    }
}
