namespace Gantry.Lab.Store;

/// <summary>A store that lives as long as the process: for simulations and tests. Safe for use by several threads.</summary>
public sealed class MemoryLabStore : ILabStore
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, SortedDictionary<string, byte[]>> kinds = new(StringComparer.Ordinal);
    private List<Action>? undo;

    public void Put(string kind, string key, ReadOnlySpan<byte> value)
    {
        lock (gate)
        {
            var rows = Rows(kind);
            Remember(rows, key);
            rows[key] = value.ToArray();
        }
    }

    public void Delete(string kind, string key)
    {
        lock (gate)
        {
            var rows = Rows(kind);
            Remember(rows, key);
            rows.Remove(key);
        }
    }

    public void Together(Action writes)
    {
        lock (gate)
        {
            if (undo is not null)
            {
                writes();
                return;
            }

            undo = [];
            try
            {
                writes();
            }
            catch
            {
                for (var i = undo.Count - 1; i >= 0; i--)
                {
                    undo[i]();
                }

                throw;
            }
            finally
            {
                undo = null;
            }
        }
    }

    public IReadOnlyList<KeyValuePair<string, byte[]>> All(string kind)
    {
        lock (gate)
        {
            return [.. Rows(kind)];
        }
    }

    private SortedDictionary<string, byte[]> Rows(string kind)
    {
        if (!kinds.TryGetValue(kind, out var rows))
        {
            kinds[kind] = rows = new SortedDictionary<string, byte[]>(StringComparer.Ordinal);
        }

        return rows;
    }

    private void Remember(SortedDictionary<string, byte[]> rows, string key)
    {
        if (undo is null)
        {
            return;
        }

        if (rows.TryGetValue(key, out var before))
        {
            undo.Add(() => rows[key] = before);
        }
        else
        {
            undo.Add(() => rows.Remove(key));
        }
    }
}
