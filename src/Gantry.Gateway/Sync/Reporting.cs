using Gantry.Clusters.Model;
using Gantry.Engine.Ports;
using Gantry.Gateway.Limits;
using Gantry.Gateway.Link;
using Gantry.Protocol;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace Gantry.Gateway.Sync;

/// <summary>
/// Sends the engine's reports to the console: the newest status of each cluster, and every event at least once and in
/// order. The console drops duplicates.
/// </summary>
public sealed partial class Reporting(
    StatusOutbox statuses,
    IEventOutbox events,
    LimitNotes notes,
    IDesiredClusters desired,
    IConsoleLink link,
    string gatewayUid,
    string instance,
    BackOff backOff,
    TimeProvider time,
    ILogger log
) : IEngineReports
{
    private const int LargestBatch = 500;
    private static readonly TimeSpan Gather = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan WhileStandby = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan WhileRevoked = TimeSpan.FromMinutes(5);

    private readonly Signal _something = new();
    private int _batch = LargestBatch;

    public void Report(ClusterStatus status)
    {
        if (statuses.Put(notes.AddTo(status, desired.Find(status.Id)?.Account)))
        {
            _something.Set();
        }
    }

    public void Report(ClusterEvent happened)
    {
        try
        {
            var dropped = events.Add(happened);
            if (dropped > 0)
            {
                GatewayMetrics.Dropped(dropped);
                EventsDropped(dropped);
            }
        }
        catch (SqliteException full)
        {
            EventNotKept(full, happened.Id, happened.Reason);
        }

        _something.Set();
    }

    /// <summary>Sends until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        _something.Set();
        while (true)
        {
            await _something.WaitAsync(cancellationToken);
            while (await SendAsync(cancellationToken) is { } wait)
            {
                await Task.Delay(wait, time, cancellationToken);
            }
        }
    }

    /// <returns>The delay before the next report; <c>null</c> when none is pending.</returns>
    private async Task<TimeSpan?> SendAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<ClusterStatus> newest = [];
        IReadOnlyList<ClusterEvent> oldest = [];
        var upTo = 0L;
        try
        {
            newest = statuses.Peek(_batch);
            (oldest, upTo) = events.Peek(_batch);
            if (newest.Count is 0 && oldest.Count is 0)
            {
                return null;
            }

            await link.ReportAsync(gatewayUid, new StatusReport(newest, oldest, instance), cancellationToken);
            Delivered(newest, upTo);
            Reported(newest.Count, oldest.Count);
            GatewayMetrics.Reported("success");
            _batch = Math.Min(LargestBatch, _batch * 2);
            backOff.Reset();
            return Gather;
        }
        catch (ConsoleRefusedException refused) when (refused.Status is 400 or 413)
        {
            GatewayMetrics.Reported("refused");
            return Refused(newest, oldest, upTo, refused);
        }
        catch (GatewayRevokedException)
        {
            return WhileRevoked;
        }
        catch (ConsoleRefusedException refused) when (refused.Code is InstanceLease.RefusedCode)
        {
            return WhileStandby;
        }
        catch (Exception failure) when (failure is ConsoleFailure or SqliteException)
        {
            GatewayMetrics.Reported("away");
            ReportNotTaken(failure);
            return backOff.Next();
        }
    }

    // The console refuses part of the report: the halves are sent separately until the refused entry is found.
    private TimeSpan Refused(
        IReadOnlyList<ClusterStatus> newest,
        IReadOnlyList<ClusterEvent> oldest,
        long upTo,
        ConsoleRefusedException refused
    )
    {
        if (_batch > 1)
        {
            _batch = Math.Max(1, Math.Min(_batch, Math.Max(newest.Count, oldest.Count)) / 2);
            return Gather;
        }

        var what = oldest.Count > 0 ? $"event {oldest[0].Id}" : "";
        what += newest.Count > 0 ? $" status of {newest[0].Id}" : "";
        ReportRefused(what.Trim(), refused.Message);
        Delivered(newest, upTo);
        return Gather;
    }

    private void Delivered(IReadOnlyList<ClusterStatus> newest, long upTo)
    {
        events.Delivered(upTo);
        statuses.Delivered(newest);
    }

    [LoggerMessage(2026, LogLevel.Debug, "{Statuses} statuses and {Events} events are reported")]
    private partial void Reported(int statuses, int events);

    [LoggerMessage(2027, LogLevel.Debug, "The console takes no report now")]
    private partial void ReportNotTaken(Exception failure);

    [LoggerMessage(2023, LogLevel.Warning, "The console has been away so long that {Count} old events were dropped")]
    private partial void EventsDropped(int count);

    [LoggerMessage(2024, LogLevel.Error, "Event {Id} ({Reason}) could not be kept for the console")]
    private partial void EventNotKept(Exception failure, string id, string reason);

    [LoggerMessage(2025, LogLevel.Error, "The console refuses {What} and it is left out: {Problem}")]
    private partial void ReportRefused(string what, string problem);
}
