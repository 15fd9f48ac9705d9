using System.Globalization;
using Gantry.Clusters.Model;

namespace Gantry.Server.Clusters;

/// <summary>Describes a change in one sentence: <c>workers: size 2 → 4; label tier=gold added</c>. Pure.</summary>
public static class ChangeSentence
{
    public static string Of(ClusterSpec created, IReadOnlyList<AttachedProfile> profiles) =>
        $"cluster {created.Name} with Kubernetes {created.KubernetesVersion}, image {created.Image}, "
        + $"{string.Join(", ", created.Pools.Select(Described))}, "
        + $"{string.Join(", ", profiles.Select(profile => $"profile {profile.Name} {profile.Version}"))}";

    public static string Of(DesiredCluster before, DesiredCluster after)
    {
        List<string> parts =
        [
            .. Deletion(before.Spec.Deletion, after.Spec.Deletion),
            .. Profiles(before, after),
            .. Pools(before.Spec, after.Spec),
            .. Rest(before.Spec, after.Spec),
        ];
        return parts.Count > 0 ? string.Join("; ", parts) : "settings that concern no machine";
    }

    private static string Described(MachinePool pool) => $"{pool.Name} of {pool.Size}";

    private static IEnumerable<string> Deletion(Deletion? before, Deletion? after)
    {
        if (after is not null && before is null)
        {
            yield return after.Drain ? "deletion, nodes drained first" : "deletion";
        }
        else if (after is { Force: true } && before is { Force: false })
        {
            yield return "forced deletion";
        }
        else if (after is { Drain: true } && before is { Drain: false })
        {
            yield return "nodes drained before they are given back";
        }
    }

    private static IEnumerable<string> Profiles(DesiredCluster before, DesiredCluster after)
    {
        foreach (var gone in before.Profiles.Where(old => after.Profiles.All(one => one.Name != old.Name)))
        {
            yield return $"profile {gone.Name} {gone.Version} removed";
        }

        foreach (var profile in after.Profiles)
        {
            if (before.Profiles.FirstOrDefault(old => old.Name == profile.Name) is not { } old)
            {
                yield return $"profile {profile.Name} {profile.Version} added";
                continue;
            }

            if (old.Version != profile.Version)
            {
                yield return $"profile {profile.Name} {old.Version} → {profile.Version}";
            }
            else if (old.Published != profile.Published)
            {
                yield return $"profile {profile.Name} {profile.Version} as published now";
            }

            foreach (var pack in profile.Template.Packs)
            {
                if (
                    old.Template.Packs.FirstOrDefault(one => one.Name == pack.Name) is { } was
                    && (was.Values != pack.Values || !was.Manifests.SequenceEqual(pack.Manifests))
                )
                {
                    yield return $"values of {pack.Name} changed";
                }
            }
        }

        foreach (var part in Changed("Kubernetes", $"{before.Spec.KubernetesVersion}", $"{after.Spec.KubernetesVersion}"))
        {
            yield return part;
        }

        foreach (var part in Changed("image", before.Spec.Image, after.Spec.Image))
        {
            yield return part;
        }
    }

    private static IEnumerable<string> Pools(ClusterSpec before, ClusterSpec after)
    {
        foreach (var gone in before.Pools.Where(old => after.Pools.All(pool => pool.Name != old.Name)))
        {
            yield return $"pool {gone.Name} removed";
        }

        foreach (var pool in after.Pools)
        {
            if (before.Pools.FirstOrDefault(one => one.Name == pool.Name) is not { } old)
            {
                yield return $"pool {Described(pool)} added";
                continue;
            }

            List<string> parts = [.. Pool(old, pool)];
            if (parts.Count > 0)
            {
                yield return $"{pool.Name}: {string.Join("; ", parts)}";
            }
        }
    }

    private static IEnumerable<string> Pool(MachinePool old, MachinePool pool) =>
        [
            .. Changed("size", old.Size, pool.Size),
            .. Pairs("label", old.Labels, pool.Labels),
            .. Pairs("annotation", old.Annotations, pool.Annotations),
            .. Lists("taint", old.Taints.Select(Written), pool.Taints.Select(Written)),
            .. Changed("minimum CPU", old.Placement.MinCpu, pool.Placement.MinCpu),
            .. Changed("minimum memory in MiB", old.Placement.MinMemoryMiB, pool.Placement.MinMemoryMiB),
            .. Changed("minimum disk in GB", old.Placement.MinDiskGB, pool.Placement.MinDiskGB),
            .. Changed("resource pool", old.Placement.ResourcePool ?? "any", pool.Placement.ResourcePool ?? "any"),
            .. Changed("architecture", old.Placement.Architecture ?? "any", pool.Placement.Architecture ?? "any"),
            .. Changed("subnet", old.Placement.Subnet?.Value ?? "any", pool.Placement.Subnet?.Value ?? "any"),
            .. Lists("zone", old.Placement.Zones, pool.Placement.Zones),
            .. Lists("tag", old.Placement.Tags, pool.Placement.Tags),
            .. Lists("unwanted tag", old.Placement.NotTags, pool.Placement.NotTags),
            .. Changed("workload on control planes", Switch(old.AlsoWorker), Switch(pool.AlsoWorker)),
            .. Changed("rolling update", Written(old.RollingUpdate), Written(pool.RollingUpdate)),
            .. Changed("repave interval", Seconds(old.RepaveInterval), Seconds(pool.RepaveInterval)),
            .. Changed("drain timeout", Limit(old.DrainTimeout), Limit(pool.DrainTimeout)),
            .. Changed("erase", old.Erase.ToString().ToLowerInvariant(), pool.Erase.ToString().ToLowerInvariant()),
        ];

    private static IEnumerable<string> Rest(ClusterSpec before, ClusterSpec after) =>
        [
            .. Lists("NTP server", before.Nodes.NtpServers, after.Nodes.NtpServers),
            .. Keys(before.Nodes.SshKeys, after.Nodes.SshKeys),
            .. Changed(
                "worker pools in parallel",
                Switch(before.UpdateWorkerPoolsInParallel),
                Switch(after.UpdateWorkerPoolsInParallel)
            ),
            .. Changed("automatic repair", Switch(before.AutoRepair), Switch(after.AutoRepair)),
            .. Changed("drain timeout", Limit(before.DrainTimeout), Limit(after.DrainTimeout)),
            .. after.RenewCertificatesOlderThan is { } moment && moment != before.RenewCertificatesOlderThan
                ? ["certificates renewed"]
                : Array.Empty<string>(),
            .. after.Replace.Except(before.Replace).Select(machine => $"machine {machine} replaced"),
            .. after.ApprovedRepave is { } hash && hash != before.ApprovedRepave
                ? [$"repave {hash} approved"]
                : Array.Empty<string>(),
        ];

    // A key is long, so it is shown by its comment.
    private static IEnumerable<string> Keys(IReadOnlyList<string> before, IReadOnlyList<string> after) =>
        Lists("SSH key", before.Select(Comment), after.Select(Comment));

    private static string Comment(string key) =>
        key.Split(' ', StringSplitOptions.RemoveEmptyEntries) switch
        {
            [_, _, .. var comment] when comment.Length > 0 => string.Join(' ', comment),
            [_, var data, ..] => data.Length > 12 ? $"…{data[^12..]}" : data,
            _ => "?",
        };

    private static string Switch(bool on) => on ? "on" : "off";

    private static string Seconds(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0} s");

    private static string Limit(TimeSpan? time) =>
        time switch
        {
            null => "of the cluster",
            { TotalSeconds: 0 } => "none",
            { } given => Seconds(given),
        };

    private static string Written(Taint taint) => $"{taint.Key}={taint.Value}:{taint.Effect}";

    private static string Written(RollingUpdate rolling) =>
        (rolling.MaxSurge, rolling.MaxUnavailable) switch
        {
            (1, 0) => "expand first",
            (0, 1) => "contract first",
            var (surge, unavailable) => $"surge {surge}, unavailable {unavailable}",
        };

    private static IEnumerable<string> Changed<T>(string what, T before, T after) =>
        Equals(before, after) ? [] : [$"{what} {before} → {after}"];

    private static IEnumerable<string> Lists(string what, IEnumerable<string> before, IEnumerable<string> after)
    {
        List<string> was = [.. before],
            now = [.. after];
        return
        [
            .. now.Except(was).Select(one => $"{what} {one} added"),
            .. was.Except(now).Select(one => $"{what} {one} removed"),
        ];
    }

    private static IEnumerable<string> Pairs<T>(string what, ValueMap<LabelKey, T> before, ValueMap<LabelKey, T> after)
    {
        foreach (var (key, value) in after.OrderBy(pair => pair.Key.Value, StringComparer.Ordinal))
        {
            if (!before.TryGetValue(key, out var old))
            {
                yield return $"{what} {key}={value} added";
            }
            else if (!Equals(old, value))
            {
                yield return $"{what} {key}={old} → {value}";
            }
        }

        foreach (var key in before.Keys.Where(key => !after.ContainsKey(key)).OrderBy(key => key.Value, StringComparer.Ordinal))
        {
            yield return $"{what} {key} removed";
        }
    }
}
