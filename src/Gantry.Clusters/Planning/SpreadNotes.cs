using Gantry.Clusters.Model;

namespace Gantry.Clusters.Planning;

/// <summary>Pools whose machines are spread over zones worse after a change than before it.</summary>
internal static class SpreadNotes
{
    public static IEnumerable<string> Of(ClusterSpec desired, ClusterObservation before, ClusterObservation after)
    {
        foreach (var pool in desired.Pools)
        {
            var (from, to) = (Count(pool, before), Count(pool, after));
            var zones = from.Keys.Union(to.Keys).Order(StringComparer.Ordinal).ToList();
            var (was, becomes) = (Unevenness(from, zones), Unevenness(to, zones));
            if (from.Count > 0 && becomes > was && (becomes > 1 || from.Values.Sum() == to.Values.Sum()))
            {
                yield return $"{pool.Name} is spread over zones worse than before: {Text(from)} becomes {Text(to)}, because too "
                    + "few machines that fit are free elsewhere";
            }
        }
    }

    private static Dictionary<string, int> Count(MachinePool pool, ClusterObservation observed) =>
        observed
            .Members.Where(seen => seen.Member.Stays && seen.Member.Pool == pool.Name)
            .CountBy(seen => seen.Member.Zone, StringComparer.Ordinal)
            .ToDictionary(StringComparer.Ordinal);

    private static int Unevenness(Dictionary<string, int> counts, List<string> zones) =>
        zones.Count is 0
            ? 0
            : zones.Max(zone => counts.GetValueOrDefault(zone)) - zones.Min(zone => counts.GetValueOrDefault(zone));

    private static string Text(Dictionary<string, int> counts) =>
        counts.Count is 0
            ? "none"
            : string.Join(
                ", ",
                counts.OrderBy(zone => zone.Key, StringComparer.Ordinal).Select(zone => $"{zone.Key} {zone.Value}")
            );
}
