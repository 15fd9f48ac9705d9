namespace Gantry.Api;

public sealed record ClusterTags(IReadOnlyList<string> Tags);
