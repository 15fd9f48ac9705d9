using Microsoft.Data.Sqlite;

namespace Gantry.Lab.Store;

/// <summary>
/// A store in one SQLite file with a write-ahead log. A returned commit has reached the operating system, so it survives the end
/// of the process at any moment; with <c>synchronous=NORMAL</c> a power failure of the host may lose the last commits but never
/// corrupts the file. Thread-safe; one writer at a time.
/// </summary>
public sealed class SqliteLabStore : ILabStore, IDisposable
{
    private readonly Lock _gate = new();
    private readonly SqliteConnection _connection;
    private readonly SqliteCommand _put;
    private readonly SqliteCommand _delete;
    private readonly SqliteCommand _all;
    private SqliteTransaction? _transaction;

    private SqliteLabStore(SqliteConnection connection)
    {
        _connection = connection;
        _put = Command(
            "INSERT INTO lab(kind, key, value) VALUES($kind, $key, $value) "
                + "ON CONFLICT(kind, key) DO UPDATE SET value = excluded.value",
            "$kind",
            "$key",
            "$value"
        );
        _delete = Command("DELETE FROM lab WHERE kind = $kind AND key = $key", "$kind", "$key");
        _all = Command("SELECT key, value FROM lab WHERE kind = $kind ORDER BY key COLLATE BINARY", "$kind");
    }

    /// <summary>Opens the file, creating it and its folder if they do not exist.</summary>
    /// <exception cref="InvalidDataException">The file cannot be opened or is not a database.</exception>
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
            Run(
                opened,
                "CREATE TABLE IF NOT EXISTS lab(kind TEXT NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL, "
                    + "PRIMARY KEY(kind, key)) WITHOUT ROWID"
            );
            return new SqliteLabStore(opened);
        }
        catch (SqliteException unusable)
        {
            opened.Dispose();
            throw new InvalidDataException(
                $"'{full}' cannot be used as a database: {unusable.Message} Restore it from a backup, or start with another data "
                    + "folder.",
                unusable
            );
        }
        catch
        {
            opened.Dispose();
            throw;
        }
    }

    public void Put(string kind, string key, ReadOnlySpan<byte> value)
    {
        lock (_gate)
        {
            _put.Transaction = _transaction;
            _put.Parameters["$kind"].Value = kind;
            _put.Parameters["$key"].Value = key;
            _put.Parameters["$value"].Value = value.ToArray();
            _put.ExecuteNonQuery();
        }
    }

    public void Delete(string kind, string key)
    {
        lock (_gate)
        {
            _delete.Transaction = _transaction;
            _delete.Parameters["$kind"].Value = kind;
            _delete.Parameters["$key"].Value = key;
            _delete.ExecuteNonQuery();
        }
    }

    public void Together(Action writes)
    {
        lock (_gate)
        {
            if (_transaction is not null)
            {
                writes();
                return;
            }

            _transaction = _connection.BeginTransaction();
            try
            {
                writes();
                _transaction.Commit();
            }
            finally
            {
                _transaction.Dispose();
                _transaction = null;
            }
        }
    }

    public IReadOnlyList<KeyValuePair<string, byte[]>> All(string kind)
    {
        lock (_gate)
        {
            _all.Transaction = _transaction;
            _all.Parameters["$kind"].Value = kind;
            using var reader = _all.ExecuteReader();
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
        lock (_gate)
        {
            _put.Dispose();
            _delete.Dispose();
            _all.Dispose();
            _connection.Dispose();
        }
    }

    private SqliteCommand Command(string text, params ReadOnlySpan<string> names)
    {
        var command = _connection.CreateCommand();
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
