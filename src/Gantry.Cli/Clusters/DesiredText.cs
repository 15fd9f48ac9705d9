using System.Text;
using Gantry.Api;
using Gantry.Cli.Terminal;
using Gantry.Clusters.Explaining;

namespace Gantry.Cli.Clusters;

/// <summary>What is wanted of a cluster, beside what there is. Pure.</summary>
public static class DesiredText
{
    public static string Of(ClusterDocumentSpec wanted, ReportedStatus? status)
    {
        var text = new StringBuilder();
        text.Append($"Account:     {wanted.Account}\n");
        text.Append($"Profiles:    {string.Join(", ", (wanted.Profiles ?? []).Select(profile => profile.Name))}\n");
        if (wanted.Kubernetes is { } version)
        {
            text.Append($"Wanted:      Kubernetes {version}\n");
        }

        if (wanted.DrainTimeoutSeconds is { } seconds)
        {
            text.Append($"Drains:      end after {Durations.Rough(seconds)}\n");
        }

        var pools = new Table("POOL", "WANTED", "READY", "ROLLING");
        foreach (var pool in wanted.Pools ?? [])
        {
            pools.Row(pool.Name, $"{pool.Size}", $"{Ready(pool, status)}", Rolling(pool.RollingUpdate));
        }

        text.Append('\n').Append(pools.Render());
        foreach (var pool in wanted.Pools ?? [])
        {
            foreach (var setting in Settings(pool))
            {
                text.Append($"{pool.Name}: {setting}\n");
            }
        }

        return text.ToString();
    }

    private static int Ready(PoolDocument pool, ReportedStatus? status) =>
        (status?.Machines ?? []).Count(machine => machine.Pool == pool.Name && machine is { NodeReady: true, State: "Ready" });

    private static string Rolling(RollingUpdateDocument? rolling) =>
        rolling is null ? "expand-first"
        : rolling is { MaxSurge: "0", MaxUnavailable: "1" } ? "contract-first"
        : $"surge={rolling.MaxSurge},unavailable={rolling.MaxUnavailable}";

    private static string Constraints(PoolDocument pool)
    {
        string?[] parts =
        [
            pool.MinCpu is { } cpu ? $"cpu ≥ {cpu}" : null,
            pool.MinMemoryMiB is { } memory ? $"memory ≥ {memory} MiB" : null,
            pool.MinDiskGB is { } disk ? $"disk ≥ {disk} GB" : null,
            Listed("zone", pool.Zones),
            pool.ResourcePool is { } resourcePool ? $"resource pool {resourcePool}" : null,
            pool.Tags is { } tags ? $"tag {string.Join(" and ", tags)}" : null,
            Listed("not tag", pool.NotTags),
            pool.Architecture,
            pool.Subnet is { } subnet ? $"network {subnet}" : null,
        ];
        return string.Join(", ", parts.OfType<string>());
    }

    private static IEnumerable<string> Settings(PoolDocument pool)
    {
        if (Constraints(pool) is { Length: > 0 } constraints)
        {
            yield return $"machines with {constraints}";
        }

        if (pool.Labels is { } labels)
        {
            yield return $"labels {string.Join(' ', labels.Select(label => $"{label.Key}={label.Value}"))}";
        }

        if (pool.Taints is { } taints)
        {
            yield return $"taints {string.Join(' ', taints.Select(taint => $"{taint.Key}={taint.Value}:{taint.Effect}"))}";
        }

        if (pool.Schedulable is true)
        {
            yield return "runs ordinary workload";
        }

        if (pool.RepaveIntervalSeconds is { } interval)
        {
            yield return $"at least {Durations.Rough(interval)} between replacements";
        }

        if (pool.DrainTimeoutSeconds is { } drain)
        {
            yield return drain is 0 ? "drains without limit" : $"drains end after {Durations.Rough(drain)}";
        }

        if (pool.Erase is { } erase)
        {
            yield return $"disks are erased ({erase})";
        }
    }

    private static string? Listed(string what, IReadOnlyList<string>? names) =>
        names is null ? null : $"{what} {string.Join(" or ", names)}";
}
