using Gantry.Clusters.Explaining;
using Gantry.Clusters.Model;
using Gantry.Server.Api;
using Gantry.Server.Store;

namespace Gantry.Server.Clusters;

/// <summary>
/// When a deletion may be forced: after <see cref="Deletion.ForceAfter"/>, the time it has to finish by itself.
/// </summary>
public static class ForceDeletePolicy
{
    /// <returns>Null unless a deletion is under way.</returns>
    public static DateTimeOffset? From(ClusterRow row) =>
        row is { DeletedAt: null, DeletionRequestedAt: { } since } ? since + Deletion.ForceAfter : null;

    /// <returns>Zero once the deletion may be forced; null unless a deletion is under way.</returns>
    public static TimeSpan? Left(ClusterRow row, DateTimeOffset now) =>
        From(row) is { } from ? (from > now ? from - now : TimeSpan.Zero) : null;

    /// <exception cref="ApiException">Status 409 with the remaining time.</exception>
    public static void RefuseEarly(ClusterRow row, DateTimeOffset now)
    {
        if (Left(row, now) is not { } left)
        {
            throw TooEarly(
                $"Cluster '{row.Name}' is not being deleted; delete it without forceDelete first. "
                    + $"If that has not ended after {Minutes(Deletion.ForceAfter)}, it can be forced."
            );
        }

        if (left > TimeSpan.Zero)
        {
            throw TooEarly($"The deletion of cluster '{row.Name}' can be forced in {Minutes(left)}, from {From(row):u} on.");
        }
    }

    public static ConditionView Condition(ClusterRow row, TimeSpan left, DateTimeOffset now) =>
        left > TimeSpan.Zero
            ? new ConditionView(
                "ForceDeletePossible",
                nameof(ConditionStatus.False),
                "TooEarly",
                $"The deletion can be forced in {Minutes(left)}, from {From(row):u} on.",
                row.DeletionRequestedAt!.Value,
                now
            )
            : new ConditionView(
                "ForceDeletePossible",
                nameof(ConditionStatus.True),
                "DeletionTakesLong",
                "The deletion may be forced; what cannot be given back is then listed and left.",
                From(row)!.Value,
                now
            );

    private static ApiException TooEarly(string message) =>
        new(StatusCodes.Status409Conflict, "ForceDeleteTooEarly", message, [new FieldError("forceDelete", message)]);

    private static string Minutes(TimeSpan time) =>
        time <= TimeSpan.FromMinutes(1)
            ? Counted.Of(Math.Max(1, (int)Math.Ceiling(time.TotalSeconds)), "second")
            : Counted.Of((int)Math.Ceiling(time.TotalMinutes), "minute");
}
