using Gantry.Server.Api;
using Gantry.Server.Store;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace Gantry.Server.Profiles;

/// <summary>Searches profiles. Names and labels of all are compared, and only the page found is read whole.</summary>
public static class ProfileSearch
{
    private static readonly Dictionary<string, Func<ProfileRow, IComparable>> SortFields = new()
    {
        ["profileName"] = row => row.Name,
        ["environment"] = row => row.CloudType,
        ["profileType"] = row => row.Type,
        ["creationTimestamp"] = row => row.CreatedAt,
        ["lastModifiedTimestamp"] = row => row.ModifiedAt,
    };

    public static async Task<Ok<ItemList<ProfileSummary>>> SearchAsync(
        ProfilesFilterSpec body,
        PageQuery query,
        ConsoleDb db,
        CancellationToken cancellationToken
    )
    {
        var all = await db
            .Profiles.AsNoTracking()
            .OrderBy(row => row.CreatedAt)
            .ThenBy(row => row.Uid)
            .Select(row => new ProfileRow
            {
                Uid = row.Uid,
                ProjectUid = row.ProjectUid,
                Name = row.Name,
                Version = row.Version,
                CloudType = row.CloudType,
                Type = row.Type,
                LabelsJson = row.LabelsJson,
                CreatedAt = row.CreatedAt,
                ModifiedAt = row.ModifiedAt,
                Key = "",
                DraftJson = "",
            })
            .ToListAsync(cancellationToken);
        var check = new Check();
        check.OneOf("filter.scope", body.Filter?.Scope, typeof(ProfileScopes));
        ProfileRow[] found = [.. all.Where(row => Matches(row, body.Filter)).InOrder(check, body.Sort, SortFields)];
        check.ThrowIfFailed();
        var page = Paging.Cut(found, query, row => row.Uid);
        string[] uids = [.. page.Items.Select(row => row.Uid)];
        var rows = await db.Profiles.AsNoTracking().Where(row => uids.Contains(row.Uid)).ToListAsync(cancellationToken);
        var users = (
            await db
                .ClusterProfiles.Where(use => uids.Contains(use.ProfileUid))
                .Join(
                    db.Clusters.Where(cluster => cluster.ActiveName != null),
                    use => use.ClusterUid,
                    cluster => cluster.Uid,
                    (use, cluster) => new { use.ProfileUid, User = new ObjectEntity(cluster.Name, cluster.Uid) }
                )
                .ToListAsync(cancellationToken)
        ).ToLookup(use => use.ProfileUid, use => use.User);
        var versions = all.ToLookup(row => (row.ProjectUid, row.Name), row => new ProfileVersionView(row.Uid, row.Version));
        return TypedResults.Ok(
            new ItemList<ProfileSummary>(
                [
                    .. page
                        .Items.Select(row => rows.Find(whole => whole.Uid == row.Uid))
                        .OfType<ProfileRow>()
                        .Select(row => ProfileViews.Summary(row, [.. versions[(row.ProjectUid, row.Name)]], [.. users[row.Uid]])),
                ],
                page.Listmeta
            )
        );
    }

    private static bool Matches(ProfileRow row, ProfileFilter? filter) =>
        filter is null
        || (
            filter.ProfileName.HoldsOf(row.Name)
            && filter.Version.HoldsOf(row.Version)
            && row.Type.IsAmong(filter.ProfileType)
            && row.CloudType.IsAmong(filter.Environment)
            && (
                string.IsNullOrEmpty(filter.Scope)
                || filter.Scope == (row.ProjectUid is null ? ProfileScopes.Tenant : ProfileScopes.Project)
            )
            && filter.Tags.HoldsOf(StoreJson.Read<Dictionary<string, string>>(row.LabelsJson))
        );
}
