using System.Security.Cryptography;
using System.Text;
using Gantry.Server.Api;
using Gantry.Server.Packs;
using Gantry.Server.Store;

namespace Gantry.Server.Profiles;

/// <summary>Profiles in the form of the public API.</summary>
public static class ProfileViews
{
    public static ProfileTemplate? Published(ProfileRow row) =>
        row.PublishedJson is { } json ? StoreJson.Read<ProfileTemplate>(json) : null;

    public static ProfileTemplate Draft(ProfileRow row) => StoreJson.Read<ProfileTemplate>(row.DraftJson);

    public static ProfileView Profile(
        ProfileRow row,
        IReadOnlyList<ProfileVersionView> versions,
        IReadOnlyList<ObjectEntity> users
    )
    {
        // Once published, a draft is shown only while it differs.
        var draft = row.DraftJson == row.PublishedJson ? null : Draft(row);
        return new ProfileView(
            "v1",
            "ClusterProfile",
            Metadata(row),
            new ProfileSpecView(
                row.Version,
                draft is null ? null : Template(row.Uid, row.Name, row.Version, row.PublishedCount, draft),
                Published(row) is { } published ? Template(row.Uid, row.Name, row.Version, row.PublishedCount, published) : null,
                versions
            ),
            new ProfileStatusView(
                row.PublishedJson is not null,
                HasUserMacros: false,
                [.. users.Select(user => user.Uid)],
                users,
                []
            )
        );
    }

    public static ProfileSummary Summary(
        ProfileRow row,
        IReadOnlyList<ProfileVersionView> versions,
        IReadOnlyList<ObjectEntity> users
    ) =>
        new(
            Metadata(row),
            new ProfileSummarySpec(
                row.Version,
                row.DraftJson == row.PublishedJson ? null : Summary(Draft(row)),
                Published(row) is { } published ? Summary(published) : null,
                versions
            ),
            new ProfileSummaryStatus(row.PublishedJson is not null, [.. users.Select(user => user.Uid)], users, [])
        );

    /// <summary>A pack of a profile on its own, with the values of the profile.</summary>
    public static ProfilePackView PackView(ProfilePack pack) =>
        new(
            new ObjectMeta { Name = pack.Name, Uid = pack.PackUid },
            new PackSpec(
                pack.Name,
                PackCatalog.Find(pack.PackUid)?.DisplayName ?? pack.Name,
                pack.Version,
                pack.Layer,
                pack.Type,
                pack.RegistryUid,
                pack.Values,
                [ProfileCloudTypes.Maas],
                AddonType: "",
                AddonSubType: "",
                Group: "",
                Digest: "",
                new Dictionary<string, string>(),
                References(pack),
                [],
                []
            ),
            new EmptyStatus()
        );

    /// <summary>Stored content in the form of a request.</summary>
    public static TemplateInput Input(ProfileTemplate template) =>
        new(
            template.CloudType,
            template.Type,
            [
                .. template.Packs.Select(pack => new PackInput(
                    pack.Name,
                    pack.Version,
                    pack.Type is "manifest" ? null : pack.PackUid,
                    pack.RegistryUid,
                    pack.Type,
                    pack.Layer,
                    pack.Values,
                    [.. pack.Manifests.Select(manifest => new ManifestInput(manifest.Name, manifest.Content, manifest.Uid))]
                )),
            ]
        );

    public static TemplateView Template(string uid, string name, string profileVersion, int count, ProfileTemplate template) =>
        new(uid, name, template.CloudType, template.Type, profileVersion, count, [.. template.Packs.Select(Pack)], []);

    public static ObjectMeta Metadata(ProfileRow row) =>
        new()
        {
            Name = row.Name,
            Uid = row.Uid,
            Labels = StoreJson.Read<Dictionary<string, string>>(row.LabelsJson),
            Annotations = Annotations.Scoped(
                StoreJson.Read<Dictionary<string, string>>(row.AnnotationsJson),
                row.ProjectUid,
                row.TenantUid
            ),
            CreationTimestamp = row.CreatedAt,
            LastModifiedTimestamp = row.ModifiedAt,
        };

    public static ManifestView Manifest(Manifest manifest, DateTimeOffset at) =>
        new(
            new ObjectMeta
            {
                Name = manifest.Name,
                Uid = manifest.Uid,
                CreationTimestamp = at,
                LastModifiedTimestamp = at,
            },
            new ManifestSpecView(
                new ManifestData(
                    manifest.Content,
                    Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(manifest.Content)))
                )
            )
        );

    private static TemplateSummary Summary(ProfileTemplate template) =>
        new(
            template.CloudType,
            template.Type,
            [
                .. template.Packs.Select(pack => new PackRefSummary(
                    pack.Name,
                    PackCatalog.Find(pack.PackUid)?.DisplayName ?? pack.Name,
                    pack.Layer,
                    pack.Type,
                    pack.Version,
                    pack.Version,
                    pack.PackUid
                )),
            ]
        );

    private static ObjectReference[] References(ProfilePack pack) =>
        [.. pack.Manifests.Select(manifest => new ObjectReference("manifest", manifest.Name, manifest.Uid))];

    private static PackRef Pack(ProfilePack pack) =>
        new(
            pack.Layer,
            pack.Name,
            pack.Version,
            pack.Version,
            pack.PackUid,
            pack.RegistryUid,
            pack.Type,
            pack.Values,
            References(pack),
            Server: "",
            Digest: "",
            IsInvalid: false,
            new Dictionary<string, string>(),
            new Dictionary<string, string>(),
            [],
            []
        );
}
