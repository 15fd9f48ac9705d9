using System.IO.Compression;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Gantry.Server.Store;
using Gantry.Server.Tests.Hosting;
using Microsoft.EntityFrameworkCore;

namespace Gantry.Server.Tests.Store;

/// <summary>A console starts on the store of an earlier version and keeps everything in it.</summary>
public sealed class UpgradeTests
{
    [Fact]
    public async Task The_clusters_of_version_0_1_are_read_as_they_were()
    {
        var folder = Directory.CreateTempSubdirectory("gantry-console-").FullName;
        var file = Path.Combine(folder, "console.db");
        await UnpackAsync(file);
        await using (
            var console = await ConsoleHost.StartAsync(
                new ConsoleOptions { DataFolder = folder, Port = 0 },
                TimeProvider.System,
                TestContext.Current.CancellationToken
            )
        )
        {
            Assert.Null(console.Bootstrap);
            using var client = TestConsole.NewClient(console);
            client.DefaultRequestHeaders.Add(
                "ApiKey",
                (await console.ReissueAdminCredentialsAsync(TestContext.Current.CancellationToken)).ApiKey
            );
            foreach (var name in new[] { "alpha", "beta" })
            {
                var before = JsonNode.Parse(
                    await File.ReadAllTextAsync(Recorded($"{name}.json"), TestContext.Current.CancellationToken)
                )!;
                var answer = await TestConsole.ReadAsync(
                    await client.GetAsync($"/v1/spectroclusters/{before["metadata"]!["uid"]}"),
                    200
                );
                var now = JsonNode.Parse(answer.GetRawText())!.AsObject();

                // Version 0.1 did not report the generation, nor that the gateway is offline.
                Assert.True(now.Remove("generation"));
                var conditions = now["status"]!["conditions"]!.AsArray();
                Assert.Equal("GatewayOffline", (string?)conditions[0]!["reason"]);
                conditions.RemoveAt(0);

                // Nor did it say how far packs are.
                Assert.Equal(
                    Names(now["spec"]!["clusterProfileTemplates"]!.AsArray().SelectMany(one => one!["packs"]!.AsArray())),
                    Names(now["status"]!["packs"]!.AsArray())
                );
                now["status"]!["packs"] = new JsonArray();
                Assert.True(JsonNode.DeepEquals(before, now), $"{name} is now {now}");
            }
        }

        await using (var store = new SqliteStore(file).Open())
        {
            // Two clusters have the profile unchanged, one has its own values.
            Assert.Equal(3, await store.ClusterProfiles.CountAsync(TestContext.Current.CancellationToken));
            Assert.Equal(2, await store.ProfileContents.CountAsync(TestContext.Current.CancellationToken));
            Assert.Equal(110, await store.Events.CountAsync(TestContext.Current.CancellationToken));
        }

        Directory.Delete(folder, recursive: true);
    }

    private static IEnumerable<string?> Names(IEnumerable<JsonNode?> packs) => packs.Select(pack => (string?)pack!["name"]);

    private static async Task UnpackAsync(string file)
    {
        await using var packed = new GZipStream(File.OpenRead(Recorded("console.db.gz")), CompressionMode.Decompress);
        await using var store = File.Create(file);
        await packed.CopyToAsync(store, TestContext.Current.CancellationToken);
    }

    private static string Recorded(string name, [CallerFilePath] string thisFile = "") =>
        Path.Combine(Path.GetDirectoryName(thisFile)!, "version-0.1", name);
}
