using System.Runtime.InteropServices;

namespace Gantry.Clusters.Planning;

/// <summary>
/// Machines that fit a pool, by zone. The best one is the cheapest of the zone that has the fewest machines of the pool.
/// </summary>
/// <param name="taken">The zones of the machines that the pool has, each as often as it has machines there.</param>
internal sealed class ZoneSpread(IEnumerable<string> taken)
{
    private readonly Dictionary<string, int> _counts = taken.CountBy(zone => zone).ToDictionary();
    private readonly Dictionary<string, PriorityQueue<Candidate, Rank>> _zones = [];

    public void Add(Candidate machine)
    {
        if (!_zones.TryGetValue(machine.Zone, out var zone))
        {
            _zones[machine.Zone] = zone = new PriorityQueue<Candidate, Rank>();
            _counts.TryAdd(machine.Zone, 0);
        }

        zone.Enqueue(machine, Rank.Of(machine));
    }

    /// <returns><c>null</c> when no machine is left.</returns>
    public Candidate? TakeBest()
    {
        PriorityQueue<Candidate, Rank>? best = null;
        (int Count, Rank Rank) least = default;
        foreach (var (name, zone) in _zones)
        {
            if (zone.TryPeek(out _, out var rank) && (best is null || (_counts[name], rank).CompareTo(least) < 0))
            {
                (best, least) = (zone, (_counts[name], rank));
            }
        }

        var machine = best?.Dequeue();
        if (machine is not null)
        {
            _counts[machine.Zone]++;
        }

        return machine;
    }

    /// <summary>Among machines of one cost the id decides, so that the choice is the same every time.</summary>
    /// <param name="Cost">As MAAS itself weighs machines: cores plus GiB.</param>
    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Rank(double Cost, string Machine) : IComparable<Rank>
    {
        public static Rank Of(Candidate free) => new(free.CpuCount + (free.MemoryMiB / 1024.0), free.Machine.Value);

        public int CompareTo(Rank other) =>
            Cost.CompareTo(other.Cost) is not 0 and var cost ? cost : string.CompareOrdinal(Machine, other.Machine);
    }
}
