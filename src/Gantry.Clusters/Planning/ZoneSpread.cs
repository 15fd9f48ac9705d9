namespace Gantry.Clusters.Planning;

/// <summary>
/// Machines that fit a pool, by zone. The best one is the cheapest of the zone with the fewest machines of the pool; among
/// machines of equal cost the id decides, so that the choice is deterministic.
/// </summary>
/// <param name="taken">The zone of each of the pool's machines.</param>
internal sealed class ZoneSpread(IEnumerable<string> taken)
{
    private static readonly Comparer<Candidate> ByCost = Comparer<Candidate>.Create(Compare);

    private readonly Dictionary<string, int> _counts = taken.CountBy(zone => zone).ToDictionary();
    private readonly Dictionary<string, PriorityQueue<Candidate, Candidate>> _zones = [];

    public void Add(Candidate machine)
    {
        if (!_zones.TryGetValue(machine.Zone, out var zone))
        {
            _zones[machine.Zone] = zone = new PriorityQueue<Candidate, Candidate>(ByCost);
            _counts.TryAdd(machine.Zone, 0);
        }

        zone.Enqueue(machine, machine);
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
            _counts[best.Zone]++;
        }

        return best;
    }

    private bool IsBetter(Candidate one, Candidate other) =>
        _counts[one.Zone].CompareTo(_counts[other.Zone]) is not 0 and var count ? count < 0 : Compare(one, other) < 0;

    private static int Compare(Candidate one, Candidate other) =>
        Cost(one).CompareTo(Cost(other)) is not 0 and var cost
            ? cost
            : string.CompareOrdinal(one.Machine.Value, other.Machine.Value);

    // MAAS's own weight: cores plus GiB.
    private static double Cost(Candidate machine) => machine.CpuCount + (machine.MemoryMiB / 1024.0);
}
