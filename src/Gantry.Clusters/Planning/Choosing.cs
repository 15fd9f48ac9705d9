using Gantry.Clusters.Model;

namespace Gantry.Clusters.Planning;

/// <summary>The machines a cluster may choose from now: free, ours to take, held by nobody, not in quarantine.</summary>
/// <param name="Free">In any order; the choice does not depend on it.</param>
public sealed record Inventory(IReadOnlyList<Candidate> Free)
{
    public static Inventory Empty { get; } = new([]);
}

/// <param name="LargestDiskBytes">Of the physical disks.</param>
public sealed record Candidate(
    SystemId Machine, string Hostname, string Zone, string ResourcePool, int CpuCount, int MemoryMiB, long LargestDiskBytes,
    string Architecture, IReadOnlyList<string> Tags);

/// <param name="Because">What made it the one.</param>
public sealed record Pick(SystemId Machine, string Hostname, string Zone, MachinePool Pool, string Because);

/// <param name="Refusals">One for each pool that does not get all its machines.</param>
public sealed record Choice(IReadOnlyList<Pick> Picks, IReadOnlyList<Refusal> Refusals);

/// <summary>Chooses machines for everything a cluster lacks at once: the control plane first, then pool after pool.</summary>
public static class Choosing
{
    public static Choice Choose(
        ClusterSpec desired, IReadOnlyList<Shortfall> shortfalls, ClusterObservation observed, Inventory inventory)
    {
        var members = observed.Members.Select(seen => seen.Member).ToList();
        var left = inventory.Free.Where(free => members.TrueForAll(member => member.Machine != free.Machine)).ToList();
        var picks = new List<Pick>();
        var refusals = new List<Refusal>();
        foreach (var (pool, count) in shortfalls)
        {
            var fitting = left.Where(free => Misfit(pool.Placement, free) is null).ToList();
            var zones = members.Where(member => member.Stays && member.Pool == pool.Name).Select(member => member.Zone).ToList();
            var wanted = Math.Min(count, fitting.Count);
            for (var taken = 0; taken < wanted; taken++)
            {
                var best = fitting
                    .OrderBy(free => zones.Count(zone => zone == free.Zone))
                    .ThenBy(Cost)
                    .ThenBy(free => free.Machine.Value, StringComparer.Ordinal)
                    .First();
                fitting.Remove(best);
                left.Remove(best);
                zones.Add(best.Zone);
                picks.Add(new Pick(
                    best.Machine, best.Hostname, best.Zone, pool,
                    $"{pool.Name} {members.Count(member => member.Stays && member.Pool == pool.Name) + taken + 1} of {pool.Size}, zone {best.Zone}"));
            }

            if (wanted < count)
            {
                refusals.Add(Refuse(pool, count, wanted, left, inventory));
            }
        }

        return new Choice(picks, refusals);
    }

    /// <summary>What keeps a machine from serving a pool; <c>null</c> when nothing does.</summary>
    public static string? Misfit(Placement placement, Candidate free)
    {
        if (placement.ResourcePool is { Length: > 0 } pool && pool != free.ResourcePool)
        {
            return $"not in resource pool {pool}";
        }

        if (placement.Zones.Count > 0 && !placement.Zones.Contains(free.Zone))
        {
            return $"not in zone {string.Join(" or ", placement.Zones)}";
        }

        if (placement.Architecture is { Length: > 0 } architecture && architecture != free.Architecture)
        {
            return $"not {architecture}";
        }

        if (free.CpuCount < placement.MinCpu)
        {
            return $"fewer than {placement.MinCpu} CPUs";
        }

        if (free.MemoryMiB < placement.MinMemoryMiB)
        {
            return $"less than {placement.MinMemoryMiB} MiB of memory";
        }

        if (free.LargestDiskBytes < placement.MinDiskGB * 1_000_000_000L)
        {
            return $"no disk of {placement.MinDiskGB} GB";
        }

        if (placement.Tags.FirstOrDefault(tag => !free.Tags.Contains(tag)) is { } lacking)
        {
            return $"without the tag {lacking}";
        }

        return placement.NotTags.FirstOrDefault(tag => free.Tags.Contains(tag)) is { } forbidden ? $"with the tag {forbidden}" : null;
    }

    // As MAAS itself weighs machines: cores plus GiB.
    private static double Cost(Candidate free) => free.CpuCount + (free.MemoryMiB / 1024.0);

    private static Refusal Refuse(MachinePool pool, int count, int found, List<Candidate> left, Inventory inventory)
    {
        var misfits = left
            .Select(free => Misfit(pool.Placement, free))
            .OfType<string>()
            .GroupBy(misfit => misfit, StringComparer.Ordinal)
            .OrderByDescending(group => group.Count())
            .ThenBy(group => group.Key, StringComparer.Ordinal)
            .Select(group => $"{group.Count()} {group.Key}")
            .ToList();
        var why = misfits.Count is 0 ? "" : $": {string.Join(", ", misfits)}";
        var anyFits = inventory.Free.Any(free => Misfit(pool.Placement, free) is null);
        return anyFits || inventory.Free.Count is 0
            ? new Refusal(Reasons.TooFewMachines, $"{pool.Name} needs {count} machines and {found} free ones fit{why}")
            : new Refusal(Reasons.NoMachineFits, $"no free machine fits {pool.Name}{why}");
    }
}
