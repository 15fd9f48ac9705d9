namespace Gantry.Api;

public sealed record ConstraintError(string Code, string Message);

public sealed record ConstraintResult(string Name, string DisplayName, IReadOnlyList<ConstraintError> Errors);

public sealed record ConstraintResults(IReadOnlyList<ConstraintResult> Results);

public sealed record ProfileConstraintResults(string Uid, ConstraintResults Packs);

/// <summary>Errors in pools and profiles of a cluster, each at its place; the lists are empty when there are none.</summary>
public sealed record ValidationAnswer(ConstraintResults MachinePools, IReadOnlyList<ProfileConstraintResults> Profiles);
