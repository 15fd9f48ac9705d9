using System.Text.Json;

namespace Gantry.Api;

public sealed record ProjectEntity(ObjectMeta? Metadata);

public sealed record ProjectMetadata(ObjectEntity Metadata);

public sealed record ProjectSpec(
    string LogoUrl,
    IReadOnlyList<JsonElement> Alerts,
    IReadOnlyList<JsonElement> Teams,
    IReadOnlyList<JsonElement> Users
);

public sealed record ProjectStatus(bool IsDisabled);

public sealed record ProjectView(ObjectMeta Metadata, ProjectSpec Spec, ProjectStatus Status);
