using Gantry.Clusters.Model;
using Gantry.Server.Api;
using Gantry.Server.Clusters;
using Gantry.Server.Store;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace Gantry.Server.Projects;

/// <summary>Searches projects, each with how its clusters are.</summary>
public static class ProjectSearch
{
    private static readonly Dictionary<string, Func<ProjectRow, IComparable>> SortFields = new()
    {
        ["name"] = row => row.Name,
        ["creationTimestamp"] = row => row.CreatedAt,
        ["lastModifiedTimestamp"] = row => row.ModifiedAt,
    };

    public static async Task<Ok<ItemList<ProjectSummary>>> SearchAsync(
        ProjectsFilterSpec body,
        PageQuery query,
        ConsoleDb db,
        ClusterViews views,
        CancellationToken cancellationToken
    )
    {
        var all = await db
            .Projects.AsNoTracking()
            .OrderBy(row => row.CreatedAt)
            .ThenBy(row => row.Uid)
            .ToListAsync(cancellationToken);
        var check = new Check();
        ProjectRow[] found =
        [
            .. all.Where(row => body.Filter?.Name.HoldsOf(row.Name) is not false).InOrder(check, body.Sort, SortFields),
        ];
        check.ThrowIfFailed();
        var page = Paging.Cut(found, query, row => row.Uid);
        var health = await HealthAsync(db, views, [.. page.Items.Select(row => row.Uid)], cancellationToken);
        return TypedResults.Ok(
            new ItemList<ProjectSummary>(
                [
                    .. page.Items.Select(row => new ProjectSummary(
                        ProjectEndpoints.Metadata(row),
                        new ProjectSummarySpec("", [], []),
                        new ProjectSummaryStatus(health(row.Uid), new ProjectStatus(IsDisabled: false))
                    )),
                ],
                page.Listmeta
            )
        );
    }

    private static async Task<Func<string, ClustersHealth>> HealthAsync(
        ConsoleDb db,
        ClusterViews views,
        string[] projects,
        CancellationToken cancellationToken
    )
    {
        var gateways = await db.Gateways.AsNoTracking().ToDictionaryAsync(row => row.Uid, cancellationToken);
        var clusters = await ClusterList
            .Light(db.Clusters.AsNoTracking())
            .Where(row => row.DeletedAt == null && row.ProjectUid != null && projects.Contains(row.ProjectUid))
            .ToListAsync(cancellationToken);
        var states = clusters.ToLookup(
            row => row.ProjectUid!,
            row => (State: ClusterViews.State(row), Health: views.Health(row, gateways.GetValueOrDefault(row.GatewayUid)))
        );
        return project => new ClustersHealth(
            states[project].Count(one => one.Health is nameof(Health.Healthy)),
            states[project].Count(one => one.Health is nameof(Health.UnHealthy)),
            states[project].Count(one => one.State is nameof(ClusterPhase.Running)),
            Errored: 0
        );
    }
}
