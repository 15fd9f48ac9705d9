using Gantry.Server.Api;
using Gantry.Server.Store;

namespace Gantry.Server.Clusters;

internal static class ClusterChanges
{
    public static ClusterChange None { get; } = new();

    /// <summary>Whether the change holds more than a deletion.</summary>
    public static bool Edits(this ClusterChange change) =>
        change.MachinePools is { Count: > 0 }
        || change.Profiles is { Count: > 0 }
        || change.Upgrade is not null
        || change.Packs is { Count: > 0 }
        || change.RenewCertificates is true
        || change.ReplaceMachines is { Count: > 0 };

    /// <exception cref="ApiException">Status 409 when the change was made for another generation than the
    /// cluster's.</exception>
    public static void RefuseOutdated(this ClusterChange change, ClusterRow row)
    {
        if (change.Generation is { } read && read != row.Generation)
        {
            throw new ApiException(
                StatusCodes.Status409Conflict,
                "GenerationOutdated",
                $"The change was made for generation {read} of cluster '{row.Name}', which has generation {row.Generation} by now: "
                    + "another change came first; read it again and repeat.",
                [new FieldError("generation", $"{row.Generation}")]
            );
        }
    }
}
