namespace Gantry.Lab.Store;

/// <summary>An in-memory store for simulations and tests. Thread-safe.</summary>
public sealed class MemoryLabStore : ILabStore
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, SortedDictionary<string, byte[]>> _kinds = new(StringComparer.Ordinal);
    private List<Action>? _undo;

    public void Put(string kind, string key, ReadOnlySpan<byte> value)
    {
        lock (_gate)
        {
            var rows = Rows(kind);
            Remember(rows, key);
            rows[key] = value.ToArray();
        }
    }

    public void Delete(string kind, string key)
    {
        lock (_gate)
        {
            var rows = Rows(kind);
            Remember(rows, key);
            rows.Remove(key);
        }
    }

    public void Together(Action writes)
    {
        lock (_gate)
        {
            if (_undo is not null)
            {
                writes();
                return;
            }

            _undo = [];
            try
            {
                writes();
            }
            catch
            {
                for (var i = _undo.Count - 1; i >= 0; i--)
                {
                    _undo[i]();
                }

                throw;
            }
            finally
            {
                _undo = null;
            }
        }
    }

    public IReadOnlyList<KeyValuePair<string, byte[]>> All(string kind)
    {
        lock (_gate)
        {
            return [.. Rows(kind)];
        }
    }

    private SortedDictionary<string, byte[]> Rows(string kind)
    {
        if (!_kinds.TryGetValue(kind, out var rows))
        {
            _kinds[kind] = rows = new SortedDictionary<string, byte[]>(StringComparer.Ordinal);
        }

        return rows;
    }

    private void Remember(SortedDictionary<string, byte[]> rows, string key)
    {
        if (_undo is null)
        {
            return;
        }

        if (rows.TryGetValue(key, out var before))
        {
            _undo.Add(() => rows[key] = before);
        }
        else
        {
            _undo.Add(() => rows.Remove(key));
        }
    }
}
