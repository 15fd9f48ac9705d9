using System.Text.RegularExpressions;
using Gantry.Server.Api;
using Gantry.Server.Clusters;
using Gantry.Server.Packs;
using YamlDotNet.RepresentationModel;

namespace Gantry.Server.Profiles;

/// <summary>Parses the profile of a request; every problem names its field and value.</summary>
public static partial class ProfileParser
{
    public const string DefaultVersion = "1.0.0";
    private const int MostPacks = 64;
    private static readonly string[] BaseLayers = [PackLayers.Os, PackLayers.Kubernetes, PackLayers.Cni, PackLayers.Csi];

    public static string Version(Check check, string? version)
    {
        if (string.IsNullOrEmpty(version))
        {
            return DefaultVersion;
        }

        check.That(
            SemanticVersion().IsMatch(version),
            "spec.version",
            $"'{ApiError.Shown(version)}' is not a version; write three numbers, for example {DefaultVersion} or {DefaultVersion}-rc.1"
        );
        return version;
    }

    /// <param name="existing">The present content; its manifests keep their uids when they keep their names.</param>
    /// <returns>Null when a problem was found.</returns>
    public static ProfileTemplate? Template(Check check, TemplateInput? input, ProfileTemplate? existing)
    {
        if (input is null)
        {
            check.Problem("spec.template", "is missing; give cloudType, type and packs");
            return null;
        }

        var type = string.IsNullOrEmpty(input.Type) ? ProfileTypes.Cluster : input.Type;
        check.OneOf("spec.template.type", type, typeof(ProfileTypes));
        var cloudType = string.IsNullOrEmpty(input.CloudType)
            ? (type is ProfileTypes.AddOn ? ProfileCloudTypes.All : ProfileCloudTypes.Maas)
            : input.CloudType;
        check.That(
            cloudType is ProfileCloudTypes.Maas || (cloudType is ProfileCloudTypes.All && type is ProfileTypes.AddOn),
            "spec.template.cloudType",
            $"'{ApiError.Shown(cloudType)}' is not supported; write maas (or all for an add-on profile)"
        );
        var packs = input.Packs ?? [];
        check.That(packs.Count <= MostPacks, "spec.template.packs", $"has {packs.Count} packs; {MostPacks} is the most");
        ProfilePack[] read =
        [
            .. packs
                .Take(MostPacks)
                .Select((pack, index) => Pack(check, $"spec.template.packs[{index}]", pack, existing))
                .OfType<ProfilePack>(),
        ];
        if (check.Failed)
        {
            return null;
        }

        CheckLayers(check, type, read);
        foreach (var twice in read.GroupBy(pack => pack.Name).Where(group => group.Count() > 1))
        {
            check.Problem(
                "spec.template.packs",
                $"has '{twice.Key}' {twice.Count()} times; name a second one ANYTHING--{twice.Key}"
            );
        }

        var template = new ProfileTemplate(cloudType, type, read);
        if (!check.Failed && type is not ProfileTypes.AddOn)
        {
            LayerParser.Read(check, template, read, "spec.template.packs");
        }

        return check.Failed ? null : template;
    }

    public static void RefuseVariables(Check check, IReadOnlyList<VariableInput>? variables, string field) =>
        check.That(variables is null or { Count: 0 }, field, NotAvailable.Variables);

    private static void CheckLayers(Check check, string type, ProfilePack[] packs)
    {
        foreach (var layer in BaseLayers)
        {
            var count = packs.Count(pack => pack.Layer == layer);
            if (type is ProfileTypes.AddOn)
            {
                check.That(count is 0, "spec.template.packs", $"has a {layer} pack; an add-on profile holds only add-on layers");
            }
            else
            {
                check.That(
                    count is 1,
                    "spec.template.packs",
                    $"has {count} packs of layer {layer}; a profile of type {type} needs exactly one of each of "
                        + $"{string.Join(", ", BaseLayers)}"
                );
            }
        }

        check.That(
            type is not ProfileTypes.Infra || packs.All(pack => pack.Layer is not PackLayers.AddOn),
            "spec.template.packs",
            "has add-on layers; a profile of type infra holds only the four base layers (use type cluster)"
        );
    }

    private static ProfilePack? Pack(Check check, string field, PackInput pack, ProfileTemplate? existing)
    {
        if (string.IsNullOrWhiteSpace(pack.Name))
        {
            check.Problem($"{field}.name", "is missing; write the name of a pack, GET /v1/packs lists them");
            return null;
        }

        var type = string.IsNullOrEmpty(pack.Type) ? PackTypes.Spectro : pack.Type;
        if (Vocabulary.Of(typeof(PackTypes)) is var types && !types.Contains(type))
        {
            check.Problem($"{field}.type", Wording.NoneOf(type, types));
            return null;
        }

        var before = existing?.Packs.FirstOrDefault(one => one.Name == pack.Name);
        return type is PackTypes.Manifest ? ManifestPack(check, field, pack, before) : CatalogPack(check, field, pack, before);
    }

    private static ProfilePack? ManifestPack(Check check, string field, PackInput pack, ProfilePack? before)
    {
        check.That(
            string.IsNullOrEmpty(pack.Layer) || pack.Layer is PackLayers.AddOn,
            $"{field}.layer",
            $"'{ApiError.Shown(pack.Layer ?? "")}' cannot be made of manifests alone; write addon"
        );
        check.That(
            pack.Manifests is { Count: > 0 },
            $"{field}.manifests",
            "is empty; give at least one manifest with name and content"
        );
        var manifests = Manifests(check, field, pack, before);
        return new ProfilePack(
            PackLayers.AddOn,
            pack.Name!,
            pack.Tag ?? "",
            PackRegistry.ManifestPackUid,
            pack.RegistryUid ?? "",
            PackTypes.Manifest,
            pack.Values ?? "",
            manifests
        );
    }

    private static ProfilePack? CatalogPack(Check check, string field, PackInput pack, ProfilePack? before)
    {
        var (found, problem) = PackRegistry.Find(pack.Uid, pack.Name!, pack.Tag);
        if (found is null)
        {
            check.Problem(field, problem!);
            return null;
        }

        check.That(
            string.IsNullOrEmpty(pack.Layer) || pack.Layer == found.Layer,
            $"{field}.layer",
            $"'{ApiError.Shown(pack.Layer ?? "")}' is not the layer of {found.Name}; write {found.Layer} or leave it out"
        );
        check.That(
            string.IsNullOrEmpty(pack.RegistryUid) || pack.RegistryUid == PackRegistry.Uid,
            $"{field}.registryUid",
            $"'{ApiError.Shown(pack.RegistryUid ?? "")}' is no registry of this console; write {PackRegistry.Uid} or leave it out"
        );
        return new ProfilePack(
            found.Layer,
            pack.Name!,
            found.Version,
            found.Uid,
            PackRegistry.Uid,
            PackTypes.Spectro,
            pack.Values ?? found.Values,
            Manifests(check, field, pack, before)
        );
    }

    private static IReadOnlyList<Manifest> Manifests(Check check, string field, PackInput pack, ProfilePack? before)
    {
        List<Manifest> manifests = [];
        foreach (var (manifest, index) in (pack.Manifests ?? []).Select((one, index) => (one, index)))
        {
            var name = check.Name(manifest.Name, $"{field}.manifests[{index}].name");
            CheckContent(check, $"{field}.manifests[{index}].content", manifest.Content);
            check.That(
                manifests.TrueForAll(other => other.Name != name),
                $"{field}.manifests[{index}].name",
                $"'{name}' is there twice"
            );
            var uid = before?.Manifests.FirstOrDefault(other => other.Name == name)?.Uid ?? Uids.New();
            manifests.Add(new Manifest(uid, name, manifest.Content ?? ""));
        }

        return manifests;
    }

    private static void CheckContent(Check check, string field, string? content)
    {
        if (content is null)
        {
            check.Problem(field, "is missing; write Kubernetes objects as YAML");
            return;
        }

        foreach (var document in YamlText.Documents(check, field, content) ?? [])
        {
            var isObject =
                document is YamlMappingNode mapping
                && mapping.Children.ContainsKey("kind")
                && mapping.Children.ContainsKey("apiVersion");
            check.That(
                isObject || (document is YamlScalarNode && YamlText.Scalar(document) is null),
                field,
                $"is not a Kubernetes object at line {document.Start.Line}; each document needs apiVersion and kind"
            );
        }
    }

    // As semver.org has it, with a pre-release and a build.
    [GeneratedRegex(
        @"^[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?(\+[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?\z",
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant,
        1000
    )]
    private static partial Regex SemanticVersion();
}
