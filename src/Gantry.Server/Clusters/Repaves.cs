using System.Linq.Expressions;
using Gantry.Clusters.Model;
using Gantry.Server.Store;

namespace Gantry.Server.Clusters;

/// <summary>Replacements of machines that no person asked for, and whether a person has agreed.</summary>
public static class Repaves
{
    /// <summary>Whether something waits for agreement, for the database.</summary>
    public static Expression<Func<ClusterRow, bool>> IsWaiting { get; } =
        row => row.DeletionRequestedAt == null && row.Report != null && row.Report.RepaveHash != null;

    /// <summary>What waits for agreement; null when nothing does.</summary>
    public static RepaveNeed? Waiting(ClusterRow row) =>
        row is { DeletionRequestedAt: null, Report.RepaveHash: not null } ? ClusterViews.Status(row)?.Repave : null;

    /// <summary>
    /// Of a repave that a gateway reports, if it still waits: the report may have been on its way when a person agreed.
    /// </summary>
    public static string? WaitingHash(ClusterRow row, RepaveNeed? reported) =>
        reported is not null && !Parts(reported.Hash).All(Parts(ClusterStore.Read(row).ApprovedRepave).Contains)
            ? reported.Hash
            : null;

    /// <summary>
    /// Agreement to one repave in addition to earlier ones, which may still be under way: a gateway reports only what nobody
    /// has agreed to, and joins the hashes of several reasons by a plus sign.
    /// </summary>
    public static string Agreed(string? earlier, string hash) =>
        string.Join('+', Parts(earlier).Union(Parts(hash)).Order(StringComparer.Ordinal));

    private static string[] Parts(string? hash) => hash?.Split('+', StringSplitOptions.RemoveEmptyEntries) ?? [];

    public static string State(ClusterRow row) => Waiting(row) is null ? RepaveStates.Approved : RepaveStates.Pending;
}
