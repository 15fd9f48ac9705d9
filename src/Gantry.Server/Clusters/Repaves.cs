using Gantry.Clusters.Model;
using Gantry.Server.Store;

namespace Gantry.Server.Clusters;

/// <summary>Replacements of machines that no person asked for, and whether a person has agreed.</summary>
public static class Repaves
{
    public const string Pending = "Pending";
    public const string Approved = "Approved";

    /// <summary>What waits for agreement; null when nothing does.</summary>
    public static RepaveNeed? Waiting(ClusterRow row) =>
        row is { DeletionRequestedAt: null, Report.RepaveHash: not null }
        && ClusterViews.Status(row)?.Repave is { } need && !Parts(need.Hash).All(Parts(ClusterStore.Read(row).ApprovedRepave).Contains)
            ? need
            : null;

    /// <summary>
    /// Agreement to one repave in addition to earlier ones, which may still be under way: a gateway reports only what nobody
    /// has agreed to, and joins the hashes of several reasons by a plus sign.
    /// </summary>
    public static string Agreed(string? earlier, string hash) =>
        string.Join('+', Parts(earlier).Union(Parts(hash)).Order(StringComparer.Ordinal));

    private static string[] Parts(string? hash) => hash?.Split('+', StringSplitOptions.RemoveEmptyEntries) ?? [];

    public static string State(ClusterRow row) => Waiting(row) is null ? Approved : Pending;
}
