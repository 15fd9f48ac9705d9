using System.Text.Json;
using Gantry.Clusters.Model;
using Gantry.Protocol;
using Gantry.Server.Api;
using Gantry.Server.Store;
using Microsoft.EntityFrameworkCore;

namespace Gantry.Server.Gateways;

/// <summary>The long poll: changes for a gateway since its revision, and its pending requests.</summary>
public static class DesiredEndpoint
{
    private const int AtOnce = 500;
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(60);

    public static async Task<IResult> DesiredAsync(
        HttpContext context,
        ConsoleDb db,
        CallingGateway calling,
        GatewayPresence presence,
        IGatewaySignals signals,
        IRequestBoard requests,
        GatewayInstances instances,
        TimeProvider time,
        IHostApplicationLifetime lifetime
    )
    {
        var gateway = calling.Row;
        var request = await GatewayBody.ReadAsync<DesiredStateRequest>(context);
        var until = time.GetUtcNow() + TimeSpan.FromSeconds(Math.Clamp(request.WaitSeconds, 0, LongestWait.TotalSeconds));
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        using var poll = await instances.BeginAsync(db, gateway, request.Instance, context.RequestAborted);
        while (true)
        {
            // Taken before the store is read: a write between the two completes it.
            var changed = signals.NextAsync(gateway.Uid);
            var current = await db.Gateways.AsNoTracking().SingleAsync(row => row.Uid == gateway.Uid, context.RequestAborted);
            if (current.RevokedAt is not null)
            {
                throw GatewayTokenHandler.Revoked(current);
            }

            GatewayInstances.Require(current, request.Instance?.Id);
            await presence.SawAsync(db, current, request.Gateway, context.RequestAborted);
            var waiting = await requests.TakeAsync(gateway.Uid, context.RequestAborted);
            var left = until - time.GetUtcNow();
            var epoch = await FirstStart.EpochAsync(db, context.RequestAborted);
            var since = request.Epoch is null || request.Epoch == epoch ? request.Since : 0;
            if (waiting.Count > 0 || current.Revision != since || left <= TimeSpan.Zero || ending.IsCancellationRequested)
            {
                var state = await ReadAsync(db, current, since, waiting, context.RequestAborted);
                var reports = await LastReportsAsync(db, current, request.Unrecorded, context.RequestAborted);
                var ended = await EndedAsync(db, current, request.Undesired, context.RequestAborted);
                var strange = await StrangeAsync(db, current, request.Unrecorded, context.RequestAborted);
                state = state with { Epoch = epoch, LastReports = reports, Ended = ended, Strange = strange };
                return Results.Json(state with { Rival = instances.WarningOf(current, request.Instance) }, ProtocolJson.Options);
            }

            var isAsked = await requests.HasAnyAsync(gateway.Uid, context.RequestAborted);
            var pause = isAsked && left > PendingRequests.HandOutAgain ? PendingRequests.HandOutAgain : left;
            await WaitAsync(changed, pause, time, ending.Token);
        }
    }

    private static async Task WaitAsync(Task changed, TimeSpan left, TimeProvider time, CancellationToken cancellationToken)
    {
        try
        {
            await changed.WaitAsync(left, time, cancellationToken);
        }
        catch (Exception over) when (over is TimeoutException or OperationCanceledException)
        {
            // The caller reads the store once more and answers with the result.
        }
    }

    // A gateway ahead of a store that was restored from a backup gets everything, and the store's revision.
    private static async Task<DesiredState> ReadAsync(
        ConsoleDb db,
        GatewayRow gateway,
        long since,
        IReadOnlyList<GatewayRequest> requests,
        CancellationToken cancellationToken
    )
    {
        var after = since > gateway.Revision ? 0 : since;
        var clusters = await db
            .Clusters.AsNoTracking()
            .Where(row => row.GatewayUid == gateway.Uid && row.Revision > after && row.Revision <= gateway.Revision)
            .OrderBy(row => row.Revision)
            .Select(row => new
            {
                row.Uid,
                row.SpecJson,
                row.DeletedAt,
            })
            .ToListAsync(cancellationToken);
        var accounts = await db
            .Accounts.AsNoTracking()
            .Where(row => row.GatewayUid == gateway.Uid && row.Revision > after && row.Revision <= gateway.Revision)
            .OrderBy(row => row.Revision)
            .ToListAsync(cancellationToken);
        return new DesiredState(
            gateway.Revision,
            [.. clusters.Where(row => row.DeletedAt is null).Select(row => Spec(row.SpecJson))],
            [.. accounts.Where(row => row.RemovedAt is null).Select(Sealed)],
            [.. clusters.Where(row => row.DeletedAt is not null).Select(row => new ClusterId(row.Uid))],
            [.. accounts.Where(row => row.RemovedAt is not null).Select(row => new AccountId(row.Uid))],
            requests
        );
    }

    private static async Task<IReadOnlyList<ClusterStatus>?> LastReportsAsync(
        ConsoleDb db,
        GatewayRow gateway,
        IReadOnlyList<ClusterId>? unrecorded,
        CancellationToken cancellationToken
    )
    {
        if (unrecorded is not { Count: > 0 })
        {
            return null;
        }

        var told = new List<ClusterStatus>();
        foreach (var some in unrecorded.Select(cluster => cluster.Value).Chunk(AtOnce))
        {
            var reports = await db
                .Clusters.AsNoTracking()
                .Where(row => row.GatewayUid == gateway.Uid && some.Contains(row.Uid) && row.Report != null)
                .Select(row => row.Report!.StatusJson)
                .ToListAsync(cancellationToken);
            told.AddRange(
                reports
                    .Select(json => JsonSerializer.Deserialize<ClusterStatus>(json, ProtocolJson.Options))
                    .OfType<ClusterStatus>()
                    .Where(status => status.HoldsAnything)
            );
        }

        return told;
    }

    // A cluster that a restored store does not know may have run: nobody can tell.
    private static async Task<IReadOnlyList<ClusterId>?> StrangeAsync(
        ConsoleDb db,
        GatewayRow gateway,
        IReadOnlyList<ClusterId>? unrecorded,
        CancellationToken cancellationToken
    )
    {
        if (unrecorded is not { Count: > 0 })
        {
            return null;
        }

        var known = new HashSet<string>(StringComparer.Ordinal);
        foreach (var some in unrecorded.Select(cluster => cluster.Value).Chunk(AtOnce))
        {
            known.UnionWith(
                await db
                    .Clusters.AsNoTracking()
                    .Where(row => row.GatewayUid == gateway.Uid && some.Contains(row.Uid))
                    .Select(row => row.Uid)
                    .ToListAsync(cancellationToken)
            );
        }

        return [.. unrecorded.Where(cluster => !known.Contains(cluster.Value))];
    }

    // A cluster that a restored store does not know may run: only a recorded end counts.
    private static async Task<IReadOnlyList<ClusterId>?> EndedAsync(
        ConsoleDb db,
        GatewayRow gateway,
        IReadOnlyList<ClusterId>? undesired,
        CancellationToken cancellationToken
    )
    {
        if (undesired is not { Count: > 0 })
        {
            return null;
        }

        var ended = new List<ClusterId>();
        foreach (var some in undesired.Select(cluster => cluster.Value).Chunk(AtOnce))
        {
            ended.AddRange(
                await db
                    .Clusters.AsNoTracking()
                    .Where(row => row.GatewayUid == gateway.Uid && some.Contains(row.Uid) && row.DeletedAt != null)
                    .Select(row => new ClusterId(row.Uid))
                    .ToListAsync(cancellationToken)
            );
        }

        return ended;
    }

    private static ClusterSpec Spec(string json) =>
        JsonSerializer.Deserialize<ClusterSpec>(json, ProtocolJson.Options)
        ?? throw new JsonException("A stored cluster is null.");

    private static SealedAccount Sealed(AccountRow row) =>
        new(new AccountId(row.Uid), row.Name, row.Endpoint, new SealedSecret(row.SealedEphemeralKey, row.SealedBox), row.CaPem);
}
