using System.Security.Cryptography;
using System.Text;
using Gantry.Server.Api;
using Gantry.Server.Profiles;
using Gantry.Server.Store;
using Microsoft.EntityFrameworkCore;

namespace Gantry.Server.Clusters;

/// <summary>
/// The profiles of a cluster: rows that refer to immutable content, so that they outlive edits and deletion of the profile.
/// </summary>
public static class AttachedProfiles
{
    /// <exception cref="InvalidOperationException">The cluster was read without its profiles.</exception>
    public static IReadOnlyList<ClusterProfileRow> Rows(ClusterRow cluster) =>
        [.. (cluster.Profiles ?? throw NotRead(cluster)).OrderBy(profile => profile.Position)];

    /// <exception cref="InvalidOperationException">The cluster was read without its profiles or their content.</exception>
    public static AttachedProfile[] Of(ClusterRow cluster) =>
        [
            .. Rows(cluster)
                .Select(row => new AttachedProfile(
                    row.ProfileUid,
                    row.Name,
                    row.Version,
                    row.PublishedCount,
                    StoreJson.Read<ProfileTemplate>((row.Content ?? throw NotRead(cluster)).TemplateJson)
                )),
        ];

    /// <summary>Attaches exactly these profiles to a cluster, in this order.</summary>
    public static async Task AttachAsync(
        this ConsoleDb db,
        ClusterRow cluster,
        IReadOnlyList<AttachedProfile> profiles,
        CancellationToken cancellationToken
    )
    {
        var rows = cluster.Profiles ??= [];
        rows.RemoveAll(row => profiles.All(profile => profile.Uid != row.ProfileUid));
        foreach (var (profile, position) in profiles.Select((profile, position) => (profile, position)))
        {
            var content = await db.ContentAsync(profile.Template, cancellationToken);
            if (rows.Find(one => one.ProfileUid == profile.Uid) is not { } row)
            {
                row = new ClusterProfileRow
                {
                    ClusterUid = cluster.Uid,
                    ProfileUid = profile.Uid,
                    Name = "",
                    Version = "",
                    CloudType = "",
                    Type = "",
                    ContentUid = "",
                };
                rows.Add(row);
            }

            (row.Position, row.Name, row.Version, row.PublishedCount) = (
                position,
                profile.Name,
                profile.Version,
                profile.Published
            );
            (row.CloudType, row.Type) = (profile.Template.CloudType, profile.Template.Type);
            (row.ContentUid, row.Content) = (content.Uid, content);
        }
    }

    private static async Task<ProfileContentRow> ContentAsync(
        this ConsoleDb db,
        ProfileTemplate template,
        CancellationToken cancellationToken
    )
    {
        var json = StoreJson.Write(template);
        var uid = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(json)));
        return await db.ProfileContents.FindAsync([uid], cancellationToken)
            ?? db.ProfileContents.Add(new ProfileContentRow { Uid = uid, TemplateJson = json }).Entity;
    }

    private static InvalidOperationException NotRead(ClusterRow cluster) =>
        new($"Cluster {cluster.Uid} was read without its profiles.");
}
