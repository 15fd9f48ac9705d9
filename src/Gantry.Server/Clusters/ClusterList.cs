using Gantry.Server.Api;
using Gantry.Server.Store;
using Microsoft.EntityFrameworkCore;

namespace Gantry.Server.Clusters;

/// <summary>Clusters in lists: the page is found by a few columns, and only its rows are read whole.</summary>
public static class ClusterList
{
    /// <summary>SQLite accepts some thousands of parameters, and a list of everything has one per cluster.</summary>
    public const int Chunk = 500;

    /// <summary>Clusters without their documents.</summary>
    public static IQueryable<ClusterRow> Light(IQueryable<ClusterRow> clusters) => clusters.Select(Of.Columns!);

    /// <summary>Oldest first, unless the request has an order.</summary>
    public static StoredList<ClusterRow> Of { get; } =
        new StoredList<ClusterRow>(Sort.By((ClusterRow row) => row.CreatedAt), Sort.By((ClusterRow row) => row.Uid))
        {
            Columns = row => new ClusterRow
            {
                Uid = row.Uid,
                Name = row.Name,
                GatewayUid = row.GatewayUid,
                ProjectUid = row.ProjectUid,
                CreatedAt = row.CreatedAt,
                ModifiedAt = row.ModifiedAt,
                DeletionRequestedAt = row.DeletionRequestedAt,
                DeletedAt = row.DeletedAt,
                ConfigUid = "",
                AccountUid = "",
                WireJson = "",
                SpecJson = "",
                Report =
                    row.Report == null
                        ? null
                        : new ClusterReportRow
                        {
                            ClusterUid = row.Uid,
                            Phase = row.Report.Phase,
                            Health = row.Report.Health,
                            StatusJson = "",
                            ReportedAt = row.Report.ReportedAt,
                        },
            },
        }
            .Text("metadata.name", row => row.Name)
            .Text("metadata.uid", row => row.Uid)
            .Time("metadata.creationTimestamp", row => row.CreatedAt)
            .Time("metadata.lastModifiedTimestamp", row => row.ModifiedAt);

    public static async Task<ItemList<ClusterSummary>> SummariesAsync(
        this ConsoleDb db,
        ClusterViews views,
        StoredPage<ClusterRow> page,
        CancellationToken cancellationToken
    )
    {
        var rows = await WholeAsync(
            page,
            db.Clusters.AsNoTracking().Include(row => row.Report).Include(row => row.Profiles),
            cancellationToken
        );
        var around = await SummaryContext.ReadAsync(db, rows, cancellationToken);
        return new ItemList<ClusterSummary>([.. rows.Select(row => views.Summary(row, around))], page.Meta);
    }

    /// <summary>The rows of a page in full, in its order.</summary>
    public static async Task<IReadOnlyList<ClusterRow>> WholeAsync(
        StoredPage<ClusterRow> page,
        IQueryable<ClusterRow> clusters,
        CancellationToken cancellationToken
    )
    {
        Dictionary<string, ClusterRow> rows = [];
        foreach (var uids in page.Rows.Select(row => row.Uid).Chunk(Chunk))
        {
            foreach (var row in await clusters.Where(row => uids.Contains(row.Uid)).ToListAsync(cancellationToken))
            {
                rows[row.Uid] = row;
            }
        }

        return [.. page.Rows.Where(row => rows.ContainsKey(row.Uid)).Select(row => rows[row.Uid])];
    }
}
