using Gantry.Server.Api;
using Gantry.Server.Store;
using Microsoft.EntityFrameworkCore;

namespace Gantry.Server.Clusters;

/// <summary>The clusters in the caller's scope, deleted ones for a while.</summary>
public sealed class ClusterScope(ConsoleDb db, ConsoleOptions options, TimeProvider time)
{
    public IQueryable<ClusterRow> All
    {
        get
        {
            var keptSince = KeptSince;
            return db.Clusters.Where(row => row.DeletedAt == null || row.DeletedAt > keptSince);
        }
    }

    /// <summary>Clusters deleted so long ago that they are hidden: few, because housekeeping deletes them.</summary>
    public IQueryable<ClusterRow> Outdated
    {
        get
        {
            var keptSince = KeptSince;
            return db.Clusters.Where(row => row.DeletedAt <= keptSince);
        }
    }

    private DateTimeOffset KeptSince => time.GetUtcNow() - options.DeletedClusterRetention;

    /// <exception cref="ApiException">404</exception>
    public async Task<ClusterRow> GetAsync(string uid, CancellationToken cancellationToken) =>
        await All.AsNoTracking().Whole().FirstOrDefaultAsync(row => row.Uid == uid, cancellationToken)
        ?? throw ApiError.NotFound("cluster", uid);

    /// <summary>
    /// Finds a cluster for a change: tracked, and refused once the cluster is being deleted or has another generation.
    /// </summary>
    /// <param name="generation">The generation that the client read; null when it did not say.</param>
    /// <exception cref="ApiException">404 or 409</exception>
    public async Task<ClusterRow> GetToChangeAsync(string uid, long? generation, CancellationToken cancellationToken) =>
        await ForChangeAsync(
            await All.Whole().FirstOrDefaultAsync(row => row.Uid == uid, cancellationToken)
                ?? throw ApiError.NotFound("cluster", uid),
            generation,
            cancellationToken
        );

    /// <exception cref="ApiException">404</exception>
    public async Task<ClusterRow> GetByConfigAsync(string configUid, CancellationToken cancellationToken) =>
        await All.AsNoTracking().Whole().FirstOrDefaultAsync(row => row.ConfigUid == configUid, cancellationToken)
        ?? throw ApiError.NotFound("cloud config", configUid);

    /// <exception cref="ApiException">404 or 409</exception>
    public async Task<ClusterRow> GetByConfigToChangeAsync(
        string configUid,
        long? generation,
        CancellationToken cancellationToken
    ) =>
        await ForChangeAsync(
            await All.Whole().FirstOrDefaultAsync(row => row.ConfigUid == configUid, cancellationToken)
                ?? throw ApiError.NotFound("cloud config", configUid),
            generation,
            cancellationToken
        );

    public static ApiException BeingDeleted(ClusterRow row) =>
        ApiError.Conflict($"Cluster '{row.Name}' is being deleted and can no longer be changed.");

    private async Task<ClusterRow> ForChangeAsync(ClusterRow row, long? generation, CancellationToken cancellationToken)
    {
        switch (row)
        {
            case { DeletedAt: not null }:
                throw ApiError.NotFound("cluster", row.Uid);
            case { DeletionRequestedAt: not null }:
                throw BeingDeleted(row);
            default:
                await db.RefuseOutdatedAsync(row, generation, cancellationToken);
                return row;
        }
    }
}

public static class ClusterReading
{
    /// <summary>Includes the last report and the profiles.</summary>
    public static IQueryable<ClusterRow> Whole(this IQueryable<ClusterRow> clusters) =>
        clusters.Include(row => row.Report).Include(row => row.Profiles!).ThenInclude(profile => profile.Content);
}
