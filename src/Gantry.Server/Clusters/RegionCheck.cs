using System.Globalization;
using Gantry.Clusters.Model;
using Gantry.Protocol;
using Gantry.Server.Api;
using Gantry.Server.Gateways;
using Gantry.Server.Store;
using Microsoft.EntityFrameworkCore;

namespace Gantry.Server.Clusters;

/// <summary>
/// Compares what a new cluster names with what its region has, as the gateway answers. A gateway that is away, or slow, keeps
/// nobody from writing down what is wanted: then nothing is compared.
/// </summary>
public sealed class RegionCheck(ConsoleDb db, GatewayPresence presence, PendingRequests requests, ConsoleOptions options)
{
    private const int MostNamed = 12;

    /// <returns>Null without an answer.</returns>
    public async Task<AccountProperties?> AskAsync(string? accountUid, CancellationToken cancellationToken)
    {
        var account = await db
            .Accounts.AsNoTracking()
            .FirstOrDefaultAsync(row => row.Uid == accountUid && row.RemovedAt == null, cancellationToken);
        var gateway = account is null
            ? null
            : await db.Gateways.AsNoTracking().FirstOrDefaultAsync(row => row.Uid == account.GatewayUid, cancellationToken);
        if (gateway is null || !presence.IsOnline(gateway) || options.RegionTimeout <= TimeSpan.Zero)
        {
            return null;
        }

        try
        {
            return await requests.SendAsync<AccountProperties>(
                gateway,
                id => new GatewayRequest.ListProperties(id, new AccountId(account!.Uid), WithSizes: true),
                cancellationToken,
                options.RegionTimeout
            );
        }
        catch (ApiException)
        {
            return null;
        }
    }

    /// <summary>Names that the region does not have: no machine can ever be found until somebody makes them in MAAS.</summary>
    public static void Names(Check check, ClusterSpec cluster, AccountProperties region)
    {
        if (cluster.Endpoint is EndpointChoice.MaasDns dns)
        {
            Known(check, "spec.cloudConfig.domain", "domain", $"{dns.Domain}", Of(region.Domains));
        }

        foreach (var (index, pool) in cluster.Pools.Index())
        {
            var (field, wanted) = (Field(index), pool.Placement);
            Known(check, $"{field}.azs", "zone", wanted.Zones, Of(region.Zones));
            Known(check, $"{field}.tags", "tag", wanted.Tags, region.Tags);
            Known(check, $"{field}.notTags", "tag", wanted.NotTags, region.Tags);
            if (wanted.ResourcePool is { } resourcePool)
            {
                Known(check, $"{field}.resourcePool", "resource pool", resourcePool, Of(region.ResourcePools));
            }
        }
    }

    /// <summary>Sizes that no machine of the region has. A larger machine may come, so only a validation refuses them.</summary>
    public static void Sizes(Check check, ClusterSpec cluster, AccountProperties region)
    {
        if (region.Sizes is not { Count: > 0 } sizes)
        {
            return;
        }

        foreach (var (index, pool) in cluster.Pools.Index())
        {
            var wanted = pool.Placement;
            var field = $"{Field(index)}.instanceType";
            var before = check.Problems.Count;
            Least(check, $"{field}.minCPU", wanted.MinCpu, sizes.Max(one => one.Cpu), "CPUs");
            Least(check, $"{field}.minMemInMB", wanted.MinMemoryMiB, sizes.Max(one => one.MemoryMiB), "MiB of memory");
            Least(check, $"{field}.minDiskSizeInGB", wanted.MinDiskGB, sizes.Max(one => one.DiskGB), "GB of disk");
            check.That(
                check.Problems.Count > before
                    || sizes.Any(one =>
                        one.Cpu >= wanted.MinCpu && one.MemoryMiB >= wanted.MinMemoryMiB && one.DiskGB >= wanted.MinDiskGB
                    ),
                field,
                $"no machine of the region has all of it; there are {Listed([.. sizes.Select(Shown)])}"
            );
        }
    }

    private static void Least(Check check, string field, int wanted, int most, string unit) =>
        check.That(wanted <= most, field, $"no machine of the region has {wanted} {unit}; the largest has {most}");

    private static void Known(Check check, string field, string noun, IReadOnlyList<string> wanted, IReadOnlyList<string> known)
    {
        foreach (var (index, name) in wanted.Index())
        {
            Known(check, $"{field}[{index}]", noun, name, known);
        }
    }

    private static void Known(Check check, string field, string noun, string wanted, IReadOnlyList<string> known) =>
        check.That(
            known.Contains(wanted, StringComparer.Ordinal),
            field,
            known.Count is 0
                ? $"the region has no {noun} '{ApiError.Shown(wanted)}', and no other; make it in MAAS first"
                : $"the region has no {noun} '{ApiError.Shown(wanted)}'; it has {Listed(known)}"
        );

    private static IReadOnlyList<string> Of(IReadOnlyList<NamedId> named) => [.. named.Select(one => one.Name)];

    private static string Listed(IReadOnlyList<string> names) =>
        names.Count <= MostNamed
            ? string.Join(", ", names)
            : $"{string.Join(", ", names.Take(MostNamed))} and {names.Count - MostNamed} more";

    private static string Shown(MachineSize size) =>
        string.Create(CultureInfo.InvariantCulture, $"{size.Cpu} CPUs with {size.MemoryMiB} MiB and {size.DiskGB} GB");

    private static string Field(int pool) => $"spec.machinepoolconfig[{pool}].cloudConfig";
}
