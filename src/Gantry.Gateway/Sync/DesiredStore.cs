using System.Text.Json;
using Gantry.Clusters.Model;
using Gantry.Protocol;

namespace Gantry.Gateway.Sync;

/// <summary>
/// Keeps the last desired state and the recent releases in <c>gateway.db</c>. A write is durable when it returns.
/// </summary>
internal sealed class DesiredStore : IDesiredStore, IDisposable
{
    private const string Cluster = "cluster";
    private const string Account = "account";
    private readonly string _folder;
    private readonly SqliteFile _file;

    private DesiredStore(string folder, SqliteFile file) => (_folder, _file) = (folder, file);

    public static DesiredStore Open(string dataFolder)
    {
        var store = new DesiredStore(
            dataFolder,
            SqliteFile.Open(
                Path.Combine(dataFolder, "gateway.db"),
                "FULL",
                "CREATE TABLE IF NOT EXISTS desired(kind TEXT NOT NULL, id TEXT NOT NULL, content TEXT NOT NULL, PRIMARY "
                    + "KEY(kind, id)) WITHOUT ROWID;"
                    + "CREATE TABLE IF NOT EXISTS revision(only_row INTEGER PRIMARY KEY CHECK(only_row = 1), revision "
                    + "INTEGER NOT NULL);"
                    + "CREATE TABLE IF NOT EXISTS epoch(only_row INTEGER PRIMARY KEY CHECK(only_row = 1), epoch TEXT NOT NULL);"
                    + "CREATE TABLE IF NOT EXISTS instances(number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL);"
                    + "CREATE TABLE IF NOT EXISTS releases(machine TEXT PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID;"
            )
        );
        try
        {
            store.RecordEarlierKeys();
            return store;
        }
        catch
        {
            store.Dispose();
            throw;
        }
    }

    public void Dispose() => _file.Dispose();

    public string? FindProblem() => DataFolder.FindProblem(_folder);

    public KeptState Load()
    {
        lock (_file.Gate)
        {
            return new KeptState(
                _file.Read("SELECT revision FROM revision", row => row.GetInt64(0)).FirstOrDefault(),
                Of<ClusterSpec>(Cluster),
                Of<SealedAccount>(Account),
                _file.Read("SELECT epoch FROM epoch", row => row.GetString(0)).FirstOrDefault()
            );
        }
    }

    /// <summary>Keys that version 0.1 sealed without a destination, each with the endpoint that it was used with.</summary>
    public IReadOnlyDictionary<SealedSecret, string> EarlierKeys()
    {
        lock (_file.Gate)
        {
            return _file
                .Read(
                    "SELECT ephemeral_key, box, endpoint FROM earlier_keys",
                    row => (Key: new SealedSecret(row.GetString(0), row.GetString(1)), Endpoint: row.GetString(2))
                )
                .ToDictionary(row => row.Key, row => row.Endpoint);
        }
    }

    public void Apply(DesiredState state)
    {
        lock (_file.Gate)
        {
            _file.InOneStep(() =>
            {
                foreach (var cluster in state.Clusters)
                {
                    Put(Cluster, cluster.Id.Value, cluster);
                }

                foreach (var account in state.Accounts)
                {
                    Put(Account, account.Id.Value, account);
                }

                foreach (var gone in state.RemovedClusters)
                {
                    Remove(Cluster, gone.Value);
                }

                foreach (var gone in state.RemovedAccounts)
                {
                    Remove(Account, gone.Value);
                }

                SetRevision(state.Revision);
                if (state.Epoch is { } epoch)
                {
                    _file.Run(
                        "INSERT INTO epoch(only_row, epoch) VALUES(1, @epoch) ON CONFLICT(only_row) DO UPDATE SET epoch = @epoch",
                        ("@epoch", epoch)
                    );
                }
            });
        }
    }

    /// <summary>Makes the next poll request everything: for another console, or for a new pairing with the same one.</summary>
    public void RequestEverything()
    {
        lock (_file.Gate)
        {
            SetRevision(0);
        }
    }

    public IReadOnlyList<string> BeginInstance(string id, int atMost)
    {
        lock (_file.Gate)
        {
            var former = _file.Read(
                "SELECT id FROM instances ORDER BY number DESC LIMIT @most",
                row => row.GetString(0),
                ("@most", atMost)
            );
            _file.Run("INSERT INTO instances(id) VALUES(@id)", ("@id", id));
            _file.Run("DELETE FROM instances WHERE number <= (SELECT MAX(number) FROM instances) - @most", ("@most", atMost));
            former.Reverse();
            return former;
        }
    }

    public int? BookRelease(SystemId machine, DateTimeOffset now, DateTimeOffset since, int atMost)
    {
        lock (_file.Gate)
        {
            var others = _file.Read(
                "SELECT COUNT(*) FROM releases WHERE at > @since AND machine <> @machine",
                row => row.GetInt32(0),
                ("@since", since.ToUnixTimeMilliseconds()),
                ("@machine", machine.Value)
            )[0];
            if (others >= atMost)
            {
                return others;
            }

            _file.InOneStep(() =>
            {
                _file.Run("DELETE FROM releases WHERE at <= @since", ("@since", since.ToUnixTimeMilliseconds()));
                _file.Run(
                    "INSERT INTO releases(machine, at) VALUES(@machine, @now) ON CONFLICT(machine) DO UPDATE SET at = @now",
                    ("@machine", machine.Value),
                    ("@now", now.ToUnixTimeMilliseconds())
                );
            });
            return null;
        }
    }

    // Once, when this version first opens the folder: what the console says of such a key later must not count.
    private void RecordEarlierKeys()
    {
        lock (_file.Gate)
        {
            if (_file.Read("SELECT 1 FROM sqlite_master WHERE name = 'earlier_keys'", row => row.GetInt32(0)).Count > 0)
            {
                return;
            }

            _file.InOneStep(() =>
            {
                _file.Run(
                    "CREATE TABLE earlier_keys(ephemeral_key TEXT NOT NULL, box TEXT NOT NULL, endpoint TEXT NOT NULL, "
                        + "PRIMARY KEY(ephemeral_key, box)) WITHOUT ROWID"
                );
                foreach (var account in Of<SealedAccount>(Account).Where(account => !account.Key.IsBound))
                {
                    _file.Run(
                        "INSERT OR IGNORE INTO earlier_keys VALUES(@key, @box, @endpoint)",
                        ("@key", account.Key.EphemeralKey),
                        ("@box", account.Key.Box),
                        ("@endpoint", account.Endpoint)
                    );
                }
            });
        }
    }

    private List<T> Of<T>(string kind) =>
        _file.Read(
            "SELECT content FROM desired WHERE kind = @kind ORDER BY id",
            row =>
                JsonSerializer.Deserialize<T>(row.GetString(0), ProtocolJson.Options)
                ?? throw new JsonException($"A kept {kind} is null."),
            ("@kind", kind)
        );

    private void Put<T>(string kind, string id, T content) =>
        _file.Run(
            "INSERT INTO desired(kind, id, content) VALUES(@kind, @id, @content) ON CONFLICT(kind, id) DO UPDATE SET "
                + "content = @content",
            ("@kind", kind),
            ("@id", id),
            ("@content", JsonSerializer.Serialize(content, ProtocolJson.Options))
        );

    private void Remove(string kind, string id) =>
        _file.Run("DELETE FROM desired WHERE kind = @kind AND id = @id", ("@kind", kind), ("@id", id));

    private void SetRevision(long revision) =>
        _file.Run(
            "INSERT INTO revision(only_row, revision) VALUES(1, @revision) ON CONFLICT(only_row) DO UPDATE SET "
                + "revision = @revision",
            ("@revision", revision)
        );
}
