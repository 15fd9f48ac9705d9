using Gantry.Api;
using Gantry.Cli.Api;

namespace Gantry.Cli.Clusters;

/// <summary>Progress of a pool's rolling replacement.</summary>
/// <param name="UpToDate">Machines that match the desired state.</param>
/// <param name="Blocked">Why the leaving machine waits, from its stage; empty when unknown.</param>
public sealed record Roll(string Pool, int UpToDate, int Size, IReadOnlyList<string> Blocked)
{
    public string Count => $"{Pool} {UpToDate} of {Size}";

    public string Sentence =>
        $"rolling {Pool}: {UpToDate} of {Size} up to date{string.Concat(Blocked.Select(one => $"; {one}"))}";
}

public static class Rolls
{
    private const string Draining = "Draining";

    /// <returns>Pools with outdated machines whose replacement needs no approval.</returns>
    public static IReadOnlyList<Roll> Of(ClusterProgress cluster) =>
        cluster.Status is { } status ? Of(status, cluster.Sizes) : [];

    /// <param name="sizes">Desired number of machines by pool; the present machines count without it.</param>
    /// <returns>Pools with outdated machines whose replacement needs no approval.</returns>
    public static IReadOnlyList<Roll> Of(ReportedStatus status, IReadOnlyDictionary<string, int>? sizes) =>
        [
            .. status
                .Machines.GroupBy(machine => machine.Pool)
                .Where(pool => pool.Any(machine => IsStale(status, machine)))
                .Select(pool =>
                {
                    var stale = pool.Where(machine => IsStale(status, machine)).ToList();
                    var size = sizes is not null && sizes.TryGetValue(pool.Key, out var desired) ? desired : pool.Count();
                    return new Roll(pool.Key, Math.Max(size - stale.Count, 0), size, [.. stale.Where(IsLeaving).Select(Blocked)]);
                }),
        ];

    /// <summary>Whole per cent of the rolled pools' machines that are up to date: the cluster's own progress is complete.</summary>
    public static int Percent(IReadOnlyList<Roll> rolls) =>
        100 * rolls.Sum(roll => roll.UpToDate) / Math.Max(1, rolls.Sum(roll => roll.Size));

    /// <summary>Whether the machine is outdated and its replacement needs no approval.</summary>
    public static bool IsStale(ReportedStatus status, ReportedMachine machine) =>
        machine.StaleReasons.Count > 0 && status.Repave?.Machines.Contains(machine.Hostname) is not true;

    private static bool IsLeaving(ReportedMachine machine) => machine.State is Draining or "Releasing";

    private static string Blocked(ReportedMachine machine)
    {
        var what = machine.State is Draining ? "is being drained" : "is being released";
        return $"{machine.Hostname} {what}{(machine.Stage.Length > 0 ? $" ({machine.Stage})" : "")}";
    }
}
