using Microsoft.Data.Sqlite;

namespace Gantry.Lab.Store;

/// <summary>
/// A store in one SQLite file with a write-ahead log. A commit has reached the operating system when it returns, so it
/// survives the end of the process at any moment; with <c>synchronous=NORMAL</c> a power failure of the host may cost the
/// last commits but never corrupts the file. Safe for use by several threads; one writer at a time.
/// </summary>
public sealed class SqliteLabStore : ILabStore, IDisposable
{
    private readonly Lock gate = new();
    private readonly SqliteConnection connection;
    private readonly SqliteCommand put;
    private readonly SqliteCommand delete;
    private readonly SqliteCommand all;
    private SqliteTransaction? transaction;

    private SqliteLabStore(SqliteConnection connection)
    {
        this.connection = connection;
        put = Command("INSERT INTO lab(kind, key, value) VALUES($kind, $key, $value) " +
            "ON CONFLICT(kind, key) DO UPDATE SET value = excluded.value", "$kind", "$key", "$value");
        delete = Command("DELETE FROM lab WHERE kind = $kind AND key = $key", "$kind", "$key");
        all = Command("SELECT key, value FROM lab WHERE kind = $kind ORDER BY key COLLATE BINARY", "$kind");
    }

    /// <summary>Opens the file, making it and its folder if they are not there.</summary>
    /// <exception cref="SqliteException">The file cannot be opened or is not a database.</exception>
    public static SqliteLabStore Open(string path)
    {
        var full = Path.GetFullPath(path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        var opened = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = full, Pooling = false }.ToString());
        try
        {
            opened.Open();
            Run(opened, "PRAGMA journal_mode=WAL");
            Run(opened, "PRAGMA synchronous=NORMAL");
            Run(opened, "PRAGMA busy_timeout=5000");
            Run(opened, "CREATE TABLE IF NOT EXISTS lab(kind TEXT NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL, " +
                "PRIMARY KEY(kind, key)) WITHOUT ROWID");
            return new SqliteLabStore(opened);
        }
        catch
        {
            opened.Dispose();
            throw;
        }
    }

    public void Put(string kind, string key, ReadOnlySpan<byte> value)
    {
        lock (gate)
        {
            put.Transaction = transaction;
            put.Parameters["$kind"].Value = kind;
            put.Parameters["$key"].Value = key;
            put.Parameters["$value"].Value = value.ToArray();
            put.ExecuteNonQuery();
        }
    }

    public void Delete(string kind, string key)
    {
        lock (gate)
        {
            delete.Transaction = transaction;
            delete.Parameters["$kind"].Value = kind;
            delete.Parameters["$key"].Value = key;
            delete.ExecuteNonQuery();
        }
    }

    public void Together(Action writes)
    {
        lock (gate)
        {
            if (transaction is not null)
            {
                writes();
                return;
            }

            transaction = connection.BeginTransaction();
            try
            {
                writes();
                transaction.Commit();
            }
            finally
            {
                transaction.Dispose();
                transaction = null;
            }
        }
    }

    public IReadOnlyList<KeyValuePair<string, byte[]>> All(string kind)
    {
        lock (gate)
        {
            all.Transaction = transaction;
            all.Parameters["$kind"].Value = kind;
            using var reader = all.ExecuteReader();
            var rows = new List<KeyValuePair<string, byte[]>>();
            while (reader.Read())
            {
                rows.Add(new(reader.GetString(0), reader.GetFieldValue<byte[]>(1)));
            }

            return rows;
        }
    }

    public void Dispose()
    {
        lock (gate)
        {
            put.Dispose();
            delete.Dispose();
            all.Dispose();
            connection.Dispose();
        }
    }

    private SqliteCommand Command(string text, params ReadOnlySpan<string> names)
    {
        var command = connection.CreateCommand();
        command.CommandText = text;
        foreach (var name in names)
        {
            command.Parameters.AddWithValue(name, DBNull.Value);
        }

        return command;
    }

    private static void Run(SqliteConnection connection, string text)
    {
        using var command = connection.CreateCommand();
        command.CommandText = text;
        command.ExecuteNonQuery();
    }
}
