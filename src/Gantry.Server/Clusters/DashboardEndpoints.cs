using Gantry.Server.Api;
using Gantry.Server.Store;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace Gantry.Server.Clusters;

/// <summary>Many clusters at a glance.</summary>
public static class DashboardEndpoints
{
    public static void MapClusterDashboard(this IEndpointRouteBuilder routes)
    {
        routes.Map(Operations.Clusters.Search, SearchAsync);
        routes.Map(Operations.Clusters.ListMetadata, ListMetadataAsync);
        routes.Map(Operations.Clusters.GetSummary, GetAsync);
        routes.Map(Operations.Clusters.GetOverview, GetAsync);
        routes.Map(Operations.Clusters.ListTags, TagsAsync);
    }

    private static async Task<Ok<ItemList<ClusterSummary>>> SearchAsync(
        SearchRequest body, [AsParameters] ListQuery query, ConsoleDb db, ClusterScope scope, ClusterViews views, CancellationToken cancellationToken)
    {
        var gateways = await db.Gateways.AsNoTracking().ToDictionaryAsync(row => row.Uid, cancellationToken);
        var search = ClusterSearch.Parse(body);

        // Only what can be searched is read of all; the page is then read whole.
        var rows = await scope.All.AsNoTracking()
            .Select(row => new ClusterRow
            {
                Uid = row.Uid, Name = row.Name, GatewayUid = row.GatewayUid, LabelsJson = row.LabelsJson, ProjectUid = row.ProjectUid,
                CreatedAt = row.CreatedAt, ModifiedAt = row.ModifiedAt, DeletionRequestedAt = row.DeletionRequestedAt, DeletedAt = row.DeletedAt,
                ConfigUid = "", AccountUid = "", WireJson = "", SpecJson = "",
                Report = row.Report == null ? null : new ClusterReportRow
                {
                    ClusterUid = row.Uid, Phase = row.Report.Phase, Health = row.Report.Health, StatusJson = "", ReportedAt = row.Report.ReportedAt,
                },
            }).ToListAsync(cancellationToken);
        var found = search.Apply(rows.Select(row => new SearchableCluster(row, views.Health(row, gateways.GetValueOrDefault(row.GatewayUid)))));
        var page = Paging.Cut([.. found.Select(one => one.Row.Uid)], query, uid => uid);
        return TypedResults.Ok(new ItemList<ClusterSummary>(await SummariesAsync(db, views, gateways, page.Items, cancellationToken), page.Listmeta));
    }

    public static async Task<IReadOnlyList<ClusterSummary>> SummariesAsync(
        ConsoleDb db, ClusterViews views, Dictionary<string, GatewayRow> gateways, IReadOnlyList<string> uids, CancellationToken cancellationToken)
    {
        var accounts = await db.Accounts.AsNoTracking().ToDictionaryAsync(row => row.Uid, row => new ObjectEntity(row.Name, row.Uid), cancellationToken);
        var projects = await db.Projects.AsNoTracking().ToDictionaryAsync(row => row.Uid, row => new ObjectEntity(row.Name, row.Uid), cancellationToken);
        Dictionary<string, ClusterRow> rows = [];
        foreach (var some in uids.Chunk(500))
        {
            foreach (var row in await db.Clusters.AsNoTracking().Include(one => one.Report).Include(one => one.Profiles).Where(one => some.Contains(one.Uid)).ToListAsync(cancellationToken))
            {
                rows[row.Uid] = row;
            }
        }

        return [.. uids.Where(rows.ContainsKey).Select(uid => rows[uid]).Select(row => views.Summary(
            row, gateways.GetValueOrDefault(row.GatewayUid), accounts.GetValueOrDefault(row.AccountUid), projects.GetValueOrDefault(row.ProjectUid ?? "")))];
    }

    private static async Task<Ok<ItemList<ObjectMeta>>> ListMetadataAsync(ClusterScope scope, CancellationToken cancellationToken)
    {
        var rows = await scope.All.AsNoTracking().Where(row => row.DeletedAt == null).OrderBy(row => row.CreatedAt).ThenBy(row => row.Uid)
            .Select(row => new { row.Name, row.Uid, row.CreatedAt, row.ModifiedAt }).ToListAsync(cancellationToken);
        return TypedResults.Ok(new ItemList<ObjectMeta>([.. rows.Select(row => new ObjectMeta
        {
            Name = row.Name,
            Uid = row.Uid,
            CreationTimestamp = row.CreatedAt,
            LastModifiedTimestamp = row.ModifiedAt,
        })]));
    }

    private static async Task<Ok<Overview>> GetAsync(
        string uid, ConsoleDb db, ClusterScope scope, ClusterViews views, CancellationToken cancellationToken)
    {
        var row = await scope.GetAsync(uid, cancellationToken);
        var gateway = await db.Gateways.AsNoTracking().FirstOrDefaultAsync(one => one.Uid == row.GatewayUid, cancellationToken);
        var account = await db.Accounts.AsNoTracking().FirstOrDefaultAsync(one => one.Uid == row.AccountUid, cancellationToken);
        return TypedResults.Ok(views.Overview(row, gateway, account is null ? null : new ObjectEntity(account.Name, account.Uid)));
    }

    private static async Task<Ok<ClusterTags>> TagsAsync(ClusterScope scope, CancellationToken cancellationToken)
    {
        var labels = await scope.All.AsNoTracking().Where(row => row.DeletedAt == null).Select(row => row.LabelsJson).Distinct().ToListAsync(cancellationToken);
        return TypedResults.Ok(new ClusterTags([.. labels.SelectMany(StoreJson.Read<Dictionary<string, string>>)
            .Select(pair => pair.Value is "spectro__tag" or "" ? pair.Key : $"{pair.Key}:{pair.Value}").Distinct().Order(StringComparer.Ordinal)]));
    }
}
