using Gantry.Clusters.Model;
using Gantry.Protocol;
using Gantry.Server.Api;
using Gantry.Server.Gateways;
using Gantry.Server.Store;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace Gantry.Server.Clusters;

/// <summary>Clusters: create, read, delete.</summary>
public static class ClusterEndpoints
{
    public static void MapClusters(this IEndpointRouteBuilder routes)
    {
        routes.Map(Operations.Clusters.Create, CreateAsync);
        routes.Map(Operations.Clusters.Validate, ValidateAsync);
        routes.Map(Operations.Clusters.ValidateName, ValidateNameAsync);
        routes.Map(Operations.Clusters.Get, GetAsync);
        routes.Map(Operations.Clusters.List, ListAsync);
        routes.Map(Operations.Clusters.Delete, DeleteAsync);
        routes.Map(Operations.Clusters.GetStatus, StatusAsync);
        routes.Map(Operations.Clusters.GetProgress, ProgressAsync);
    }

    private static async Task<Created<UidAnswer>> CreateAsync(
        ClusterEntity body,
        ClusterDrafts drafts,
        ClusterStore store,
        Changes changes,
        RegionCheck regions,
        HttpContext http,
        CancellationToken cancellationToken
    )
    {
        // The gateway may take seconds, and a write holds up others.
        var region = await regions.AskAsync(body.Spec?.CloudAccountUid, cancellationToken);
        await using var write = await changes.BeginAsync(cancellationToken);
        var check = new Check();
        var draft = await drafts.ReadAsync(check, body, Uids.New(), cancellationToken);
        if (draft is not null && region is not null)
        {
            RegionCheck.Names(check, draft.Spec, region);
        }

        check.ThrowIfFailed();
        var row = await store.CreateAsync(write, draft!, body.Metadata, cancellationToken);
        await write.CommitAsync(cancellationToken);
        if (region is not null)
        {
            var sizes = new Check();
            RegionCheck.Sizes(sizes, draft!.Spec, region);
            Warnings.Write(http.Response, sizes.Problems.Select(one => $"{one.Field}: {one.Message}"));
        }

        return TypedResults.Created((string?)null, new UidAnswer(row.Uid));
    }

    /// <summary>Problems of pools and profiles are returned as a result, not as a failure.</summary>
    private static async Task<Ok<ValidationAnswer>> ValidateAsync(
        ClusterEntity body,
        ClusterDrafts drafts,
        RegionCheck regions,
        CancellationToken cancellationToken
    )
    {
        var check = new Check();
        var draft = await drafts.ReadAsync(check, body, Uids.New(), cancellationToken);
        if (draft is not null && await regions.AskAsync(draft.Account.Uid, cancellationToken) is { } region)
        {
            RegionCheck.Names(check, draft.Spec, region);
            RegionCheck.Sizes(check, draft.Spec, region);
        }

        return TypedResults.Ok(ValidationResults.Of(body, check.Problems));
    }

    private static async Task<NoContent> ValidateNameAsync(
        RequestQuery query,
        ClusterStore store,
        CancellationToken cancellationToken
    )
    {
        var check = new Check();
        var valid = check.DnsLabel(query.Text(QueryParameters.ClusterName), QueryParameters.ClusterName.Name);
        check.ThrowIfFailed();
        await store.RefuseDuplicateAsync(valid!.Value, cancellationToken);
        return TypedResults.NoContent();
    }

    private static async Task<Ok<ClusterView>> GetAsync(
        string uid,
        ConsoleDb db,
        ClusterScope scope,
        ClusterViews views,
        CancellationToken cancellationToken
    )
    {
        var row = await scope.GetAsync(uid, cancellationToken);
        return TypedResults.Ok(views.Cluster(row, await db.FindGatewayAsync(row, cancellationToken)));
    }

    private static async Task<Ok<ItemList<ClusterView>>> ListAsync(
        ListQuery list,
        RequestQuery query,
        ConsoleDb db,
        ClusterScope scope,
        ClusterViews views,
        CancellationToken cancellationToken
    )
    {
        var name = query.Text(QueryParameters.OfClusterName);
        var page = await ClusterList.Of.PageAsync(
            scope.All.AsNoTracking().Where(row => row.DeletedAt == null && (name == null || row.Name == name)),
            list,
            cancellationToken
        );
        var rows = await ClusterList.WholeAsync(page, db.Clusters.AsNoTracking().Whole(), cancellationToken);
        var gateways = await db.Gateways.AsNoTracking().ToDictionaryAsync(row => row.Uid, cancellationToken);
        return TypedResults.Ok(
            new ItemList<ClusterView>(
                [.. rows.Select(row => views.Cluster(row, gateways.GetValueOrDefault(row.GatewayUid)))],
                page.Meta
            )
        );
    }

    private static async Task<NoContent> DeleteAsync(
        string uid,
        RequestQuery query,
        ConsoleDb db,
        ClusterScope scope,
        ClusterStore store,
        Changes changes,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        var (forceDelete, drain) = (query.IsSet(QueryParameters.ForceDelete), query.IsSet(QueryParameters.Drain));
        await using var write = await changes.BeginAsync(cancellationToken);
        var row = await scope.All.Whole().FirstOrDefaultAsync(one => one.Uid == uid, cancellationToken);
        if (row is null or { DeletedAt: not null })
        {
            throw ApiError.NotFound("cluster", uid);
        }

        await db.RefuseOutdatedAsync(row, query.Value(QueryParameters.Generation), cancellationToken);
        if (forceDelete)
        {
            ForceDeletePolicy.RefuseEarly(row, time.GetUtcNow());
        }

        // Repeating a request that is under way changes nothing, unless it adds an option.
        var underWay = ClusterStore.Read(row).Deletion;
        if (underWay is null || (forceDelete && !underWay.Force) || (drain && !underWay.Drain && !underWay.Force))
        {
            await store.DeleteAsync(
                write,
                row,
                forceDelete || underWay is { Force: true },
                drain || underWay is { Drain: true },
                cancellationToken
            );
            await write.CommitAsync(cancellationToken);
        }

        return TypedResults.NoContent();
    }

    private static async Task<Ok<StatusEntity>> StatusAsync(
        string uid,
        ClusterScope scope,
        CancellationToken cancellationToken
    ) => TypedResults.Ok(new StatusEntity(new StateView(ClusterViews.State(await scope.GetAsync(uid, cancellationToken)))));

    private static async Task<Ok<ProgressAnswer>> ProgressAsync(
        string uid,
        ConsoleDb db,
        ClusterScope scope,
        GatewaySurroundings surroundings,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        var row = await scope.GetAsync(uid, cancellationToken);
        var around = surroundings.Of(await db.FindGatewayAsync(row, cancellationToken));
        return TypedResults.Ok(
            new ProgressAnswer
            {
                Uid = row.Uid,
                Name = row.Name,
                Generation = row.Generation,
                Phase = ClusterViews.State(row),
                Status = CurrentStatus.Of(row, around) is { } status ? ReportedViews.Status(status) : null,
                AutoRepair = ClusterStore.Read(row).AutoRepair,
                AutoRepairFrom = row.AutoRepair is null ? AutoRepairSources.Project : AutoRepairSources.Cluster,
                AbortedAt = row.AbortedAt,
                ForceDeleteFrom = ForceDeletePolicy.From(row),
                ForceDeleteInSeconds = ForceDeletePolicy.Left(row, time.GetUtcNow()) is { } left
                    ? (long)Math.Ceiling(left.TotalSeconds)
                    : null,
            }
        );
    }
}
