using Gantry.Clusters.Model;

namespace Gantry.Clusters.Planning;

/// <summary>Changes that operators made in MAAS to machines of a cluster, and their consequences.</summary>
internal static class DriftNotes
{
    public static ValueList<DriftNote> Of(ClusterSpec desired, ClusterObservation observed)
    {
        var notes = new List<DriftNote>();
        foreach (var seen in observed.Members.Where(seen => seen.Member.Stays && seen.Member.Build is not null))
        {
            var member = seen.Member;
            if (seen is { Maas: Observation<MaasFacts>.Absent, Node: Observation<NodeFacts>.Present { Value.Ready: true } })
            {
                Add(
                    seen.IsBroken
                        ? "MAAS shows it as Broken, and its node is Ready"
                        : "MAAS shows it as not ours, and its node is Ready",
                    seen.IsBroken
                        ? "it serves until its power is off; then another takes its place"
                        : "it is left as it is while its node works: find out what MAAS lost"
                );
            }

            if (seen.Maas.ValueOrDefault is not { } facts)
            {
                continue;
            }

            if (facts.Locked)
            {
                Add("it was locked", "it goes on serving, and cannot be repaired, replaced or given back before it is unlocked");
            }

            if (facts.Progress is MaasProgress.Releasing or MaasProgress.FailedReleasing)
            {
                Add(
                    $"somebody released it ({facts.Message})",
                    "it goes on serving until its power is off; then another takes its place"
                );
            }

            if (facts.Progress is MaasProgress.OutOfService)
            {
                Add(
                    $"MAAS shows it as {facts.Message}",
                    "a person is at work on it: nothing is done to it until MAAS shows it as deployed again"
                );
            }

            if (facts.Hardware is { } hardware)
            {
                if (!string.Equals(hardware.Hostname, member.Hostname, StringComparison.OrdinalIgnoreCase))
                {
                    Add(
                        $"it was renamed to {hardware.Hostname}",
                        $"its node keeps the name {member.NodeName} until the machine is replaced"
                    );
                }

                var pool = desired.Pools.FirstOrDefault(pool => pool.Name == member.Pool);
                var mismatch =
                    pool is not null && member.PlacedFor == NodeBuild.DigestOf(pool.Placement)
                        ? Placement.Mismatch(pool.Placement, hardware)
                        : null;
                if (mismatch is not null)
                {
                    Add(
                        $"{Constraint.AsSentence(mismatch)} now, which {member.Pool} asks for",
                        "it goes on serving; its successor will be one that fits"
                    );
                }

                foreach (var (what, effect) in mismatch is null ? Changes(member, hardware) : [])
                {
                    Add(what, effect);
                }
            }

            void Add(string what, string effect) => notes.Add(new DriftNote(member.Machine, member.Hostname, what, effect));
        }

        return [.. notes];
    }

    private static IEnumerable<(string What, string Effect)> Changes(Member member, Candidate now)
    {
        if (member.Zone.Length > 0 && now.Zone != member.Zone)
        {
            yield return (
                $"it was moved from zone {member.Zone} to {now.Zone}",
                $"its node keeps the label of zone {member.Zone}, and the pool is spread by it, until the machine is replaced"
            );
        }

        if (member.Taken is not { } taken)
        {
            yield break;
        }

        if (now.ResourcePool != taken.ResourcePool)
        {
            yield return (
                $"it was moved from resource pool {taken.ResourcePool} to {now.ResourcePool}",
                "it stays in the cluster and goes back to that resource pool when it leaves"
            );
        }

        var (gone, come) = (taken.Tags.Except(now.Tags).ToList(), now.Tags.Except(taken.Tags).Order().ToList());
        if (gone.Count + come.Count > 0)
        {
            yield return (
                $"its tags changed: {string.Join(", ", gone.Select(tag => $"-{tag}").Concat(come.Select(tag => $"+{tag}")))}",
                "it stays in the cluster; tags count when a machine is chosen"
            );
        }

        if ((now.CpuCount, now.MemoryMiB, now.LargestDiskBytes) != (taken.CpuCount, taken.MemoryMiB, taken.LargestDiskBytes))
        {
            yield return (
                $"its size changed from {Size(taken.CpuCount, taken.MemoryMiB, taken.LargestDiskBytes)} to "
                    + $"{Size(now.CpuCount, now.MemoryMiB, now.LargestDiskBytes)}",
                "its node offers what its kubelet found at its last start"
            );
        }
    }

    private static string Size(int cpus, int memoryMiB, long disk) =>
        $"{Counted.Of(cpus, "CPU")}, {memoryMiB} MiB and a disk of {disk / Constraint.Disk.BytesPerGB} GB";
}
