namespace Gantry.Api;

public sealed record ConstraintError(string Code, string Message);

public sealed record ConstraintResult(string Name, string DisplayName, IReadOnlyList<ConstraintError> Errors);

public sealed record ConstraintResults(IReadOnlyList<ConstraintResult> Results);

public sealed record ProfileConstraintResults(string Uid, ConstraintResults Packs);

/// <summary>What is wrong with a cluster's pools and profiles, each at its place; empty lists when nothing is.</summary>
public sealed record ValidationAnswer(ConstraintResults MachinePools, IReadOnlyList<ProfileConstraintResults> Profiles);
