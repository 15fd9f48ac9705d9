using System.Text.Json;
using Gantry.Lab.Store;

namespace Gantry.Lab.Maas;

/// <summary>Rows of one kind: read from memory, and stored before the response to a change.</summary>
internal sealed class Table<TKey, TRow>
    where TKey : notnull
{
    private readonly ILabStore _store;
    private readonly string _kind;
    private readonly Func<TRow, TKey> _keyOf;
    private readonly Func<TKey, string> _name;
    private readonly SortedDictionary<TKey, TRow> _rows;

    public Table(ILabStore store, string kind, Func<TRow, TKey> keyOf, Func<TKey, string> name, IComparer<TKey>? order = null)
    {
        _store = store;
        _kind = kind;
        _keyOf = keyOf;
        _name = name;
        _rows = new SortedDictionary<TKey, TRow>(order ?? Comparer<TKey>.Default);
        foreach (var (_, value) in store.All(kind))
        {
            var row = JsonSerializer.Deserialize<TRow>(value)!;
            _rows[keyOf(row)] = row;
        }
    }

    /// <summary>The rows by key.</summary>
    public IEnumerable<TRow> All => _rows.Values;

    public int Count => _rows.Count;

    /// <summary>Incremented by each change, so that caches of derived data can detect it.</summary>
    public int Version { get; private set; }

    public TRow? Find(TKey key) => _rows.GetValueOrDefault(key);

    public bool Has(TKey key) => _rows.ContainsKey(key);

    public TRow Put(TRow row)
    {
        var key = _keyOf(row);
        _store.Put(_kind, _name(key), JsonSerializer.SerializeToUtf8Bytes(row));
        _rows[key] = row;
        Version++;
        return row;
    }

    public void Remove(TKey key)
    {
        if (_rows.Remove(key))
        {
            _store.Delete(_kind, _name(key));
            Version++;
        }
    }
}
