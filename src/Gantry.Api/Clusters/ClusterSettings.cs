using System.Text.Json;

namespace Gantry.Api;

public sealed record ClusterNamespaces(IReadOnlyList<JsonElement> Namespaces);

public sealed record ProfileVariables(string ProfileUid, IReadOnlyList<JsonElement> Variables);

public sealed record MetaAttributeInput(string? ClusterMetaAttribute);

public sealed record TimezoneInput(string? Timezone);

public sealed record LocationInput(JsonElement? Location);

public sealed record ClusterProfileList(IReadOnlyList<TemplateView> Profiles);
