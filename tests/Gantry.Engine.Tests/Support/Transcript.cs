using System.Globalization;
using System.Text;
using Gantry.Clusters.Model;
using Gantry.Simulator.World;

namespace Gantry.Engine.Tests.Support;

/// <summary>The events of a data centre in their order, and after them the counts of each pool that have changed.</summary>
public sealed class Transcript
{
    private readonly EngineInWorld _place;
    private readonly Func<TimeSpan, ClusterEvent, string> _line;
    private readonly StringBuilder _text = new();
    private readonly Dictionary<string, PoolCounts> _shown = [];
    private DateTimeOffset? _begun;
    private int _told;

    /// <param name="line">One event with the time since the request.</param>
    public Transcript(EngineInWorld place, Func<TimeSpan, ClusterEvent, string> line)
    {
        _place = place;
        _line = line;
        _told = place.Events.Count;
        place.EachStatus = Count;
    }

    public string Text
    {
        get
        {
            Tell();
            return _text.ToString();
        }
    }

    /// <summary>Forgets what has happened so far.</summary>
    public void Restart()
    {
        Tell();
        _text.Clear();
        _shown.Clear();
        _begun = null;
    }

    /// <summary>Begins a request under a heading; its times count from now, and it shows the counts of all pools.</summary>
    public void Heading(string request)
    {
        Tell();
        Note($"# {request}");
        _begun = _place.Time.Now;
        _shown.Clear();
    }

    public void Note(string words)
    {
        Tell();
        _text.Append(words).Append('\n');
    }

    private void Tell()
    {
        foreach (var happened in _place.Events.Skip(_told))
        {
            _begun ??= happened.At;
            _text.Append(_line(happened.At - _begun.Value, happened)).Append('\n');
        }

        _told = _place.Events.Count;
    }

    private void Count(ClusterStatus status)
    {
        Tell();
        var pools = PoolCounts.Of(status);
        foreach (var pool in _shown.Keys.Union(pools.Keys).Order(StringComparer.Ordinal))
        {
            var counts = pools.GetValueOrDefault(pool);
            if (_shown.TryGetValue(pool, out var before) && before == counts)
            {
                continue;
            }

            _shown[pool] = counts;
            _text.Append(CultureInfo.InvariantCulture, $"          {pool} {counts}\n");
        }
    }
}
