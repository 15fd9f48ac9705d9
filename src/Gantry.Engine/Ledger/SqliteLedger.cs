using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Gantry.Clusters.Model;
using Microsoft.Data.Sqlite;

namespace Gantry.Engine.Ledger;

/// <summary>
/// A ledger in one SQLite file. Only the file's owner may read it, because it holds the clusters' keys. A completed write is on
/// disk and survives a power failure.
/// </summary>
public sealed class SqliteLedger : ILedger, IDisposable
{
    private const string Clusters = "cluster";
    private const string Secrets = "secrets";
    private const string Quarantined = "quarantine";
    private const string Facts = "ledger";

    private readonly Lock _gate = new();
    private readonly SqliteConnection _connection;

    private SqliteLedger(SqliteConnection connection) => _connection = connection;

    /// <summary>Opens the file. Creates it and its folder if they do not exist.</summary>
    /// <exception cref="InvalidDataException">The file cannot be opened or is not a database.</exception>
    public static SqliteLedger Open(string path)
    {
        var full = Path.GetFullPath(path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        KeepPrivate(full);
        var opened = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = full, Pooling = false }.ToString());
        try
        {
            opened.Open();
            foreach (
                var command in new[]
                {
                    "PRAGMA journal_mode=WAL",
                    "PRAGMA synchronous=FULL",
                    "PRAGMA busy_timeout=5000",
                    "CREATE TABLE IF NOT EXISTS ledger(kind TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, "
                        + "PRIMARY KEY(kind, key)) WITHOUT ROWID",
                }
            )
            {
                using var run = opened.CreateCommand();
                run.CommandText = command;
                run.ExecuteNonQuery();
            }

            var ledger = new SqliteLedger(opened);
            if (ledger.Get(Facts, "id") is null)
            {
                ledger.Put(Facts, "id", RandomNumberGenerator.GetHexString(8, lowercase: true));
            }

            return ledger;
        }
        catch (SqliteException unusable)
        {
            opened.Dispose();
            throw new InvalidDataException(
                $"'{full}' cannot be used as a database: {unusable.Message} Restore it from a backup: without it, the machines "
                    + "and the certificate authorities of all clusters are unknown.",
                unusable
            );
        }
        catch
        {
            opened.Dispose();
            throw;
        }
    }

    public void Dispose() => _connection.Dispose();

    public Task<string> GetIdAsync(CancellationToken cancellationToken) => Task.FromResult(Get(Facts, "id")!);

    public Task<long> NextAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            var next = long.Parse(Get(Facts, "last") ?? "0", CultureInfo.InvariantCulture) + 1;
            Put(Facts, "last", next.ToString(CultureInfo.InvariantCulture));
            return Task.FromResult(next);
        }
    }

    public Task<IReadOnlyList<ClusterRecord>> LoadAsync(CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<ClusterRecord>>([
            .. Rows(Clusters).Select(row => LedgerJson.TryRead<ClusterRecord>(row.Value, out _)).OfType<ClusterRecord>(),
        ]);

    public Task<IReadOnlyList<UnreadableRecord>> LoadUnreadableAsync(CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<UnreadableRecord>>([
            .. Rows(Clusters)
                .Select(row =>
                    LedgerJson.TryRead<ClusterRecord>(row.Value, out var why) is null
                        ? UnreadableRecord.Of(row.Key, row.Value, why)
                        : null
                )
                .OfType<UnreadableRecord>(),
        ]);

    public Task SaveAsync(ClusterRecord cluster, CancellationToken cancellationToken)
    {
        Put(Clusters, cluster.Spec.Id.Value, LedgerJson.Write(cluster));
        return Task.CompletedTask;
    }

    public Task EndAsync(ClusterRecord ended, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            using var transaction = _connection.BeginTransaction();
            Put(Clusters, ended.Spec.Id.Value, LedgerJson.Write(ended), transaction);
            Delete(Secrets, ended.Spec.Id.Value, transaction);
            transaction.Commit();
        }

        return Task.CompletedTask;
    }

    public Task RemoveAsync(ClusterId cluster, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            using var transaction = _connection.BeginTransaction();
            Delete(Clusters, cluster.Value, transaction);
            Delete(Secrets, cluster.Value, transaction);
            transaction.Commit();
        }

        return Task.CompletedTask;
    }

    public Task<ClusterSecrets?> FindSecretsAsync(ClusterId cluster, CancellationToken cancellationToken) =>
        Task.FromResult(Get(Secrets, cluster.Value) is { } json ? LedgerJson.Read<ClusterSecrets>(json) : null);

    public Task SaveSecretsAsync(ClusterId cluster, ClusterSecrets secrets, CancellationToken cancellationToken)
    {
        Put(Secrets, cluster.Value, LedgerJson.Write(secrets));
        return Task.CompletedTask;
    }

    public Task<string?> LoadTimingsAsync(CancellationToken cancellationToken) => Task.FromResult(Get(Facts, "timings"));

    public Task SaveTimingsAsync(string timings, CancellationToken cancellationToken)
    {
        Put(Facts, "timings", timings);
        return Task.CompletedTask;
    }

    public Task<IReadOnlyList<QuarantinedMachine>> LoadQuarantineAsync(CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<QuarantinedMachine>>([
            .. Rows(Quarantined)
                .Select(row =>
                    LedgerJson.TryRead<QuarantinedMachine>(row.Value, out _) ?? QuarantinedMachine.Unreadable(row.Key)
                ),
        ]);

    public Task QuarantineAsync(QuarantinedMachine machine, CancellationToken cancellationToken)
    {
        Put(Quarantined, machine.Machine.Value, LedgerJson.Write(machine));
        return Task.CompletedTask;
    }

    public Task ClearQuarantineAsync(SystemId machine, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            Delete(Quarantined, machine.Value, null);
        }

        return Task.CompletedTask;
    }

    // SQLite creates the write-ahead log and its index with the mode of the database file.
    private static void KeepPrivate(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        const UnixFileMode ownerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (
            new FileStream(
                path,
                new FileStreamOptions
                {
                    Mode = FileMode.OpenOrCreate,
                    Access = FileAccess.ReadWrite,
                    Share = FileShare.ReadWrite,
                    UnixCreateMode = ownerOnly,
                }
            )
        ) { }

        File.SetUnixFileMode(path, ownerOnly);
    }

    private string? Get(string kind, string key)
    {
        lock (_gate)
        {
            using var command = Command("SELECT value FROM ledger WHERE kind = $kind AND key = $key", kind, key);
            return command.ExecuteScalar() as string;
        }
    }

    private List<(string Key, string Value)> Rows(string kind)
    {
        lock (_gate)
        {
            using var command = Command("SELECT key, value FROM ledger WHERE kind = $kind ORDER BY key", kind, null);
            using var rows = command.ExecuteReader();
            var found = new List<(string Key, string Value)>();
            while (rows.Read())
            {
                found.Add((rows.GetString(0), rows.GetString(1)));
            }

            return found;
        }
    }

    private void Put(string kind, string key, string value, SqliteTransaction? transaction = null)
    {
        lock (_gate)
        {
            using var command = Command(
                "INSERT INTO ledger(kind, key, value) VALUES($kind, $key, $value) "
                    + "ON CONFLICT(kind, key) DO UPDATE SET value = excluded.value",
                kind,
                key
            );
            command.Transaction = transaction;
            command.Parameters.AddWithValue("$value", value);
            command.ExecuteNonQuery();
        }
    }

    private void Delete(string kind, string key, SqliteTransaction? transaction)
    {
        using var command = Command("DELETE FROM ledger WHERE kind = $kind AND key = $key", kind, key);
        command.Transaction = transaction;
        command.ExecuteNonQuery();
    }

    private SqliteCommand Command(string text, string kind, string? key)
    {
        var command = _connection.CreateCommand();
        command.CommandText = text;
        command.Parameters.AddWithValue("$kind", kind);
        if (key is not null)
        {
            command.Parameters.AddWithValue("$key", key);
        }

        return command;
    }
}
