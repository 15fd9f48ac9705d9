namespace Gantry.Clusters.Planning;

/// <summary>
/// Machines that fit a pool, by zone. The best one is the cheapest of the zone with the fewest machines of the pool; among
/// machines of equal cost the id decides, so that the choice is deterministic.
/// </summary>
internal sealed class ZoneSpread
{
    private static readonly Comparer<Candidate> ByCost = Comparer<Candidate>.Create(Compare);

    private readonly Dictionary<string, int> _counts;
    private readonly Dictionary<string, PriorityQueue<Candidate, Candidate>> _zones;

    /// <param name="taken">The zone of each of the pool's machines.</param>
    /// <param name="fitting">The machines to choose from.</param>
    public ZoneSpread(IEnumerable<string> taken, IEnumerable<Candidate> fitting)
    {
        _zones = fitting.GroupBy(machine => machine.Zone, StringComparer.Ordinal).ToDictionary(zone => zone.Key, Cheapest);
        _counts = taken.CountBy(zone => zone, StringComparer.Ordinal).ToDictionary(StringComparer.Ordinal);
    }

    /// <returns><c>null</c> when no machine is left.</returns>
    public Candidate? TakeBest()
    {
        Candidate? best = null;
        foreach (var zone in _zones.Values)
        {
            if (zone.TryPeek(out var machine, out _) && (best is null || IsBetter(machine, best)))
            {
                best = machine;
            }
        }

        if (best is not null)
        {
            _zones[best.Zone].Dequeue();
            _counts[best.Zone] = Count(best.Zone) + 1;
        }

        return best;
    }

    private static PriorityQueue<Candidate, Candidate> Cheapest(IEnumerable<Candidate> machines) =>
        new(machines.Select(machine => (machine, machine)), ByCost);

    private bool IsBetter(Candidate one, Candidate other) =>
        Count(one.Zone).CompareTo(Count(other.Zone)) is not 0 and var count ? count < 0 : Compare(one, other) < 0;

    private int Count(string zone) => _counts.GetValueOrDefault(zone);

    private static int Compare(Candidate one, Candidate other) =>
        Cost(one).CompareTo(Cost(other)) is not 0 and var cost
            ? cost
            : string.CompareOrdinal(one.Machine.Value, other.Machine.Value);

    // MAAS's own weight: cores plus GiB.
    private static double Cost(Candidate machine) => machine.CpuCount + (machine.MemoryMiB / 1024.0);
}
