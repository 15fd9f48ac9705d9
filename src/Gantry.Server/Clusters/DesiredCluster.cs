using Gantry.Clusters.Model;
using Gantry.Server.Api;
using Gantry.Server.Store;

namespace Gantry.Server.Clusters;

/// <summary>A cluster's desired state with its sources: the clients' input and the attached profiles.</summary>
public sealed record DesiredCluster(ClusterInput Wire, IReadOnlyList<AttachedProfile> Profiles, ClusterSpec Spec)
{
    public static DesiredCluster Of(ClusterRow row) => new(StoredInput.Of(row), AttachedProfiles.Of(row), ClusterStore.Read(row));

    /// <summary>Whether nothing differs, what the gateway does not see included.</summary>
    public bool IsAs(DesiredCluster other) =>
        StoreJson.Write(Wire) == StoreJson.Write(other.Wire)
        && StoreJson.Write(Profiles) == StoreJson.Write(other.Profiles)
        && Spec.Generation == other.Spec.Generation;

    /// <summary>Whether two desired states are equal apart from their generation.</summary>
    public static bool Same(ClusterSpec one, ClusterSpec other) => one == other with { Generation = one.Generation };

    /// <summary>The desired state without the times of its requests, so that equal requests are equal.</summary>
    public static ClusterSpec WithoutMoments(ClusterSpec spec) =>
        spec with
        {
            CreatedAt = default,
            Deletion = spec.Deletion is { } deletion ? deletion with { RequestedAt = default } : null,
        };
}
