using Gantry.Server.Api;
using Gantry.Server.Store;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace Gantry.Server.Clusters;

/// <summary>Overview of many clusters.</summary>
public static class DashboardEndpoints
{
    public static void MapClusterDashboard(this IEndpointRouteBuilder routes)
    {
        routes.Map(Operations.Clusters.Search, SearchAsync);
        routes.Map(Operations.Clusters.GetSearchSchema, (ConsoleDb db) => TypedResults.Ok(ClusterSearch.Describe(db)));
        routes.Map(Operations.Clusters.ListMetadata, ListMetadataAsync);
        routes.Map(Operations.Clusters.GetSummary, GetAsync);
        routes.Map(Operations.Clusters.GetOverview, GetAsync);
        routes.Map(Operations.Clusters.ListTags, TagsAsync);
    }

    private static async Task<Ok<ItemList<ClusterSummary>>> SearchAsync(
        SearchRequest body,
        PageQuery query,
        ConsoleDb db,
        ClusterScope scope,
        ClusterViews views,
        CancellationToken cancellationToken
    )
    {
        var gateways = await db.Gateways.AsNoTracking().ToListAsync(cancellationToken);
        var (filter, order) = ClusterSearch.Read(body, db, [.. gateways.Where(views.IsOnline).Select(gateway => gateway.Uid)]);
        var page = await ClusterList.Of.CutAsync(scope.All.AsNoTracking().Where(filter), order, query, cancellationToken);
        return TypedResults.Ok(await db.SummariesAsync(views, page, cancellationToken));
    }

    private static async Task<Ok<ItemList<ObjectMeta>>> ListMetadataAsync(ClusterScope scope, CancellationToken cancellationToken)
    {
        var rows = await scope
            .All.AsNoTracking()
            .Where(row => row.DeletedAt == null)
            .OrderBy(row => row.CreatedAt)
            .ThenBy(row => row.Uid)
            .Select(row => new
            {
                row.Name,
                row.Uid,
                row.CreatedAt,
                row.ModifiedAt,
            })
            .ToListAsync(cancellationToken);
        return TypedResults.Ok(
            new ItemList<ObjectMeta>([
                .. rows.Select(row => new ObjectMeta
                {
                    Name = row.Name,
                    Uid = row.Uid,
                    CreationTimestamp = row.CreatedAt,
                    LastModifiedTimestamp = row.ModifiedAt,
                }),
            ])
        );
    }

    private static async Task<Ok<Overview>> GetAsync(
        string uid,
        ConsoleDb db,
        ClusterScope scope,
        ClusterViews views,
        CancellationToken cancellationToken
    )
    {
        var row = await scope.GetAsync(uid, cancellationToken);
        var gateway = await db.Gateways.AsNoTracking().FirstOrDefaultAsync(one => one.Uid == row.GatewayUid, cancellationToken);
        var account = await db.Accounts.AsNoTracking().FirstOrDefaultAsync(one => one.Uid == row.AccountUid, cancellationToken);
        return TypedResults.Ok(
            views.Overview(row, gateway, account is null ? null : new ObjectEntity(account.Name, account.Uid))
        );
    }

    private static async Task<Ok<ClusterTags>> TagsAsync(ConsoleDb db, ClusterScope scope, CancellationToken cancellationToken)
    {
        var living = scope.All.Where(row => row.DeletedAt == null).Select(row => row.Uid);
        var labels = await db
            .ClusterLabels.Where(label => living.Contains(label.ClusterUid))
            .Select(label => new { label.Key, label.Value })
            .Distinct()
            .ToListAsync(cancellationToken);
        return TypedResults.Ok(
            new ClusterTags([
                .. labels
                    .Select(label => label.Value is "spectro__tag" or "" ? label.Key : $"{label.Key}:{label.Value}")
                    .Distinct()
                    .Order(StringComparer.Ordinal),
            ])
        );
    }
}
