using System.Text.Json;
using Gantry.Clusters.Model;
using Gantry.Protocol;
using Gantry.Server.Api;
using Gantry.Server.Clusters;
using Gantry.Server.Store;
using Microsoft.EntityFrameworkCore;

namespace Gantry.Server.Gateways;

/// <summary>Reports of gateways: statuses, events, answers. Each may be sent twice without harm.</summary>
public static class ReportEndpoints
{
    private const int Batch = 500;

    /// <summary>How far a gateway's clock may be ahead of the console's before it counts as wrong.</summary>
    private static readonly TimeSpan FastestClock = TimeSpan.FromMinutes(1);

    public static async Task<IResult> StatusAsync(
        HttpContext context,
        ConsoleDb db,
        CallingGateway calling,
        GatewayPresence presence,
        Changes changes,
        TimeProvider time
    )
    {
        var gateway = calling.Row;
        var report = await GatewayBody.ReadAsync<StatusReport>(context);
        RefuseHalves(report);
        GatewayInstances.Require(gateway, report.Instance);
        await presence.SawAsync(db, gateway, report: null, context.RequestAborted);
        foreach (var batch in (report.Statuses ?? []).Chunk(Batch))
        {
            await using var write = await changes.BeginAsync(context.RequestAborted);
            await StoreAsync(db, write, gateway, batch, time.GetUtcNow(), context.RequestAborted);
            await write.CommitAsync(context.RequestAborted);
            db.ChangeTracker.Clear();
        }

        foreach (var batch in (report.Events ?? []).Chunk(Batch))
        {
            await using var write = await changes.BeginAsync(context.RequestAborted);
            await StoreAsync(db, gateway, batch, context.RequestAborted);
            await write.CommitAsync(context.RequestAborted);
            db.ChangeTracker.Clear();
        }

        return TypedResults.NoContent();
    }

    /// <summary>One answer or a list of them.</summary>
    public static async Task<IResult> AnswersAsync(
        HttpContext context,
        ConsoleDb db,
        CallingGateway calling,
        GatewayPresence presence,
        IRequestBoard requests
    )
    {
        var gateway = calling.Row;
        var answers = await GatewayBody.ReadOneOrManyAsync<GatewayAnswer>(context);
        await presence.SawAsync(db, gateway, report: null, context.RequestAborted);
        foreach (var answer in answers.Where(answer => answer?.RequestId is not null))
        {
            await requests.AnswerAsync(gateway.Uid, answer, context.RequestAborted);
        }

        return TypedResults.NoContent();
    }

    /// <summary>Refuses omissions that the JSON reader does not detect: null elements and missing constructor values.</summary>
    private static void RefuseHalves(StatusReport report)
    {
        var check = new Check();
        foreach (var (status, index) in (report.Statuses ?? []).Select((status, index) => (status, index)))
        {
            var whole =
                status is { Message: not null }
                && status.Conditions.All(one => one is { Type: not null, Reason: not null, Message: not null })
                && status.Machines.All(one =>
                    one is { SystemId.Value: not null } && one.Addresses.All(address => address is not null)
                )
                && status.Residue.All(one => one is not null)
                && status.Repave is null or { Hash: not null, Reasons: not null, Machines: not null }
                && (status.Repave?.Reasons ?? []).All(one => one is { Code: not null, Message: not null });
            check.That(whole, $"statuses[{index}]", "is not a whole status");
        }

        foreach (var (happening, index) in (report.Events ?? []).Select((happening, index) => (happening, index)))
        {
            check.That(
                happening is { Id: not null, Cluster.Value: not null, Reason: not null, Message: not null },
                $"events[{index}]",
                "is not a whole event"
            );
        }

        check.ThrowIfFailed();
    }

    private static async Task StoreAsync(
        ConsoleDb db,
        AuditedWrite write,
        GatewayRow gateway,
        ClusterStatus[] statuses,
        DateTimeOffset now,
        CancellationToken cancellationToken
    )
    {
        string[] uids = [.. statuses.Select(status => status.Id.Value)];
        var rows = await db
            .Clusters.Include(row => row.Report)
            .Where(row => row.GatewayUid == gateway.Uid && uids.Contains(row.Uid))
            .ToDictionaryAsync(row => row.Uid, cancellationToken);
        foreach (var status in statuses)
        {
            // A report on a cluster of another gateway, or on a deleted one, is dropped.
            if (!rows.TryGetValue(status.Id.Value, out var row) || IsLate(status, row.Report?.ReportedAt, now))
            {
                continue;
            }

            row.Report ??= new ClusterReportRow
            {
                ClusterUid = row.Uid,
                Phase = "",
                Health = "",
                StatusJson = "",
            };
            row.Report.Phase = status.Phase.ToString();
            row.Report.Health = status.Health.ToString();
            row.Report.StatusJson = JsonSerializer.Serialize(status, ProtocolJson.Options);
            row.Report.RepaveHash = Repaves.WaitingHash(row, status.Repave);
            row.Report.ReportedAt = status.ReportedAt;
            if (status.Phase is ClusterPhase.Deleted && row is { DeletionRequestedAt: not null, DeletedAt: null })
            {
                row.DeletedAt = now;
                row.ActiveName = null;
                row.Revision = await write.NextRevisionAsync(gateway.Uid, cancellationToken);
                write.Record(
                    AuditAction.Delete,
                    new Subject("spectrocluster", row.Uid, row.Name, row.ProjectUid),
                    after: new { state = "Deleted" }
                );
            }
        }
    }

    /// <summary>
    /// Whether a newer report has overtaken this one. Times are the gateway's: a stored report from the future had a wrong
    /// clock. The end of a cluster is reported once and counts whenever it arrives.
    /// </summary>
    private static bool IsLate(ClusterStatus status, DateTimeOffset? newest, DateTimeOffset now) =>
        status.Phase is not ClusterPhase.Deleted && newest > Milliseconds(status.ReportedAt) && newest <= now + FastestClock;

    private static async Task StoreAsync(
        ConsoleDb db,
        GatewayRow gateway,
        ClusterEvent[] events,
        CancellationToken cancellationToken
    )
    {
        string[] ids = [.. events.Select(one => one.Id)];
        var known = await db
            .Events.Where(row => row.GatewayUid == gateway.Uid && ids.Contains(row.GatewayEventId))
            .ToDictionaryAsync(row => row.GatewayEventId, StringComparer.Ordinal, cancellationToken);
        string[] clusterUids = [.. events.Select(one => one.Cluster.Value).Distinct()];
        var own = await db
            .Clusters.Where(row => row.GatewayUid == gateway.Uid && clusterUids.Contains(row.Uid))
            .Select(row => row.Uid)
            .ToHashSetAsync(cancellationToken);
        foreach (var happening in events)
        {
            if (!own.Contains(happening.Cluster.Value))
            {
                continue;
            }

            if (!known.TryGetValue(happening.Id, out var row))
            {
                db.Events.Add(known[happening.Id] = Row(gateway, happening));
            }
            else if (IsRepeated(row, happening))
            {
                row.Message = happening.Message;
                row.At = happening.At;
            }
        }
    }

    // The gateway counts something that it does again and again: the newest count is enough.
    private static bool IsRepeated(EventRow row, ClusterEvent happening) =>
        row.ClusterUid == happening.Cluster.Value
        && row.Machine == happening.Machine?.Value
        && row.Reason == happening.Reason
        && Milliseconds(happening.At) > row.At;

    private static EventRow Row(GatewayRow gateway, ClusterEvent happening) =>
        new()
        {
            Uid = Uids.New(),
            GatewayUid = gateway.Uid,
            GatewayEventId = happening.Id,
            ClusterUid = happening.Cluster.Value,
            Machine = happening.Machine?.Value,
            Severity = happening.Severity.ToString(),
            Reason = happening.Reason,
            Message = happening.Message,
            Generation = happening.Generation,
            Kind = happening.Kind.ToString(),
            At = happening.At,
        };

    private static DateTimeOffset Milliseconds(DateTimeOffset time) =>
        DateTimeOffset.FromUnixTimeMilliseconds(time.ToUnixTimeMilliseconds());
}
