using Gantry.Server.Api;
using Gantry.Server.Store;
using Microsoft.EntityFrameworkCore;

namespace Gantry.Server.Clusters;

/// <summary>Clusters in lists: the page is found by a few columns, and only its rows are read whole.</summary>
public static class ClusterList
{
    // SQLite accepts some thousands of parameters, and a list of everything has one per cluster.
    private const int Chunk = 500;

    /// <summary>Oldest first, unless the request has an order.</summary>
    public static StoredList<ClusterRow> Of { get; } =
        new(Sort.By((ClusterRow row) => row.CreatedAt), Sort.By((ClusterRow row) => row.Uid))
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
        };

    public static async Task<ItemList<ClusterSummary>> SummariesAsync(
        this ConsoleDb db,
        ClusterViews views,
        StoredPage<ClusterRow> page,
        CancellationToken cancellationToken
    )
    {
        Dictionary<string, ClusterRow> rows = [];
        foreach (var uids in page.Rows.Select(row => row.Uid).Chunk(Chunk))
        {
            foreach (
                var row in await db
                    .Clusters.AsNoTracking()
                    .Include(row => row.Report)
                    .Include(row => row.Profiles)
                    .Where(row => uids.Contains(row.Uid))
                    .ToListAsync(cancellationToken)
            )
            {
                rows[row.Uid] = row;
            }
        }

        string[] accountUids = [.. rows.Values.Select(row => row.AccountUid).Distinct()];
        string[] projectUids = [.. rows.Values.Select(row => row.ProjectUid).OfType<string>().Distinct()];
        string[] gatewayUids = [.. rows.Values.Select(row => row.GatewayUid).Distinct()];
        var accounts = await db
            .Accounts.AsNoTracking()
            .Where(row => accountUids.Contains(row.Uid))
            .ToDictionaryAsync(row => row.Uid, row => new ObjectEntity(row.Name, row.Uid), cancellationToken);
        var projects = await db
            .Projects.AsNoTracking()
            .Where(row => projectUids.Contains(row.Uid))
            .ToDictionaryAsync(row => row.Uid, row => new ObjectEntity(row.Name, row.Uid), cancellationToken);
        var gateways = await db
            .Gateways.AsNoTracking()
            .Where(row => gatewayUids.Contains(row.Uid))
            .ToDictionaryAsync(row => row.Uid, cancellationToken);
        return new ItemList<ClusterSummary>(
            [
                .. page
                    .Rows.Where(row => rows.ContainsKey(row.Uid))
                    .Select(row => rows[row.Uid])
                    .Select(row =>
                        views.Summary(
                            row,
                            gateways.GetValueOrDefault(row.GatewayUid),
                            accounts.GetValueOrDefault(row.AccountUid),
                            projects.GetValueOrDefault(row.ProjectUid ?? "")
                        )
                    ),
            ],
            page.Meta
        );
    }
}
