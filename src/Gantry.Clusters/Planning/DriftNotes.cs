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
                    "MAAS shows it as not ours, and its node is Ready",
                    "it is left as it is while its node works: find out what MAAS lost"
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

                if (
                    desired.Pools.FirstOrDefault(pool => pool.Name == member.Pool) is { } pool
                    && Placement.Mismatch(pool.Placement, hardware) is { } mismatch
                    && member.PlacedFor == NodeBuild.DigestOf(pool.Placement)
                )
                {
                    Add(
                        $"{Constraint.AsSentence(mismatch)} now, which {pool.Name} asks for",
                        "it goes on serving; its successor will be one that fits"
                    );
                }
            }

            void Add(string what, string effect) => notes.Add(new DriftNote(member.Machine, member.Hostname, what, effect));
        }

        return [.. notes];
    }
}
