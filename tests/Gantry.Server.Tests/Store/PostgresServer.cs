using System.Diagnostics;
using System.Globalization;
using Gantry.Server.Store;
using Npgsql;

namespace Gantry.Server.Tests.Store;

/// <summary>
/// A separate PostgreSQL server in a temporary folder, reached by a socket there; each test gets an empty database.
/// </summary>
public sealed class PostgresServer : IAsyncLifetime
{
    private const string Owner = "gantry";
    private static readonly TimeSpan StartTime = TimeSpan.FromMinutes(2);

    private readonly string _folder = Directory.CreateTempSubdirectory("gantry-postgres-").FullName;
    private Process? _server;
    private int _databases;

    /// <summary>Why no server is available; null when one is.</summary>
    public string? Missing { get; private set; }

    public async ValueTask InitializeAsync()
    {
        if (Programs() is not { } programs)
        {
            Missing = "PostgreSQL is not installed (Debian package: postgresql)";
            return;
        }

        var data = Path.Combine(_folder, "data");
        await RunAsync("chmod", "0777", _folder);
        // This collation sorts words by language, so that a test notices where the store relies on the database's own order.
        await RunAsync(
            AsOwner(
                Path.Combine(programs, "initdb"),
                "--pgdata",
                data,
                "--username",
                Owner,
                "--auth",
                "trust",
                "--no-sync",
                "--encoding",
                "UTF8",
                "--locale",
                "C.UTF-8",
                "--locale-provider",
                "icu",
                "--icu-locale",
                "en-US"
            )
        );
        _server = Start(
            AsOwner(
                Path.Combine(programs, "postgres"),
                "-D",
                data,
                "-k",
                _folder,
                "-c",
                "listen_addresses=",
                "-c",
                "fsync=off",
                "-c",
                "max_connections=200"
            )
        );
        var asked = TimeProvider.System.GetTimestamp();
        while (!await AnswersAsync())
        {
            Assert.False(_server.HasExited, "PostgreSQL ended while it started");
            Assert.True(TimeProvider.System.GetElapsedTime(asked) < StartTime, "PostgreSQL does not answer");
            await Task.Yield();
        }
    }

    public async Task<PostgresStore> NewStoreAsync()
    {
        Assert.SkipWhen(Missing is not null, Missing ?? "");
        var name = $"store{Interlocked.Increment(ref _databases)}";
        await using var connection = new NpgsqlConnection(ConnectionString("postgres"));
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using var command = new NpgsqlCommand($"create database {name}", connection);
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        return new PostgresStore(ConnectionString(name));
    }

    public async ValueTask DisposeAsync()
    {
        NpgsqlConnection.ClearAllPools();
        if (_server is not null)
        {
            // SIGINT to the first process ends the server at once and in order.
            await RunAsync("kill", "-INT", _server.Id.ToString(CultureInfo.InvariantCulture));
            await _server.WaitForExitAsync(CancellationToken.None);
            _server.Dispose();
        }

        Directory.Delete(_folder, recursive: true);
    }

    private string ConnectionString(string database) => $"Host={_folder};Username={Owner};Database={database}";

    private async Task<bool> AnswersAsync()
    {
        try
        {
            await using var connection = new NpgsqlConnection(ConnectionString("postgres") + ";Pooling=false");
            await connection.OpenAsync(TestContext.Current.CancellationToken);
            return true;
        }
        catch (NpgsqlException)
        {
            return false;
        }
    }

    // Debian keeps the server's programs outside of PATH, one folder a version.
    private static string? Programs() =>
        Directory.Exists("/usr/lib/postgresql")
            ? Directory
                .EnumerateDirectories("/usr/lib/postgresql")
                .Select(version => Path.Combine(version, "bin"))
                .Where(bin => File.Exists(Path.Combine(bin, "initdb")) && File.Exists(Path.Combine(bin, "postgres")))
                .Order(StringComparer.Ordinal)
                .LastOrDefault()
            : null;

    // PostgreSQL refuses to run as root.
    private static string[] AsOwner(params string[] command) =>
        Environment.UserName is "root"
            ? ["setpriv", "--reuid", "nobody", "--regid", "nogroup", "--clear-groups", .. command]
            : command;

    private static async Task RunAsync(params string[] command)
    {
        using var process = Start(command);
        await process.WaitForExitAsync(CancellationToken.None);
        Assert.True(process.ExitCode is 0, $"{string.Join(' ', command)} ended with {process.ExitCode}");
    }

    private static Process Start(params string[] command)
    {
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            UseShellExecute = false,
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        var process = Process.Start(start)!;
        process.BeginErrorReadLine();
        process.BeginOutputReadLine();
        return process;
    }
}
