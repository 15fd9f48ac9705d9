using System.Text.Json.Serialization;

namespace Gantry.Clusters.Model;

/// <summary>A plan as people and scripts read it: what would be done, in order, and why.</summary>
/// <param name="Hash">Of everything the plan rests on; another hash means that the world has changed.</param>
/// <param name="Machines">What becomes of each machine that the plan touches: the plan in short.</param>
/// <param name="ExpectedSeconds">Half of the like changes took no longer than this; <c>null</c> while nothing is known.</param>
/// <param name="SlowSeconds">95 of 100 like changes took no longer than this.</param>
public sealed record PlanDocument(
    string Hash,
    ValueList<PlannedStep> Steps,
    [property: JsonPropertyName("waits")] ValueList<string> Pending,
    [property: JsonPropertyName("refusals")] ValueList<Blocker> Blockers,
    ValueList<MachineChange>? Machines = null,
    double? ExpectedSeconds = null,
    double? SlowSeconds = null
);

/// <param name="Symbol"><c>+</c> add, <c>-</c> remove, <c>~</c> change in place.</param>
/// <param name="Action">A step of the engine, for example <c>Deploy</c>.</param>
/// <param name="Disruptive">It takes away something that may be in use; shown as <c>!</c>.</param>
/// <param name="ExpectedSeconds">Median of what this step and what follows from it has taken on such machines.</param>
/// <param name="SlowSeconds">The 95th per cent of it.</param>
public sealed record PlannedStep(
    string Symbol,
    string Action,
    string? Machine,
    string? Hostname,
    DnsLabel? Pool,
    string? Zone,
    [property: JsonPropertyName("because")] string Reason,
    bool Disruptive = false,
    double? ExpectedSeconds = null,
    double? SlowSeconds = null
);

/// <param name="Symbol"><c>+</c> add, <c>-</c> remove, <c>~</c> change in place, <c>-/+</c> replace by another machine.</param>
/// <param name="ReplacedBy">Host name of the machine that takes its place.</param>
public sealed record MachineChange(
    string Symbol,
    string Hostname,
    string? ReplacedBy,
    string Pool,
    string Zone,
    bool Disruptive,
    [property: JsonPropertyName("because")] string Reason
);

/// <summary>Why a desired state cannot be reached now, and what would make it reachable.</summary>
/// <param name="Reason">CamelCase and stable, for example <c>TooFewMachines</c>.</param>
public sealed record Blocker(string Reason, string Message);
