using Gantry.Clusters.Model;

namespace Gantry.Cli.History;

/// <summary>One wish for a cluster, who had it, and what came of it.</summary>
/// <param name="At">Absent where neither the wish nor anything that followed from it is known any more.</param>
/// <param name="Request">One sentence: what was asked for; empty where it is older than the audit.</param>
/// <param name="Actor">Absent where the change is older than the audit.</param>
public sealed record HistoryItem(
    long Generation, DateTimeOffset? At, HistoryActor? Actor, string Action, string Request, IReadOnlyList<HistoryEvent>? Events);

public sealed record HistoryActor(string Name, string? Type);

/// <param name="Machine">Host name or system id.</param>
public sealed record HistoryEvent(
    DateTimeOffset At, EventKind Kind, EventSeverity Severity, string Reason, string? Machine, string Message);
