namespace Gantry.Api;

/// <param name="Op"><c>create</c>, <c>update</c> or <c>delete</c>.</param>
/// <param name="Pool">For a delete its name is enough.</param>
public sealed record PoolChange(string? Op, PoolEntity? Pool);

public sealed record DeleteChange(bool? Drain);

/// <summary>A change of a cluster as it is planned: several edits that become one desired state.</summary>
public sealed record ClusterChange(
    IReadOnlyList<PoolChange>? MachinePools = null,
    IReadOnlyList<ProfileChoice>? Profiles = null,
    DeleteChange? Delete = null,
    bool? RenewCertificates = null,
    IReadOnlyList<string>? ReplaceMachines = null);
