using Gantry.Server;
using Gantry.Server.Packs;
using Gantry.Server.Profiles;
using Gantry.Server.Store;
using Microsoft.EntityFrameworkCore;

namespace Gantry.Cli.Tests.Files;

/// <summary>
/// A console with its own store, an account <c>lab</c>, and the profile <c>base:1.0.0</c>. Nothing is behind the account: what needs a
/// gateway cannot be asked.
/// </summary>
internal sealed class RealConsole : IAsyncDisposable
{
    private readonly ConsoleHost _host;
    private readonly string _folder;

    private RealConsole(ConsoleHost host, string folder) => (_host, _folder) = (host, folder);

    public static async Task<RealConsole> StartAsync()
    {
        var folder = Directory.CreateTempSubdirectory("gantry-cli-console-").FullName;
        var store = SqliteStore.In(folder);
        var host = await ConsoleHost.StartAsync(
            new ConsoleOptions { DataFolder = folder, Port = 0 },
            TimeProvider.System,
            logs: null,
            TestContext.Current.CancellationToken,
            store
        );
        await using var db = store.Open();
        var tenant = await db.Projects.Select(project => project.TenantUid).SingleAsync(TestContext.Current.CancellationToken);
        db.Gateways.Add(
            new GatewayRow
            {
                TenantUid = tenant,
                Uid = "g1",
                Name = "lab",
                ActiveName = "lab",
                SigningKey = "",
                SealingKey = "",
                Fingerprint = "",
            }
        );
        db.Accounts.Add(
            new AccountRow
            {
                TenantUid = tenant,
                Uid = "a1",
                Name = "lab",
                ActiveName = "tenant/lab",
                GatewayUid = "g1",
                Endpoint = "http://maas:5240/MAAS",
                SealedEphemeralKey = "",
                SealedBox = "the sealed key of MAAS",
            }
        );
        var template = StoreJson.Write(
            new ProfileTemplate(
                "maas",
                "cluster",
                [
                    .. PackRegistry
                        .All.DistinctBy(pack => pack.Layer)
                        .Where(pack => pack.Layer is not "addon")
                        .Select(pack => new ProfilePack(
                            pack.Layer,
                            pack.Name,
                            pack.Version,
                            pack.Uid,
                            PackRegistry.Uid,
                            "spectro",
                            pack.Values,
                            []
                        )),
                ]
            )
        );
        db.Profiles.Add(
            new ProfileRow
            {
                TenantUid = tenant,
                Uid = "p1",
                Name = "base",
                Version = "1.0.0",
                Key = "tenant/base/1.0.0",
                CloudType = "maas",
                Type = "cluster",
                DraftJson = template,
                PublishedJson = template,
                PublishedCount = 1,
            }
        );
        await db.SaveChangesAsync(TestContext.Current.CancellationToken);
        return new RealConsole(host, folder);
    }

    /// <summary>A command line that calls this console.</summary>
    public TestHost Terminal()
    {
        var terminal = new TestHost();
        terminal.Environment["GANTRY_URL"] = $"{_host.Url}";
        terminal.Environment["GANTRY_API_KEY"] = _host.Bootstrap!.ApiKey;
        terminal.Environment["GANTRY_CA_FILE"] = _host.CaFile;
        return terminal;
    }

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
