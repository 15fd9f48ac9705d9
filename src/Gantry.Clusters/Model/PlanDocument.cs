namespace Gantry.Clusters.Model;

/// <summary>A plan as people and scripts read it: what would be done, in order, and why.</summary>
/// <param name="Hash">Of everything the plan rests on; another hash means that the world has changed.</param>
public sealed record PlanDocument(
    string Hash,
    IReadOnlyList<PlannedStep> Steps,
    IReadOnlyList<string> Waits,
    IReadOnlyList<Refusal> Refusals);

/// <param name="Symbol"><c>+</c> add, <c>-</c> remove, <c>~</c> change in place.</param>
/// <param name="Action">A step of the engine, for example <c>Deploy</c>.</param>
public sealed record PlannedStep(
    string Symbol, string Action, string? Machine, string? Hostname, string? Pool, string? Zone, string Because);

/// <summary>Why a desired state cannot be reached now, and what would make it reachable.</summary>
/// <param name="Reason">CamelCase and stable, for example <c>TooFewMachines</c>.</param>
public sealed record Refusal(string Reason, string Message);
