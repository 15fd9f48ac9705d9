using System.Text.Json;
using Gantry.Clusters.Model;
using Gantry.Protocol;
using Microsoft.Data.Sqlite;

namespace Gantry.Gateway.Sync;

/// <summary>
/// Undelivered events, in order, in <c>outbox.db</c>: they survive the process, and are removed when the console has them.
/// When there are too many, the oldest are dropped.
/// </summary>
internal sealed class EventOutbox : IEventOutbox, IDisposable
{
    private readonly SqliteFile _file;
    private readonly int _bound;
    private int _count;

    private EventOutbox(SqliteFile file, int bound)
    {
        _file = file;
        _bound = bound;
        _count = file.Read("SELECT COUNT(*) FROM events", row => row.GetInt32(0))[0];
    }

    public static EventOutbox Open(string dataFolder, int bound) =>
        new(
            SqliteFile.Open(
                Path.Combine(dataFolder, "outbox.db"),
                "NORMAL",
                "CREATE TABLE IF NOT EXISTS events(number INTEGER PRIMARY KEY AUTOINCREMENT, content TEXT NOT NULL)"
            ),
            bound
        );

    public void Dispose() => _file.Dispose();

    /// <returns>How many old events were dropped.</returns>
    /// <exception cref="SqliteException">The disk is full or unavailable.</exception>
    public int Add(ClusterEvent happened)
    {
        lock (_file.Gate)
        {
            _file.Run(
                "INSERT INTO events(content) VALUES(@content)",
                ("@content", JsonSerializer.Serialize(happened, ProtocolJson.Options))
            );
            if (++_count <= _bound)
            {
                return 0;
            }

            // Drops a tenth at once, so that not every further event needs a deletion.
            var dropped = _file.Run(
                "DELETE FROM events WHERE number IN (SELECT number FROM events ORDER BY number LIMIT @room)",
                ("@room", Math.Max(1, _bound / 10))
            );
            _count -= dropped;
            return dropped;
        }
    }

    public (IReadOnlyList<ClusterEvent> Events, long UpTo) Peek(int atMost)
    {
        lock (_file.Gate)
        {
            var rows = _file.Read(
                "SELECT number, content FROM events ORDER BY number LIMIT @most",
                row =>
                    (
                        Number: row.GetInt64(0),
                        Event: JsonSerializer.Deserialize<ClusterEvent>(row.GetString(1), ProtocolJson.Options)!
                    ),
                ("@most", atMost)
            );
            return ([.. rows.Select(row => row.Event)], rows.Count is 0 ? 0 : rows[^1].Number);
        }
    }

    public void Delivered(long upTo)
    {
        lock (_file.Gate)
        {
            _count -= _file.Run("DELETE FROM events WHERE number <= @number", ("@number", upTo));
        }
    }
}
