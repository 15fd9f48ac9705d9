using Gantry.Server.Api;
using Gantry.Server.Store;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace Gantry.Server.Clusters;

/// <summary>
/// Changes of a cluster's profiles: profile versions, pack values, and through them image and Kubernetes version.
/// </summary>
public static class ProfileChangeEndpoints
{
    public static void MapClusterProfileChanges(this IEndpointRouteBuilder routes)
    {
        routes.Map(Operations.Clusters.PatchProfiles, PatchAsync);
        routes.Map(Operations.Clusters.ReplaceProfiles, ReplaceAsync);
        routes.Map(Operations.Clusters.DeleteProfiles, RemoveAsync);
    }

    /// <summary>Profiles that the request does not name stay.</summary>
    private static async Task<NoContent> PatchAsync(
        string uid,
        ProfilesInput body,
        RequestQuery query,
        ClusterScope scope,
        ClusterDrafts drafts,
        ClusterStore store,
        Changes changes,
        CancellationToken cancellationToken
    )
    {
        var profiles = Given(body);
        await using var write = await changes.BeginAsync(cancellationToken);
        var row = await scope.GetToChangeAsync(uid, query.Value(QueryParameters.Generation), cancellationToken);
        var before = DesiredCluster.Of(row);
        var attached = await drafts.PatchedAsync(row, before, profiles, cancellationToken);
        await store.ApplyAsync(write, row, new ClusterEdit(before.Wire), cancellationToken, attached);
        await write.CommitAsync(cancellationToken);
        return TypedResults.NoContent();
    }

    /// <summary>Profiles that the request does not name are detached.</summary>
    private static async Task<NoContent> ReplaceAsync(
        string uid,
        ProfilesInput body,
        RequestQuery query,
        ClusterScope scope,
        ProfileResolver resolver,
        ClusterStore store,
        Changes changes,
        CancellationToken cancellationToken
    )
    {
        var profiles = Given(body);
        await using var write = await changes.BeginAsync(cancellationToken);
        var row = await scope.GetToChangeAsync(uid, query.Value(QueryParameters.Generation), cancellationToken);
        var before = DesiredCluster.Of(row);
        var check = new Check();
        var attached = await resolver.AllAsync(
            check,
            "profiles",
            row.ProjectUid,
            [.. profiles.Select(profile => profile with { ReplaceWithProfile = null })],
            cancellationToken
        );
        check.ThrowIfFailed();
        await store.ApplyAsync(write, row, new ClusterEdit(before.Wire), cancellationToken, attached);
        await write.CommitAsync(cancellationToken);
        return TypedResults.NoContent();
    }

    private static async Task<NoContent> RemoveAsync(
        string uid,
        [FromBody] ProfilesDeleteInput body,
        RequestQuery query,
        ClusterScope scope,
        ClusterStore store,
        Changes changes,
        CancellationToken cancellationToken
    )
    {
        if (body.ProfileUids is not { Count: > 0 } uids)
        {
            throw ApiError.Invalid("profileUids", "is empty; write the uids of the profiles to take away");
        }

        await using var write = await changes.BeginAsync(cancellationToken);
        var row = await scope.GetToChangeAsync(uid, query.Value(QueryParameters.Generation), cancellationToken);
        var before = DesiredCluster.Of(row);
        var left = ProfileResolver.Without(new Attached(before.Wire.Profiles ?? [], before.Profiles), uids);
        await store.ApplyAsync(write, row, new ClusterEdit(before.Wire), cancellationToken, left);
        await write.CommitAsync(cancellationToken);
        return TypedResults.NoContent();
    }

    private static IReadOnlyList<ProfileChoice> Given(ProfilesInput body)
    {
        var check = new Check();
        check.OneOf("spcApplySettings.actionType", body.SpcApplySettings?.ActionType, typeof(ApplyActions));
        check.ThrowIfFailed();
        return body.Profiles is { Count: > 0 } profiles
            ? profiles
            : throw ApiError.Invalid("profiles", "is empty; name at least one cluster profile by uid");
    }
}
