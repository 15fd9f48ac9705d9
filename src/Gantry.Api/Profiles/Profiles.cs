using System.Text.Json;

namespace Gantry.Api;

public sealed record ManifestInput(string? Name, string? Content, string? Uid = null);

/// <summary>A pack of a profile in a request.</summary>
/// <param name="Tag">The version of the pack; answers hold it as <c>version</c>.</param>
public sealed record PackInput(
    string? Name,
    string? Tag,
    string? Uid,
    string? RegistryUid,
    [property: OneOf(typeof(PackTypes))] string? Type,
    [property: OneOf(typeof(PackLayers))] string? Layer,
    string? Values,
    IReadOnlyList<ManifestInput>? Manifests
);

public sealed record TemplateInput(
    [property: OneOf(typeof(ProfileCloudTypes))] string? CloudType,
    [property: OneOf(typeof(ProfileTypes))] string? Type,
    IReadOnlyList<PackInput>? Packs
);

public sealed record VariableInput(string? Name);

public sealed record ProfileSpecInput(TemplateInput? Template, IReadOnlyList<VariableInput>? Variables, string? Version);

public sealed record ProfileEntity(ObjectMeta? Metadata, ProfileSpecInput? Spec);

public sealed record ProfileMetaEntity(ObjectMeta? Metadata, ProfileVersionInput? Spec);

public sealed record ProfileVersionInput(string? Version);

public sealed record VariablesInput(IReadOnlyList<VariableInput>? Variables);

public sealed record VariablesView(IReadOnlyList<VariableInput> Variables);

public sealed record PackRef(
    [property: OneOf(typeof(PackLayers))] string Layer,
    string Name,
    string Tag,
    string Version,
    string PackUid,
    string RegistryUid,
    [property: OneOf(typeof(PackTypes))] string Type,
    string Values,
    IReadOnlyList<ObjectReference> Manifests,
    string Server,
    string Digest,
    bool IsInvalid,
    IReadOnlyDictionary<string, string> Annotations,
    IReadOnlyDictionary<string, string> Params,
    IReadOnlyList<JsonElement> Presets,
    IReadOnlyList<JsonElement> Schema
);

public sealed record TemplateView(
    string Uid,
    string Name,
    [property: OneOf(typeof(ProfileCloudTypes))] string CloudType,
    [property: OneOf(typeof(ProfileTypes))] string Type,
    string ProfileVersion,
    int Version,
    IReadOnlyList<PackRef> Packs,
    IReadOnlyList<ObjectReference> PackServerRefs,
    ObjectReference? RelatedObject = null
);

public sealed record ProfileVersionView(string Uid, string Version);

public sealed record ProfileSpecView(
    string Version,
    TemplateView? Draft,
    TemplateView? Published,
    IReadOnlyList<ProfileVersionView> Versions
);

public sealed record ProfileStatusView(
    bool IsPublished,
    bool HasUserMacros,
    IReadOnlyList<string> InUseClusterUids,
    IReadOnlyList<ObjectEntity> InUseClusters,
    IReadOnlyList<JsonElement> InUseClusterTemplates
);

public sealed record ProfileView(
    string ApiVersion,
    string Kind,
    ObjectMeta Metadata,
    ProfileSpecView Spec,
    ProfileStatusView Status
);

public sealed record ProfileMetadataSpec([property: OneOf(typeof(ProfileCloudTypes))] string CloudType, string Version);

public sealed record ProfileMetadata(ObjectEntity Metadata, ProfileMetadataSpec Spec);

public sealed record ManifestData(string Content, string Digest);

public sealed record ManifestSpecView(ManifestData Published);

public sealed record ManifestView(ObjectMeta Metadata, ManifestSpecView Spec);

/// <summary>The result of a change of a draft.</summary>
/// <param name="LastModifiedTimestamp">Timestamp of the profile after the change; the next change sends it.</param>
public sealed record ProfileRevision(string Uid, DateTimeOffset LastModifiedTimestamp);

/// <summary>A pack of a profile on its own.</summary>
public sealed record ProfilePackView(ObjectMeta Metadata, PackSpec Spec, EmptyStatus Status);

/// <summary>A pack of a profile without its values.</summary>
public sealed record PackRefSummary(
    string Name,
    string DisplayName,
    [property: OneOf(typeof(PackLayers))] string Layer,
    [property: OneOf(typeof(PackTypes))] string Type,
    string Tag,
    string Version,
    string PackUid
);

public sealed record TemplateSummary(
    [property: OneOf(typeof(ProfileCloudTypes))] string CloudType,
    [property: OneOf(typeof(ProfileTypes))] string Type,
    IReadOnlyList<PackRefSummary> Packs
);

public sealed record ProfileSummarySpec(
    string Version,
    TemplateSummary? Draft,
    TemplateSummary? Published,
    IReadOnlyList<ProfileVersionView> Versions
);

public sealed record ProfileSummaryStatus(
    bool IsPublished,
    IReadOnlyList<string> InUseClusterUids,
    IReadOnlyList<ObjectEntity> InUseClusters,
    IReadOnlyList<ObjectEntity> InUseClusterTemplates
);

public sealed record ProfileSummary(ObjectMeta Metadata, ProfileSummarySpec SpecSummary, ProfileSummaryStatus Status);

/// <param name="ProfileType">One of these types.</param>
/// <param name="Environment">One of these kinds of cloud.</param>
/// <param name="Tags">As <c>key</c> or <c>key:value</c>.</param>
public sealed record ProfileFilter(
    TextFilter? ProfileName,
    IReadOnlyList<string>? ProfileType,
    IReadOnlyList<string>? Environment,
    [property: OneOf(typeof(ProfileScopes))] string? Scope,
    TextFilter? Version,
    TagFilter? Tags
);

/// <param name="Eq">One of these tags is there.</param>
/// <param name="Ne">None of these tags is there.</param>
public sealed record TagFilter(IReadOnlyList<string>? Eq, IReadOnlyList<string>? Ne);

public sealed record ProfilesFilterSpec(ProfileFilter? Filter, IReadOnlyList<SearchSort>? Sort);
