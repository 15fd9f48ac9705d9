using Gantry.Clusters.Explaining;
using Gantry.Clusters.Model;
using Gantry.Protocol;
using Gantry.Server.Api;
using Gantry.Server.CloudAccounts;
using Gantry.Server.Gateways;
using Gantry.Server.Store;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace Gantry.Server.Clusters;

/// <summary>Plan, why-not and what-if, answered by the data centre without any change; and the application of plans.</summary>
public static class PlanEndpoints
{
    private const int MostClusters = 1000;

    public static void MapPlans(this IEndpointRouteBuilder routes)
    {
        routes.Map(Operations.Plans.PlanNew, PlanNewAsync);
        routes.Map(Operations.Plans.WhyNotNew, WhyNotNewAsync);
        routes.Map(Operations.Plans.WhatIfNew, WhatIfNewAsync);
        routes.Map(Operations.Plans.Plan, PlanAsync);
        routes.Map(Operations.Plans.WhyNot, WhyNotAsync);
        routes.Map(Operations.Plans.WhatIf, WhatIfAsync);
        routes.Map(Operations.Plans.Explain, ExplainAsync);
        routes.Map(Operations.Plans.Apply, ApplyAsync);
        routes.Map(Operations.Documents.Plan, PlanDocumentAsync);
    }

    private static async Task<Ok<PlanAnswer>> PlanNewAsync(
        ClusterEntity body,
        ClusterDrafts drafts,
        ClusterStore store,
        PlanStore plans,
        CancellationToken cancellationToken
    )
    {
        var draft = await DraftAsync(body, Uids.New(), drafts, cancellationToken);
        await store.RefuseDuplicateAsync(draft.Spec.Name.Value, cancellationToken);
        return await PlanDraftAsync(body, draft, plans, cancellationToken);
    }

    private static async Task<Ok<PlanAnswer>> PlanDocumentAsync(
        ClusterDocument body,
        RequestQuery query,
        Caller caller,
        ClusterScope scope,
        ClusterDrafts drafts,
        PlanStore plans,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        var active = ClusterStore.ActiveName(caller, body.Metadata?.Name ?? "");
        var uid = await scope
            .All.Where(one => one.ActiveName == active)
            .Select(one => one.Uid)
            .FirstOrDefaultAsync(cancellationToken);
        if (uid is not null)
        {
            var change = new ClusterChange { Document = body, Prune = query.IsSet(QueryParameters.Prune) };
            return await PlanAsync(uid, scope, drafts, plans, time, cancellationToken, change);
        }

        var (request, draft) = await drafts.DocumentedAsync(body, Uids.New(), cancellationToken);
        return await PlanDraftAsync(request, draft, plans, cancellationToken);
    }

    private static async Task<Ok<PlanAnswer>> PlanDraftAsync(
        ClusterEntity body,
        ClusterDraft draft,
        PlanStore plans,
        CancellationToken cancellationToken
    )
    {
        var plan = await plans.PlanAsync(draft.Account.GatewayUid, draft.Spec, cancellationToken);
        await plans.KeepAsync(plan, draft.Spec.Id.Value, creates: true, body, draft.Spec.CreatedAt, cancellationToken);
        return TypedResults.Ok(PlanViews.Plan(plan));
    }

    private static async Task<Ok<PlanAnswer>> PlanAsync(
        string uid,
        ClusterScope scope,
        ClusterDrafts drafts,
        PlanStore plans,
        TimeProvider time,
        CancellationToken cancellationToken,
        ClusterChange? body = null
    )
    {
        var now = time.NowInMilliseconds();
        var row = await scope.GetAsync(uid, cancellationToken);
        var change = body ?? ClusterChanges.None;
        var desired = await drafts.ChangedAsync(row, change, now, cancellationToken);
        var plan = await plans.PlanAsync(row.GatewayUid, desired.Spec, cancellationToken);

        // The plan's hash tells whether anything has changed since.
        await plans.KeepAsync(plan, row.Uid, creates: false, change with { Generation = null }, now, cancellationToken);
        return TypedResults.Ok(PlanViews.Plan(plan));
    }

    private static async Task<Ok<WhyNotAnswer>> WhyNotNewAsync(
        ClusterEntity body,
        ClusterDrafts drafts,
        PlanStore plans,
        CancellationToken cancellationToken
    )
    {
        var draft = await DraftAsync(body, Uids.New(), drafts, cancellationToken);
        return TypedResults.Ok(
            PlanViews.WhyNot(await plans.WhyNotAsync(draft.Account.GatewayUid, draft.Spec, cancellationToken))
        );
    }

    private static async Task<Ok<WhyNotAnswer>> WhyNotAsync(
        string uid,
        ClusterScope scope,
        ClusterDrafts drafts,
        PlanStore plans,
        TimeProvider time,
        CancellationToken cancellationToken,
        ClusterChange? body = null
    )
    {
        var row = await scope.GetAsync(uid, cancellationToken);
        var desired = await drafts.ChangedAsync(row, body ?? ClusterChanges.None, time.GetUtcNow(), cancellationToken);
        return TypedResults.Ok(PlanViews.WhyNot(await plans.WhyNotAsync(row.GatewayUid, desired.Spec, cancellationToken)));
    }

    private static async Task<Ok<WhatIfAnswer>> WhatIfNewAsync(
        ClusterEntity body,
        RequestQuery query,
        ConsoleDb db,
        ClusterDrafts drafts,
        PendingRequests requests,
        CancellationToken cancellationToken
    )
    {
        var count = Count(query);
        var draft = await DraftAsync(body, Uids.New(), drafts, cancellationToken);
        return TypedResults.Ok(
            PlanViews.WhatIf(
                await SendAsync<CapacityAnswer>(
                    db,
                    requests,
                    draft.Account.GatewayUid,
                    id => new GatewayRequest.WhatIf(id, draft.Spec, count),
                    cancellationToken
                )
            )
        );
    }

    private static async Task<Ok<WhatIfAnswer>> WhatIfAsync(
        string uid,
        RequestQuery query,
        ConsoleDb db,
        ClusterScope scope,
        ClusterDrafts drafts,
        PendingRequests requests,
        TimeProvider time,
        CancellationToken cancellationToken,
        ClusterChange? body = null
    )
    {
        var count = Count(query);
        var row = await scope.GetAsync(uid, cancellationToken);
        var desired = await drafts.ChangedAsync(row, body ?? ClusterChanges.None, time.GetUtcNow(), cancellationToken);
        return TypedResults.Ok(
            PlanViews.WhatIf(
                await SendAsync<CapacityAnswer>(
                    db,
                    requests,
                    row.GatewayUid,
                    id => new GatewayRequest.WhatIf(id, desired.Spec, count),
                    cancellationToken
                )
            )
        );
    }

    private static async Task<Ok<ExplainAnswer>> ExplainAsync(
        string uid,
        ConsoleDb db,
        ClusterScope scope,
        GatewaySurroundings surroundings,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        var row = await scope.GetAsync(uid, cancellationToken);
        var around = surroundings.Of(
            await db.FindGatewayAsync(row, cancellationToken),
            await db.Accounts.AnyAsync(one => one.Uid == row.AccountUid && one.RemovedAt == null, cancellationToken)
        );
        var phase = Enum.Parse<ClusterPhase>(ClusterViews.State(row));
        var status = ClusterViews.Status(row) is { } reported
            ? reported with
            {
                Phase = phase,
                Repave = Repaves.Waiting(row),
            }
            : null;
        return TypedResults.Ok(PlanViews.Explanation(Explain.Write(ClusterStore.Read(row), status, around, time.GetUtcNow())));
    }

    private static async Task<Ok<UidAnswer>> ApplyAsync(
        string hash,
        ClusterScope scope,
        ClusterDrafts drafts,
        ClusterStore store,
        PlanStore plans,
        QuarantineRequests quarantine,
        Changes changes,
        CancellationToken cancellationToken
    )
    {
        var planned = await plans.GetAsync(hash, cancellationToken);
        return planned.Creates
            ? await ApplyCreationAsync(planned, drafts, store, plans, changes, cancellationToken)
            : await ApplyChangeAsync(planned, scope, drafts, store, plans, quarantine, changes, cancellationToken);
    }

    private static async Task<Ok<UidAnswer>> ApplyCreationAsync(
        PlannedChangeRow planned,
        ClusterDrafts drafts,
        ClusterStore store,
        PlanStore plans,
        Changes changes,
        CancellationToken cancellationToken
    )
    {
        var body = StoreJson.Read<ClusterEntity>(planned.RequestJson);
        var draft = await DraftAsync(body, planned.ClusterUid, drafts, cancellationToken);
        await store.RefuseDuplicateAsync(draft.Spec.Name.Value, cancellationToken);
        var plan = await plans.PlanAsync(
            draft.Account.GatewayUid,
            draft.Spec with
            {
                CreatedAt = planned.PlannedAt,
            },
            cancellationToken
        );
        if (plan.Hash != planned.Hash)
        {
            await plans.KeepAsync(plan, planned.ClusterUid, creates: true, body, planned.PlannedAt, cancellationToken);
            throw PlanStore.Outdated(planned, plan);
        }

        await using var write = await changes.BeginAsync(cancellationToken);
        await plans.TakeAsync(write, planned, draft.Spec.Name.Value, cancellationToken);
        var now = await DraftAsync(body, planned.ClusterUid, drafts, cancellationToken);
        RefuseMoved(planned, draft.Spec, now.Spec);
        var row = await store.CreateAsync(write, now, body.Metadata, cancellationToken);
        await write.CommitAsync(cancellationToken);
        return TypedResults.Ok(new UidAnswer(row.Uid));
    }

    private static async Task<Ok<UidAnswer>> ApplyChangeAsync(
        PlannedChangeRow planned,
        ClusterScope scope,
        ClusterDrafts drafts,
        ClusterStore store,
        PlanStore plans,
        QuarantineRequests quarantine,
        Changes changes,
        CancellationToken cancellationToken
    )
    {
        var change = StoreJson.Read<ClusterChange>(planned.RequestJson);
        var seen = await scope.GetAsync(planned.ClusterUid, cancellationToken);
        var desired = await drafts.ChangedAsync(seen, change, planned.PlannedAt, cancellationToken);
        var plan = await plans.PlanAsync(seen.GatewayUid, desired.Spec, cancellationToken);
        if (plan.Hash != planned.Hash)
        {
            await plans.KeepAsync(plan, planned.ClusterUid, creates: false, change, planned.PlannedAt, cancellationToken);
            throw PlanStore.Outdated(planned, plan);
        }

        if (change.QuarantineReplaced is true)
        {
            await quarantine.AddReplacedAsync(seen, change.ReplaceMachines ?? [], cancellationToken);
        }

        // The gateway's answer took time; only the state it describes is applied.
        await using var write = await changes.BeginAsync(cancellationToken);
        await plans.TakeAsync(write, planned, seen.Name, cancellationToken);
        var row =
            await scope.All.Whole().FirstOrDefaultAsync(one => one.Uid == planned.ClusterUid, cancellationToken)
            ?? throw ApiError.NotFound("cluster", planned.ClusterUid);
        var now = await drafts.ChangedAsync(row, change, planned.PlannedAt, cancellationToken);
        RefuseMoved(planned, desired.Spec, now.Spec);
        if (change.Delete is { } delete)
        {
            if (row.DeletionRequestedAt is null)
            {
                await store.DeleteAsync(write, row, force: false, delete.Drain is true, cancellationToken);
            }
        }
        else
        {
            await store.StoreAsync(write, row, now, cancellationToken);
            if (change.Document is { } document)
            {
                await store.DescribeAsync(write, row, document.Metadata, cancellationToken);
            }
        }

        await write.CommitAsync(cancellationToken);
        return TypedResults.Ok(new UidAnswer(row.Uid));
    }

    private static void RefuseMoved(PlannedChangeRow planned, ClusterSpec asked, ClusterSpec now)
    {
        if (DesiredCluster.WithoutMoments(asked) != DesiredCluster.WithoutMoments(now))
        {
            throw new ApiException(
                StatusCodes.Status409Conflict,
                "PlanOutdated",
                $"Plan {planned.Hash} is outdated: the cluster or its profiles were changed while it was being applied."
            );
        }
    }

    private static async Task<ClusterDraft> DraftAsync(
        ClusterEntity body,
        string uid,
        ClusterDrafts drafts,
        CancellationToken cancellationToken
    )
    {
        var check = new Check();
        var draft = await drafts.ReadAsync(check, body, uid, cancellationToken);
        check.ThrowIfFailed();
        return draft!;
    }

    private static async Task<T> SendAsync<T>(
        ConsoleDb db,
        PendingRequests requests,
        string gatewayUid,
        Func<string, GatewayRequest> make,
        CancellationToken cancellationToken
    )
    {
        var gateway = await db.GetGatewayAsync(gatewayUid, cancellationToken);
        return await requests.SendAsync<T>(gateway, make, cancellationToken);
    }

    private static int Count(RequestQuery query) =>
        query.Value(QueryParameters.Count) switch
        {
            null => 1,
            { } count and >= 1 and <= MostClusters => count,
            { } count => throw ApiError.Invalid("count", $"{count} is not a number of clusters; write 1 to {MostClusters}"),
        };
}
