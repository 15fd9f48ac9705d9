using Gantry.Server.Api;
using Gantry.Server.Profiles;
using Gantry.Server.Store;

namespace Gantry.Server.Documents;

/// <summary>Profiles as documents, both ways. Pure.</summary>
internal static class ProfileDocuments
{
    /// <summary>The document of a profile: its published content, or its draft while nothing is published.</summary>
    public static ClusterProfileDocument Write(ProfileRow row) =>
        Write(row, ProfileViews.Published(row) ?? ProfileViews.Draft(row));

    public static ClusterProfileDocument Write(ProfileRow row, ProfileTemplate template) =>
        new()
        {
            ApiVersion = DocumentVersions.V1,
            Kind = DocumentKinds.ClusterProfile,
            Metadata = ClusterDocuments.Meta(row.Name, row.LabelsJson, row.AnnotationsJson),
            Spec = new ClusterProfileDocumentSpec
            {
                Version = row.Version,
                Type = template.Type,
                Packs =
                [
                    .. template.Packs.Select(pack => new PackDocument
                    {
                        Name = pack.Name,
                        Tag = PoolDocuments.Text(pack.Version),
                        Type = pack.Type is PackTypes.Spectro ? null : pack.Type,
                        Values = pack.Type is PackTypes.Spectro ? pack.Values : PoolDocuments.Text(pack.Values),
                        Manifests = PoolDocuments.Some<ManifestDocument>([
                            .. pack.Manifests.Select(manifest => new ManifestDocument
                            {
                                Name = manifest.Name,
                                Content = manifest.Content,
                            }),
                        ]),
                    }),
                ],
            },
        };

    public static TemplateInput Input(ClusterProfileDocument document) =>
        new(
            CloudType: null,
            document.Spec?.Type,
            [
                .. (document.Spec?.Packs ?? []).Select(pack => new PackInput(
                    pack.Name,
                    pack.Tag,
                    Uid: null,
                    RegistryUid: null,
                    pack.Type,
                    Layer: null,
                    pack.Values,
                    [.. (pack.Manifests ?? []).Select(manifest => new ManifestInput(manifest.Name, manifest.Content))]
                )),
            ]
        );
}
