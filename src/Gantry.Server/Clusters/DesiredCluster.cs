using Gantry.Clusters.Model;
using Gantry.Server.Api;
using Gantry.Server.Store;

namespace Gantry.Server.Clusters;

/// <summary>
/// A cluster as it is wanted: what its clients wrote, the profiles it holds, and the desired state that follows from both.
/// </summary>
public sealed record DesiredCluster(ClusterInput Wire, IReadOnlyList<AttachedProfile> Profiles, ClusterSpec Spec)
{
    public static DesiredCluster Of(ClusterRow row) =>
        new(StoreJson.Read<ClusterInput>(row.WireJson), AttachedProfiles.Of(row), ClusterStore.Read(row));

    /// <summary>Whether two desired states are one, whichever generation they are counted as.</summary>
    public static bool Same(ClusterSpec one, ClusterSpec other) => one == other with { Generation = one.Generation };

    /// <summary>
    /// The desired state without the moments at which it was asked for: two requests for the same are the same.
    /// </summary>
    public static ClusterSpec WithoutMoments(ClusterSpec spec) =>
        spec with
        {
            CreatedAt = default,
            Deletion = spec.Deletion is { } deletion ? deletion with { RequestedAt = default } : null,
        };
}
