using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Gantry.Lab.Store;

namespace Gantry.Lab.Kubernetes;

/// <summary>
/// Objects by kind and key with one counter of resource versions over all of them, as etcd keeps them under an API
/// server. Not safe for several threads: <see cref="LabCluster"/> holds the lock.
/// </summary>
internal sealed class ObjectStore(string clusterId, ILabStore store)
{
    /// <summary>How many changes a watch may be behind; one that asks for older ones gets 410 and lists again.</summary>
    private const int HistoryLength = 512;

    private const string NameAlphabet = "bcdfghjklmnpqrstvwxz2456789";

    private readonly Dictionary<string, SortedDictionary<string, StoredObject>> kinds = [];
    private readonly LinkedList<WatchEvent> history = new();
    private readonly List<WatchEvent> pending = [];
    private readonly List<(string Kind, Channel<WatchEvent> Channel)> watchers = [];
    private long forgottenUpTo;
    private long drawn;

    private string Rows => "kubernetes/" + clusterId;

    private string Counters => "kubernetes-counters/" + clusterId;

    public long ResourceVersion { get; private set; }

    public IReadOnlyList<WatchEvent> Pending => pending;

    /// <summary>Takes what the store holds; forgets what was not committed.</summary>
    public void Load()
    {
        kinds.Clear();
        pending.Clear();
        ResourceVersion = 0;
        drawn = 0;
        foreach (var (key, value) in store.All(Counters))
        {
            var number = BitConverter.ToInt64(value);
            (ResourceVersion, drawn) = key == "drawn" ? (ResourceVersion, number) : (number, drawn);
        }

        foreach (var (key, value) in store.All(Rows))
        {
            var bar = key.IndexOf('|', StringComparison.Ordinal);
            var (kind, name) = (key[..bar], key[(bar + 1)..]);
            Of(kind)[name] = StoredObject.Of(kind, name, JsonNode.Parse(value)!.AsObject());
        }

        if (history.Count == 0)
        {
            forgottenUpTo = ResourceVersion;
        }
    }

    public StoredObject? Find(string kind, string key) => Of(kind).GetValueOrDefault(key);

    public IEnumerable<StoredObject> All(string kind) => Of(kind).Values;

    public IEnumerable<StoredObject> Everything() => kinds.Values.SelectMany(k => k.Values);

    public StoredObject Put(string kind, string key, JsonObject o)
    {
        var before = Find(kind, key);
        o.Metadata()["resourceVersion"] = (++ResourceVersion).ToString();
        var stored = StoredObject.Of(kind, key, o);
        Of(kind)[key] = stored;
        store.Put(Rows, $"{kind}|{key}", stored.Json);
        pending.Add(new WatchEvent(before is null ? WatchKind.Added : WatchKind.Modified, stored, before));
        return stored;
    }

    /// <summary>Removes; the last state carries the resource version of its removal, as watches show it.</summary>
    public void Remove(string kind, string key)
    {
        var before = Of(kind)[key];
        Of(kind).Remove(key);
        store.Delete(Rows, $"{kind}|{key}");
        var last = before.Read();
        last.Metadata()["resourceVersion"] = (++ResourceVersion).ToString();
        pending.Add(new WatchEvent(WatchKind.Deleted, StoredObject.Of(kind, key, last), before));
    }

    /// <summary>Writes the counters; the last act inside the transaction.</summary>
    public void SaveCounters()
    {
        store.Put(Counters, "version", BitConverter.GetBytes(ResourceVersion));
        store.Put(Counters, "drawn", BitConverter.GetBytes(drawn));
    }

    /// <summary>Where <see cref="Undo"/> goes back to.</summary>
    public (long Version, long Drawn) Mark() => (ResourceVersion, drawn);

    /// <summary>Takes back what was changed since the mark and not published.</summary>
    public void Undo((long Version, long Drawn) mark)
    {
        for (var i = pending.Count - 1; i >= 0; i--)
        {
            var (kind, key) = (pending[i].Object.Kind, pending[i].Object.Key);
            if (pending[i].Before is { } before)
            {
                Of(kind)[key] = before;
            }
            else
            {
                Of(kind).Remove(key);
            }
        }

        pending.Clear();
        (ResourceVersion, drawn) = mark;
    }

    /// <summary>Ends all watches: what they were told does not hold.</summary>
    public void CutWatches()
    {
        foreach (var (_, channel) in watchers)
        {
            channel.Writer.TryComplete();
        }

        watchers.Clear();
        history.Clear();
        forgottenUpTo = ResourceVersion;
    }

    /// <summary>Tells the watches what was changed.</summary>
    public void Publish()
    {
        foreach (var change in pending)
        {
            history.AddLast(change);
            foreach (var (kind, channel) in watchers)
            {
                if (kind == change.Object.Kind)
                {
                    channel.Writer.TryWrite(change);
                }
            }
        }

        pending.Clear();
        while (history.Count > HistoryLength)
        {
            forgottenUpTo = history.First!.Value.Object.ResourceVersion;
            history.RemoveFirst();
        }
    }

    /// <param name="after">Changes later than this resource version come first, then live ones.</param>
    /// <exception cref="KubeException">410: the history no longer reaches back that far, or was never there.</exception>
    public Channel<WatchEvent> Watch(string kind, long after)
    {
        if (after < forgottenUpTo || after > ResourceVersion)
        {
            throw KubeException.Expired($"too old resource version: {after} ({forgottenUpTo + 1})");
        }

        var channel = Channel.CreateUnbounded<WatchEvent>(new UnboundedChannelOptions { SingleReader = true });
        foreach (var change in history.Where(c => c.Object.Kind == kind && c.Object.ResourceVersion > after))
        {
            channel.Writer.TryWrite(change);
        }

        watchers.Add((kind, channel));
        return channel;
    }

    public void Unwatch(Channel<WatchEvent> channel)
    {
        watchers.RemoveAll(w => w.Channel == channel);
        channel.Writer.TryComplete();
    }

    /// <summary>A uid that is the same in every run with the same id and history.</summary>
    public string NewUid()
    {
        var bytes = Draw();
        bytes[6] = (byte)((bytes[6] & 0x0F) | 0x40);
        bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80);
        return new Guid(bytes.AsSpan(0, 16), bigEndian: true).ToString();
    }

    /// <summary>Five characters for a generated name, from the alphabet that spells no words.</summary>
    public string NewSuffix() => string.Concat(Draw().Take(5).Select(b => NameAlphabet[b % NameAlphabet.Length]));

    public void Erase()
    {
        foreach (var (kind, rows) in kinds)
        {
            foreach (var key in rows.Keys)
            {
                store.Delete(Rows, $"{kind}|{key}");
            }
        }

        store.Delete(Counters, "version");
        store.Delete(Counters, "drawn");
        kinds.Clear();
        CutWatches();
    }

    private byte[] Draw() => SHA256.HashData(Encoding.UTF8.GetBytes($"{clusterId}/{++drawn}"));

    private SortedDictionary<string, StoredObject> Of(string kind)
    {
        if (!kinds.TryGetValue(kind, out var rows))
        {
            kinds[kind] = rows = new SortedDictionary<string, StoredObject>(StringComparer.Ordinal);
        }

        return rows;
    }
}
