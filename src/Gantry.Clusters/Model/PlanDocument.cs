using System.Text.Json.Serialization;

namespace Gantry.Clusters.Model;

/// <summary>A plan for operators and scripts: the steps in order, with their reasons.</summary>
/// <param name="Hash">Digest of every input of the plan; another hash means that an input has changed.</param>
/// <param name="Machines">The change of each machine in the plan: the plan in short.</param>
/// <param name="ExpectedSeconds">Median duration of similar changes; <c>null</c> while nothing was measured.</param>
/// <param name="SlowSeconds">95th percentile of the duration of similar changes.</param>
public sealed record PlanDocument(
    string Hash,
    ValueList<PlannedStep> Steps,
    [property: JsonPropertyName("waits")] ValueList<string> Pending,
    [property: JsonPropertyName("refusals")] ValueList<Blocker> Blockers,
    ValueList<MachineChange>? Machines = null,
    double? ExpectedSeconds = null,
    double? SlowSeconds = null
)
{
    /// <summary>
    /// What gets worse by the change, and what operators changed in MAAS before it, each a clause; <c>null</c> when there is nothing.
    /// </summary>
    public ValueList<string>? Warnings { get; init; }
}

/// <param name="Symbol"><c>+</c> add, <c>-</c> remove, <c>~</c> change in place.</param>
/// <param name="Action">A step of the engine, for example <c>Deploy</c>.</param>
/// <param name="Disruptive">The step removes something that may be in use; shown as <c>!</c>.</param>
/// <param name="ExpectedSeconds">Median duration of this step and the phase it starts on similar machines.</param>
/// <param name="SlowSeconds">95th percentile of that duration.</param>
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
/// <param name="ReplacedBy">Host name of the replacing machine.</param>
public sealed record MachineChange(
    string Symbol,
    string Hostname,
    string? ReplacedBy,
    string Pool,
    string Zone,
    bool Disruptive,
    [property: JsonPropertyName("because")] string Reason
);

/// <summary>Why a desired state cannot be reached now, and how it could be.</summary>
/// <param name="Reason">CamelCase and stable, for example <c>TooFewMachines</c>.</param>
public sealed record Blocker(string Reason, string Message)
{
    /// <summary>The pool or machine that the blocker is about; <c>null</c> when it is about the whole cluster.</summary>
    [JsonIgnore]
    public string? Subject { get; init; }

    // What people read makes the blocker; the subject only tells blockers of one plan apart.
    public bool Equals(Blocker? other) => other is not null && Reason == other.Reason && Message == other.Message;

    public override int GetHashCode() => HashCode.Combine(Reason, Message);

    // The same text as without a subject: hashes of plans contain it.
    public override string ToString() => $"Blocker {{ Reason = {Reason}, Message = {Message} }}";
}
