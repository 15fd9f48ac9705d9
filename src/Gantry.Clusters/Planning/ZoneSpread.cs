namespace Gantry.Clusters.Planning;

/// <summary>
/// Machines that fit a pool, by zone. A machine that is a last choice comes after all others. The best one is the cheapest of the
/// zone where the fewest machines of the pool will stay; of such zones the one that a machine leaves first, then the one with the
/// fewest machines now. Among machines of equal cost the id decides, so that the choice is deterministic.
/// </summary>
internal sealed class ZoneSpread
{
    private static readonly Comparer<Candidate> ByCost = Comparer<Candidate>.Create(Compare);

    private readonly Dictionary<string, int> _counts;
    private readonly Dictionary<string, PriorityQueue<Candidate, Candidate>> _zones;
    private readonly Dictionary<string, int> _replaced;
    private readonly List<string> _left;

    /// <param name="taken">The zone of each of the pool's machines that stay.</param>
    /// <param name="replaced">The zone of each that is to be replaced.</param>
    /// <param name="left">The zone of each whose place is filled, in the order in which they leave.</param>
    /// <param name="fitting">The machines to choose from.</param>
    public ZoneSpread(
        IEnumerable<string> taken,
        IEnumerable<string> replaced,
        IEnumerable<string> left,
        IEnumerable<Candidate> fitting
    )
    {
        _left = [.. left];
        _replaced = replaced.CountBy(zone => zone, StringComparer.Ordinal).ToDictionary(StringComparer.Ordinal);
        _zones = fitting.GroupBy(machine => machine.Zone, StringComparer.Ordinal).ToDictionary(zone => zone.Key, Cheapest);
        _counts = taken.CountBy(zone => zone, StringComparer.Ordinal).ToDictionary(StringComparer.Ordinal);
    }

    /// <param name="isPassedOver">Machines that cannot be taken any more.</param>
    /// <returns><c>null</c> when no machine is left.</returns>
    public Candidate? TakeBest(Predicate<Candidate> isPassedOver)
    {
        Candidate? best = null;
        foreach (var zone in _zones.Values)
        {
            while (zone.TryPeek(out var passed, out _) && isPassedOver(passed))
            {
                zone.Dequeue();
            }

            if (zone.TryPeek(out var machine, out _) && (best is null || IsBetter(machine, best)))
            {
                best = machine;
            }
        }

        if (best is not null)
        {
            _zones[best.Zone].Dequeue();
            _counts[best.Zone] = Count(best.Zone) + 1;
            _left.Remove(best.Zone);
        }

        return best;
    }

    private static PriorityQueue<Candidate, Candidate> Cheapest(IEnumerable<Candidate> machines) =>
        new(machines.Select(machine => (machine, machine)), ByCost);

    private bool IsBetter(Candidate one, Candidate other) =>
        IsLast(one).CompareTo(IsLast(other)) is not 0 and var last ? last < 0
        : Count(one.Zone).CompareTo(Count(other.Zone)) is not 0 and var count ? count < 0
        : Turn(one.Zone).CompareTo(Turn(other.Zone)) is not 0 and var turn ? turn < 0
        : Replaced(one.Zone).CompareTo(Replaced(other.Zone)) is not 0 and var replaced ? replaced < 0
        : Compare(one, other) < 0;

    private int Replaced(string zone) => _replaced.GetValueOrDefault(zone);

    private int Turn(string zone) => _left.IndexOf(zone) is >= 0 and var turn ? turn : _left.Count;

    private int Count(string zone) => _counts.GetValueOrDefault(zone);

    private static int Compare(Candidate one, Candidate other) =>
        IsLast(one).CompareTo(IsLast(other)) is not 0 and var last ? last
        : Cost(one).CompareTo(Cost(other)) is not 0 and var cost ? cost
        : string.CompareOrdinal(one.Machine.Value, other.Machine.Value);

    private static bool IsLast(Candidate machine) => machine.LastChoice is not null;

    // MAAS's own weight: cores plus GiB.
    private static double Cost(Candidate machine) => machine.CpuCount + (machine.MemoryMiB / 1024.0);
}
