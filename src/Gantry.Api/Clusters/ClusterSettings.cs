using System.Text.Json;

namespace Gantry.Api;

public sealed record ClusterNamespaces(IReadOnlyList<JsonElement> Namespaces);

public sealed record ProfileVariables(string ProfileUid, IReadOnlyList<JsonElement> Variables);

public sealed record MetaAttributeInput(string? ClusterMetaAttribute);

public sealed record TimezoneInput(string? Timezone);

public sealed record LocationInput(JsonElement? Location);

public sealed record ClusterProfileList(IReadOnlyList<ClusterProfileView> Profiles);

/// <summary>A profile of a cluster, with the values that the cluster gave its packs.</summary>
public sealed record ClusterProfileView(ObjectMeta Metadata, ClusterProfileSpec Spec);

public sealed record ClusterProfileSpec(
    [property: OneOf(typeof(ProfileCloudTypes))] string CloudType,
    [property: OneOf(typeof(ProfileTypes))] string Type,
    int Version,
    IReadOnlyList<ProfilePackView> Packs,
    ObjectReference RelatedObject
);
