using Gantry.Gateway.Pairing;
using Microsoft.Data.Sqlite;

namespace Gantry.Gateway.Sync;

/// <summary>One SQLite file with one connection, readable by its owner only. Its lock serializes its users.</summary>
internal sealed class SqliteFile : IDisposable
{
    private readonly SqliteConnection _connection;

    private SqliteFile(SqliteConnection connection) => _connection = connection;

    public Lock Gate { get; } = new();

    /// <param name="synchronous"><c>FULL</c>: a commit survives a power failure. <c>NORMAL</c>: it survives the end of the
    /// process.</param>
    /// <exception cref="GatewayException">The file is not a database, or cannot be written.</exception>
    public static SqliteFile Open(string path, string synchronous, string schema)
    {
        PrivateFiles.Ensure(path);
        var connection = new SqliteConnection(
            new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString()
        );
        try
        {
            connection.Open();
            var file = new SqliteFile(connection);
            file.Run("PRAGMA journal_mode=WAL");
            file.Run($"PRAGMA synchronous={synchronous}");
            file.Run("PRAGMA busy_timeout=5000");
            file.Run(schema);
            return file;
        }
        catch (SqliteException unusable)
        {
            connection.Dispose();
            throw new GatewayException($"'{path}' cannot be used as a database: {unusable.Message}", unusable);
        }
    }

    public void Dispose() => _connection.Dispose();

    public int Run(string sql, params ReadOnlySpan<(string Name, object Value)> values)
    {
        using var command = Command(sql, values);
        return command.ExecuteNonQuery();
    }

    public List<T> Read<T>(string sql, Func<SqliteDataReader, T> row, params ReadOnlySpan<(string Name, object Value)> values)
    {
        using var command = Command(sql, values);
        using var reader = command.ExecuteReader();
        List<T> rows = [];
        while (reader.Read())
        {
            rows.Add(row(reader));
        }

        return rows;
    }

    /// <summary>Runs the action in one transaction.</summary>
    public void InOneStep(Action act)
    {
        using var transaction = _connection.BeginTransaction();
        act();
        transaction.Commit();
    }

    private SqliteCommand Command(string sql, ReadOnlySpan<(string Name, object Value)> values)
    {
        var command = _connection.CreateCommand();
        command.CommandText = sql;
        foreach (var (name, value) in values)
        {
            command.Parameters.AddWithValue(name, value);
        }

        return command;
    }
}
