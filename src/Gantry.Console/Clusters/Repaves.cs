using Gantry.Clusters.Model;
using Gantry.Console.Store;

namespace Gantry.Console.Clusters;

/// <summary>Replacements of machines that no person asked for, and whether a person has agreed.</summary>
public static class Repaves
{
    public const string Pending = "Pending";
    public const string Approved = "Approved";

    /// <summary>What waits for agreement; null when nothing does.</summary>
    public static RepaveNeed? Waiting(ClusterRow row) =>
        row is { DeletionRequestedAt: null, Report.RepaveHash: not null }
        && ClusterViews.Status(row)?.Repave is { } need && need.Hash != ClusterWriting.Read(row).ApprovedRepave
            ? need
            : null;

    public static string State(ClusterRow row) => Waiting(row) is null ? Approved : Pending;
}
