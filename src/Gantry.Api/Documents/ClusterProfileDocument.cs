using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Gantry.Api;

/// <summary>One version of a cluster profile as a file, with its published content.</summary>
[Description("One version of a cluster profile: operating system, Kubernetes, network, storage and add-ons.")]
public sealed record ClusterProfileDocument
{
    [Description("Version of the form of the document.")]
    [OneOf(typeof(DocumentVersions))]
    [Required]
    public string? ApiVersion { get; init; }

    [Description("Kind of the document.")]
    [OneOf(typeof(ClusterProfileKind))]
    [Required]
    public string? Kind { get; init; }

    [Required]
    public DocumentMeta? Metadata { get; init; }

    [Required]
    public ClusterProfileDocumentSpec? Spec { get; init; }
}

[Description("The content of a profile.")]
public sealed record ClusterProfileDocumentSpec
{
    [Description("Version of the profile: 1.0.0.")]
    [Required]
    public string? Version { get; init; }

    [Description(
        "What the profile holds: the four base layers and add-ons (cluster, the default), only the former, or only the latter."
    )]
    [OneOf(typeof(ProfileTypes))]
    public string? Type { get; init; }

    [Description("Layers, from the operating system upwards.")]
    [Required]
    public IReadOnlyList<PackDocument>? Packs { get; init; }
}

[Description("A layer of a profile.")]
public sealed record PackDocument
{
    [Description("Name of a pack; ANYTHING--NAME for its second use in a profile.")]
    [Required]
    public string? Name { get; init; }

    [Description("Version of the pack; the newest when left out.")]
    public string? Tag { get; init; }

    [Description("Whether the layer is a pack of the registry (spectro, the default) or manifests alone (manifest).")]
    [OneOf(typeof(PackTypes))]
    public string? Type { get; init; }

    [Description("Values (YAML); those of the pack when left out.")]
    public string? Values { get; init; }

    [Description("Manifests of the layer.")]
    public IReadOnlyList<ManifestDocument>? Manifests { get; init; }
}
