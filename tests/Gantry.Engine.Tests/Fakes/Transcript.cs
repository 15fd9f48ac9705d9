using System.Globalization;
using System.Text;
using Gantry.Clusters.Model;

namespace Gantry.Engine.Tests.Fakes;

/// <summary>The events of a data centre in their order, and after them the counts of each pool that have changed.</summary>
public sealed class Transcript
{
    private readonly DataCentre place;
    private readonly Func<TimeSpan, ClusterEvent, string> line;
    private readonly StringBuilder text = new();
    private readonly Dictionary<string, PoolCounts> shown = [];
    private DateTimeOffset? begun;
    private int told;

    /// <param name="line">One event with the time since the request.</param>
    public Transcript(DataCentre place, Func<TimeSpan, ClusterEvent, string> line)
    {
        this.place = place;
        this.line = line;
        told = place.Events.Count;
        place.EachStatus = Count;
    }

    public string Text
    {
        get
        {
            Tell();
            return text.ToString();
        }
    }

    /// <summary>Forgets what has happened so far.</summary>
    public void Restart()
    {
        Tell();
        text.Clear();
        shown.Clear();
        begun = null;
    }

    /// <summary>Begins a request under a heading; its times count from now, and it shows the counts of all pools.</summary>
    public void Heading(string request)
    {
        Tell();
        Note($"# {request}");
        begun = place.Time.GetUtcNow();
        shown.Clear();
    }

    public void Note(string words)
    {
        Tell();
        text.Append(words).Append('\n');
    }

    private void Tell()
    {
        foreach (var happened in place.Events.Skip(told))
        {
            begun ??= happened.At;
            text.Append(line(happened.At - begun.Value, happened)).Append('\n');
        }

        told = place.Events.Count;
    }

    private void Count(ClusterStatus status)
    {
        Tell();
        var pools = PoolCounts.Of(status);
        foreach (var pool in shown.Keys.Union(pools.Keys).Order(StringComparer.Ordinal))
        {
            var counts = pools.GetValueOrDefault(pool);
            if (shown.TryGetValue(pool, out var before) && before == counts)
            {
                continue;
            }

            shown[pool] = counts;
            text.Append(CultureInfo.InvariantCulture, $"          {pool} {counts}\n");
        }
    }
}
