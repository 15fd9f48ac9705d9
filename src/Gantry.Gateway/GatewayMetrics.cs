using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Gantry.Gateway;

/// <summary>The gateway's metrics and traces, listed in docs/observability.md.</summary>
public static class GatewayMetrics
{
    /// <summary>Name of the gateway's meter and activity source.</summary>
    public const string Name = "Gantry.Gateway";

    private static readonly Meter Meter = new(Name);
    private static readonly ActivitySource Source = new(Name);

    private static readonly Counter<long> Polls = Meter.CreateCounter<long>(
        "gantry.gateway.polls",
        "{poll}",
        "Polls of the console that ended, by outcome."
    );

    private static readonly Counter<long> Reports = Meter.CreateCounter<long>(
        "gantry.gateway.reports",
        "{report}",
        "Reports to the console that ended, by outcome."
    );

    private static readonly Counter<long> EventsDropped = Meter.CreateCounter<long>(
        "gantry.gateway.events.dropped",
        "{event}",
        "Events that were dropped because the console was away too long."
    );

    private static readonly Counter<long> Refusals = Meter.CreateCounter<long>(
        "gantry.gateway.limit.refusals",
        "{call}",
        "Calls that the gateway's own limits refused."
    );

    private static readonly Histogram<double> RequestDuration = Meter.CreateHistogram<double>(
        "gantry.gateway.request.duration",
        "s",
        "Duration of a request that the console passed on, by kind and outcome."
    );

    internal static void Polled(string outcome) => Polls.Add(1, new KeyValuePair<string, object?>("outcome", outcome));

    internal static void Reported(string outcome) => Reports.Add(1, new KeyValuePair<string, object?>("outcome", outcome));

    internal static void Dropped(int events) => EventsDropped.Add(events);

    internal static void Refused() => Refusals.Add(1);

    internal static void Answered(string kind, string outcome, TimeSpan duration) =>
        RequestDuration.Record(duration.TotalSeconds, new("kind", kind), new("outcome", outcome));

    internal static Activity? Request(string kind) => Source.StartActivity($"request {kind}");
}
