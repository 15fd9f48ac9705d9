using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Gantry.Lab.Store;

namespace Gantry.Lab.Kubernetes;

/// <summary>
/// Objects by kind and key with one resource version counter over all of them, as etcd stores them for an API server. Not
/// thread-safe: <see cref="LabCluster"/> holds the lock.
/// </summary>
internal sealed class ObjectStore(string clusterId, ILabStore store)
{
    /// <summary>Number of changes kept for watches. A watch from an older version gets 410 and lists again.</summary>
    private const int HistoryLength = 512;

    private const string NameAlphabet = "bcdfghjklmnpqrstvwxz2456789";

    private readonly Dictionary<string, SortedDictionary<string, StoredObject>> _kinds = [];
    private readonly LinkedList<WatchEvent> _history = new();
    private readonly List<WatchEvent> _pending = [];
    private readonly List<(string Kind, Channel<WatchEvent> Channel)> _watchers = [];
    private long _forgottenUpTo;
    private long _drawn;

    private string Rows => "kubernetes/" + clusterId;

    private string Counters => "kubernetes-counters/" + clusterId;

    public long ResourceVersion { get; private set; }

    public IReadOnlyList<WatchEvent> Pending => _pending;

    /// <summary>Loads the committed objects from the store and discards uncommitted changes.</summary>
    public void Load()
    {
        _kinds.Clear();
        _pending.Clear();
        ResourceVersion = 0;
        _drawn = 0;
        foreach (var (key, value) in store.All(Counters))
        {
            var number = BitConverter.ToInt64(value);
            (ResourceVersion, _drawn) = key == "drawn" ? (ResourceVersion, number) : (number, _drawn);
        }

        foreach (var (key, value) in store.All(Rows))
        {
            var bar = key.IndexOf('|', StringComparison.Ordinal);
            var (kind, name) = (key[..bar], key[(bar + 1)..]);
            Of(kind)[name] = StoredObject.Of(kind, name, JsonNode.Parse(value)!.AsObject());
        }

        if (_history.Count == 0)
        {
            _forgottenUpTo = ResourceVersion;
        }
    }

    public StoredObject? Find(string kind, string key) => Of(kind).GetValueOrDefault(key);

    public IEnumerable<StoredObject> All(string kind) => Of(kind).Values;

    public IEnumerable<StoredObject> Everything() => _kinds.Values.SelectMany(k => k.Values);

    public StoredObject Put(string kind, string key, JsonObject o)
    {
        var before = Find(kind, key);
        o.Metadata()["resourceVersion"] = (++ResourceVersion).ToString();
        var stored = StoredObject.Of(kind, key, o);
        Of(kind)[key] = stored;
        store.Put(Rows, $"{kind}|{key}", stored.Json);
        _pending.Add(new WatchEvent(before is null ? WatchKind.Added : WatchKind.Modified, stored, before));
        return stored;
    }

    /// <summary>Removes an object; its last state carries the resource version of the removal, as watches report it.</summary>
    public void Remove(string kind, string key)
    {
        var before = Of(kind)[key];
        Of(kind).Remove(key);
        store.Delete(Rows, $"{kind}|{key}");
        var last = before.Read();
        last.Metadata()["resourceVersion"] = (++ResourceVersion).ToString();
        _pending.Add(new WatchEvent(WatchKind.Deleted, StoredObject.Of(kind, key, last), before));
    }

    /// <summary>Writes the counters, as the last write of the transaction.</summary>
    public void SaveCounters()
    {
        store.Put(Counters, "version", BitConverter.GetBytes(ResourceVersion));
        store.Put(Counters, "drawn", BitConverter.GetBytes(_drawn));
    }

    /// <summary>The state <see cref="Undo"/> returns to.</summary>
    public (long Version, long Drawn) Mark() => (ResourceVersion, _drawn);

    /// <summary>Rolls back the unpublished changes since the mark.</summary>
    public void Undo((long Version, long Drawn) mark)
    {
        for (var i = _pending.Count - 1; i >= 0; i--)
        {
            var (kind, key) = (_pending[i].Object.Kind, _pending[i].Object.Key);
            if (_pending[i].Before is { } before)
            {
                Of(kind)[key] = before;
            }
            else
            {
                Of(kind).Remove(key);
            }
        }

        _pending.Clear();
        (ResourceVersion, _drawn) = mark;
    }

    /// <summary>Ends all watches, because the changes they reported were rolled back.</summary>
    public void CutWatches()
    {
        foreach (var (_, channel) in _watchers)
        {
            channel.Writer.TryComplete();
        }

        _watchers.Clear();
        _history.Clear();
        _forgottenUpTo = ResourceVersion;
    }

    /// <summary>Sends the changes to the watches.</summary>
    public void Publish()
    {
        foreach (var change in _pending)
        {
            _history.AddLast(change);
            foreach (var (kind, channel) in _watchers)
            {
                if (kind == change.Object.Kind)
                {
                    channel.Writer.TryWrite(change);
                }
            }
        }

        _pending.Clear();
        while (_history.Count > HistoryLength)
        {
            _forgottenUpTo = _history.First!.Value.Object.ResourceVersion;
            _history.RemoveFirst();
        }
    }

    /// <param name="after">Changes later than this resource version come first, then live ones.</param>
    /// <exception cref="KubeException">410: the resource version is before the kept history, or in the future.</exception>
    public Channel<WatchEvent> Watch(string kind, long after)
    {
        if (after < _forgottenUpTo || after > ResourceVersion)
        {
            throw KubeException.Expired($"too old resource version: {after} ({_forgottenUpTo + 1})");
        }

        var channel = Channel.CreateUnbounded<WatchEvent>(new UnboundedChannelOptions { SingleReader = true });
        foreach (var change in _history.Where(c => c.Object.Kind == kind && c.Object.ResourceVersion > after))
        {
            channel.Writer.TryWrite(change);
        }

        _watchers.Add((kind, channel));
        return channel;
    }

    public void Unwatch(Channel<WatchEvent> channel)
    {
        _watchers.RemoveAll(w => w.Channel == channel);
        channel.Writer.TryComplete();
    }

    /// <summary>A uid that is equal in every run with the same id and history.</summary>
    public string NewUid()
    {
        var bytes = Draw();
        bytes[6] = (byte)((bytes[6] & 0x0F) | 0x40);
        bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80);
        return new Guid(bytes.AsSpan(0, 16), bigEndian: true).ToString();
    }

    /// <summary>Five characters for a generated name, from an alphabet without vowels.</summary>
    public string NewSuffix() => string.Concat(Draw().Take(5).Select(b => NameAlphabet[b % NameAlphabet.Length]));

    public void Erase()
    {
        foreach (var (kind, rows) in _kinds)
        {
            foreach (var key in rows.Keys)
            {
                store.Delete(Rows, $"{kind}|{key}");
            }
        }

        store.Delete(Counters, "version");
        store.Delete(Counters, "drawn");
        _kinds.Clear();
        CutWatches();
    }

    private byte[] Draw() => SHA256.HashData(Encoding.UTF8.GetBytes($"{clusterId}/{++_drawn}"));

    private SortedDictionary<string, StoredObject> Of(string kind)
    {
        if (!_kinds.TryGetValue(kind, out var rows))
        {
            _kinds[kind] = rows = new SortedDictionary<string, StoredObject>(StringComparer.Ordinal);
        }

        return rows;
    }
}
