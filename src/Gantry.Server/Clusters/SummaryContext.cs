using Gantry.Server.Store;
using Microsoft.EntityFrameworkCore;

namespace Gantry.Server.Clusters;

/// <summary>What the clusters of a list refer to, each read once: many share an account, a gateway and the content of profiles.</summary>
public sealed class SummaryContext
{
    private readonly Dictionary<string, GatewayRow> _gateways;
    private readonly Dictionary<string, ObjectEntity> _accounts;
    private readonly Dictionary<string, ObjectEntity> _projects;
    private readonly Dictionary<string, IReadOnlyList<PackMeta>> _packs = [];

    private SummaryContext(
        Dictionary<string, GatewayRow> gateways,
        Dictionary<string, ObjectEntity> accounts,
        Dictionary<string, ObjectEntity> projects
    ) => (_gateways, _accounts, _projects) = (gateways, accounts, projects);

    /// <param name="rows">Read with their profiles; the content of these is not needed.</param>
    public static async Task<SummaryContext> ReadAsync(
        ConsoleDb db,
        IReadOnlyCollection<ClusterRow> rows,
        CancellationToken cancellationToken
    )
    {
        string[] accounts = [.. rows.Select(row => row.AccountUid).Distinct()];
        string[] projects = [.. rows.Select(row => row.ProjectUid).OfType<string>().Distinct()];
        string[] gateways = [.. rows.Select(row => row.GatewayUid).Distinct()];
        var context = new SummaryContext(
            await db
                .Gateways.AsNoTracking()
                .Where(row => gateways.Contains(row.Uid))
                .ToDictionaryAsync(row => row.Uid, cancellationToken),
            await db
                .Accounts.AsNoTracking()
                .Where(row => accounts.Contains(row.Uid))
                .ToDictionaryAsync(row => row.Uid, row => new ObjectEntity(row.Name, row.Uid), cancellationToken),
            await db
                .Projects.AsNoTracking()
                .Where(row => projects.Contains(row.Uid))
                .ToDictionaryAsync(row => row.Uid, row => new ObjectEntity(row.Name, row.Uid), cancellationToken)
        );
        foreach (
            var uids in rows.SelectMany(AttachedProfiles.Rows)
                .Select(profile => profile.ContentUid)
                .Distinct()
                .Chunk(ClusterList.Chunk)
        )
        {
            foreach (
                var content in await db
                    .ProfileContents.AsNoTracking()
                    .Where(content => uids.Contains(content.Uid))
                    .ToListAsync(cancellationToken)
            )
            {
                context._packs[content.Uid] = ClusterViews.Packs(content);
            }
        }

        return context;
    }

    public (GatewayRow? Gateway, ObjectEntity? Account, ObjectEntity? Project) Of(ClusterRow row) =>
        (
            _gateways.GetValueOrDefault(row.GatewayUid),
            _accounts.GetValueOrDefault(row.AccountUid),
            _projects.GetValueOrDefault(row.ProjectUid ?? "")
        );

    public IReadOnlyList<PackMeta> Packs(ClusterProfileRow profile) => _packs.GetValueOrDefault(profile.ContentUid, []);
}
