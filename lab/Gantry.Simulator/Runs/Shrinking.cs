using System.Diagnostics;
using Gantry.Simulator.Scenarios;

namespace Gantry.Simulator;

/// <summary>
/// Finds a small scenario that still violates the same invariant: removes items, in halves first, then in smaller parts, as long
/// as the run still fails.
/// </summary>
internal static class Shrinking
{
    /// <param name="within">The time limit, after which the smallest scenario so far is returned.</param>
    public static Scenario Shrink(SeedResult failed, RunOptions options, TimeSpan within)
    {
        var started = Stopwatch.GetTimestamp();
        var quiet = options with { Trace = null };
        var invariant = failed.Violation!.Invariant;
        var best = failed.Scenario;

        // Items after the violation cannot have caused it.
        if (
            invariant is not "Converges"
            && StillFails([.. best.Items.Where(item => item.At <= failed.Violation.At)]) is { } before
        )
        {
            best = before;
        }

        // Whole kinds first: most kinds are unrelated to the violation.
        foreach (
            var kind in best
                .Items.Select(KindOf)
                .Distinct()
                .OrderByDescending(kind => best.Items.Count(item => KindOf(item) == kind))
                .ToList()
        )
        {
            if (!IsOver() && StillFails([.. best.Items.Where(item => KindOf(item) != kind)]) is { } without)
            {
                best = without;
            }
        }

        for (var parts = 2; best.Items.Count > 1 && !IsOver(); )
        {
            var size = (best.Items.Count + parts - 1) / parts;
            Scenario? smaller = null;
            for (var from = 0; from < best.Items.Count && smaller is null && !IsOver(); from += size)
            {
                smaller = StillFails([.. best.Items.Take(from), .. best.Items.Skip(from + size)]);
            }

            if (smaller is not null)
            {
                best = smaller;
                parts = Math.Max(2, parts - 1);
            }
            else if (size is 1)
            {
                break;
            }
            else
            {
                parts = Math.Min(best.Items.Count, parts * 2);
            }
        }

        return best;

        Scenario? StillFails(IReadOnlyList<Item> items)
        {
            var candidate = best.With(items);
            return items.Count < best.Items.Count && SeedRun.Run(candidate, quiet).Violation?.Invariant == invariant
                ? candidate
                : null;
        }

        static object KindOf(Item item) =>
            item switch
            {
                DesiredChange change => change.Cluster,
                Fault { Kind: FaultKind.Call } call => call.Fate,
                Fault fault => fault.Kind,
                _ => item,
            };

        bool IsOver() => Stopwatch.GetElapsedTime(started) > within;
    }
}
