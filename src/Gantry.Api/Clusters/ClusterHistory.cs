using System.Text.Json;

namespace Gantry.Api;

/// <param name="Type"><c>user</c>, <c>service</c> (a gateway) or <c>system</c> (the console itself).</param>
public sealed record HistoryActor(string Name, [property: OneOf(typeof(ActorTypes))] string Type);

/// <param name="Kind">One of <see cref="EventKinds"/>: the stage between a request and its result.</param>
/// <param name="Severity">One of <see cref="EventSeverities"/>.</param>
/// <param name="Machine">System id.</param>
public sealed record HistoryEvent(
    DateTimeOffset At,
    [property: OneOf(typeof(EventKinds))] string Kind,
    [property: OneOf(typeof(EventSeverities))] string Severity,
    string Reason,
    string? Machine,
    string Message
);

public static class EventKinds
{
    /// <summary>Something was observed.</summary>
    public const string Observed = "Observed";

    /// <summary>A plan for a new desired state was made.</summary>
    public const string Planned = "Planned";

    /// <summary>A step was carried out.</summary>
    public const string Completed = "Completed";

    /// <summary>The desired state is reached, or is reported as impossible.</summary>
    public const string Result = "Result";
}

public static class EventSeverities
{
    public const string Info = "Info";
    public const string Warning = "Warning";
    public const string Error = "Error";
}

/// <summary>One desired state of a cluster, with the request for it and the events that followed.</summary>
public sealed record HistoryItem
{
    public required long Generation { get; init; }

    public DateTimeOffset? At { get; init; }

    /// <summary>Absent when the console no longer keeps the request.</summary>
    public HistoryActor? Actor { get; init; }

    public required string Action { get; init; }

    /// <summary>One sentence.</summary>
    public required string Request { get; init; }

    public JsonElement? Before { get; init; }

    public JsonElement? After { get; init; }

    /// <summary>Oldest first.</summary>
    public IReadOnlyList<HistoryEvent> Events
    {
        get;
        init => field = value ?? [];
    } = [];
}
