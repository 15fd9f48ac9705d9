using System.Text.Json;

namespace Gantry.Api;

public sealed record PackSpec(
    string Name,
    string DisplayName,
    string Version,
    [property: OneOf(typeof(PackLayers))] string Layer,
    string Type,
    string RegistryUid,
    string Values,
    IReadOnlyList<string> CloudTypes,
    string AddonType,
    string AddonSubType,
    string Group,
    string Digest,
    IReadOnlyDictionary<string, string> Annotations,
    IReadOnlyList<ObjectReference> Manifests,
    IReadOnlyList<JsonElement> Presets,
    IReadOnlyList<JsonElement> Schema
);

public sealed record EmptyStatus;

public sealed record PackSummary(string ApiVersion, string Kind, ObjectMeta Metadata, PackSpec Spec, EmptyStatus Status);

public sealed record PackTag(string PackUid, string Version, string Tag, string Group, IReadOnlyList<string> ParentTags);

public sealed record PackUidValues(
    string PackUid,
    string Values,
    string Readme,
    IReadOnlyDictionary<string, string> Annotations,
    IReadOnlyList<JsonElement> Dependencies,
    IReadOnlyList<JsonElement> Presets,
    IReadOnlyList<JsonElement> Schema
);

public sealed record PackTagEntity(
    string Name,
    string DisplayName,
    [property: OneOf(typeof(PackLayers))] string Layer,
    string AddonType,
    string AddonSubType,
    string RegistryUid,
    string LogoUrl,
    IReadOnlyList<string> CloudTypes,
    IReadOnlyList<PackTag> Tags,
    IReadOnlyList<PackUidValues> PackValues
);

public sealed record PackNameFilter(string? Eq, string? Contains, string? BeginsWith, string? Ne, bool? IgnoreCase = null);

public sealed record PackFilter(
    PackNameFilter? Name,
    PackNameFilter? DisplayName,
    IReadOnlyList<string>? Layer,
    IReadOnlyList<string>? Type,
    IReadOnlyList<string>? Environment,
    IReadOnlyList<string>? RegistryUid,
    bool? IsFips = null,
    IReadOnlyList<string>? AddOnType = null,
    IReadOnlyList<string>? AddOnSubType = null,
    IReadOnlyList<string>? Source = null,
    IReadOnlyList<string>? State = null
);

public sealed record PacksFilterSpec(PackFilter? Filter);

public sealed record RegistryPackMetadata(
    string Uid,
    string Name,
    string Scope,
    string LatestVersion,
    string LatestPackUid,
    string LogoUrl
);

public sealed record PackMetadataSpec(
    string Name,
    string DisplayName,
    [property: OneOf(typeof(PackLayers))] string Layer,
    string Type,
    string Group,
    string AddonType,
    string AddonSubType,
    IReadOnlyList<string> CloudTypes,
    IReadOnlyList<RegistryPackMetadata> Registries
);

public sealed record PackMetadata(string ApiVersion, string Kind, ObjectMeta Metadata, PackMetadataSpec Spec);

public sealed record PackReadme(string Readme);
