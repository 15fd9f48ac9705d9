using Gantry.Server.Store;
using Microsoft.EntityFrameworkCore;

namespace Gantry.Server.Clusters;

/// <summary>Whether silent machines are replaced automatically: the cluster's setting, else its project's, else yes.</summary>
public sealed class RepairSetting(ConsoleDb db)
{
    public async Task<bool> OfAsync(bool? own, string? projectUid, CancellationToken cancellationToken) =>
        own
        ?? await db
            .Projects.Where(row => row.Uid == projectUid)
            .Select(row => row.AutoRepair)
            .FirstOrDefaultAsync(cancellationToken)
        ?? true;
}
