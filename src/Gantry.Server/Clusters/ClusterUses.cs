using System.Linq.Expressions;
using Gantry.Clusters.Explaining;
using Gantry.Clusters.Model;
using Gantry.Server.Store;
using Microsoft.EntityFrameworkCore;

namespace Gantry.Server.Clusters;

/// <summary>The clusters that still use a resource to be deleted.</summary>
public static class ClusterUses
{
    private const int MostNames = 5;

    /// <summary>
    /// Counts the clusters of all projects, and names those in the caller's scope: <c>3 clusters (demo, prod)</c>.
    /// </summary>
    /// <returns>Null when no cluster uses the resource.</returns>
    public static async Task<string?> DescribeAsync(
        ConsoleDb db,
        Expression<Func<ClusterRow, bool>> usesIt,
        CancellationToken cancellationToken
    )
    {
        var users = db.Clusters.Where(row => row.ActiveName != null).Where(usesIt);
        var count = await users.IgnoreQueryFilters(ConsoleDb.AllProjects).CountAsync(cancellationToken);
        var names = await users.OrderBy(row => row.Name).Select(row => row.Name).Take(MostNames).ToListAsync(cancellationToken);
        return count == 0 ? null
            : names.Count == 0 ? Counted.Of(count, "cluster")
            : $"{Counted.Of(count, "cluster")} ({string.Join(", ", names)})";
    }
}
