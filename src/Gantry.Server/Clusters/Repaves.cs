using System.Linq.Expressions;
using Gantry.Clusters.Model;
using Gantry.Server.Store;

namespace Gantry.Server.Clusters;

/// <summary>Replacements of machines that were not requested, and their approval.</summary>
public static class Repaves
{
    /// <summary>Whether a repave waits for approval, as a database condition.</summary>
    public static Expression<Func<ClusterRow, bool>> IsWaiting { get; } =
        row => row.DeletionRequestedAt == null && row.Report != null && row.Report.RepaveHash != null;

    /// <summary>The repave that waits for approval; null when there is none.</summary>
    public static RepaveNeed? Waiting(ClusterRow row) =>
        row is { DeletionRequestedAt: null, Report.RepaveHash: not null } ? ClusterViews.Status(row)?.Repave : null;

    /// <summary>
    /// The hash of a reported repave if it still waits: the report may have been in flight when it was approved.
    /// </summary>
    public static string? WaitingHash(ClusterRow row, RepaveNeed? reported) =>
        reported is not null && !Parts(reported.Hash).All(Parts(ClusterStore.Read(row).ApprovedRepave).Contains)
            ? reported.Hash
            : null;

    /// <summary>
    /// Adds the approval of a repave to earlier ones, which may still be under way: a gateway reports only unapproved
    /// repaves, and joins the hashes of several reasons by a plus sign.
    /// </summary>
    public static string Agreed(string? earlier, string hash) =>
        string.Join('+', Parts(earlier).Union(Parts(hash)).Order(StringComparer.Ordinal));

    private static string[] Parts(string? hash) => hash?.Split('+', StringSplitOptions.RemoveEmptyEntries) ?? [];

    public static string State(ClusterRow row) => Waiting(row) is null ? RepaveStates.Approved : RepaveStates.Pending;
}
