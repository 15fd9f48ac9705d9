using Gantry.Clusters.Model;

namespace Gantry.Clusters.Planning;

/// <summary>
/// What is wrong with the etcd of a cluster whose nodes may all be Ready: the kubelet reports neither an alarm of etcd nor a
/// member that is missing.
/// </summary>
internal static class EtcdHealth
{
    /// <summary>Alarms come first: what else waits for etcd follows from them.</summary>
    public static void WriteAlarms(PlanBuilder builder)
    {
        if (!builder.Serves || builder.Observed.Etcd is not Observation<EtcdFacts>.Present { Value: var etcd })
        {
            return;
        }

        foreach (var member in etcd.Members.Where(member => member.Alarms.Count > 0))
        {
            builder.Wait(Reasons.EtcdAlarm, $"{Alarm(member)}.", MachineOf(builder, member));
        }
    }

    public static void Write(PlanBuilder builder)
    {
        if (!builder.Serves || builder.Observed.Etcd is not Observation<EtcdFacts>.Present { Value: var etcd })
        {
            return;
        }

        // Members come and go with the control planes that change now.
        if (builder.ControlPlanes.Any(seen => seen.Member.State is not MachineState.Ready || builder.Leaves(seen.Id)))
        {
            return;
        }

        foreach (var seen in builder.ControlPlanes.Where(seen => etcd.Find(seen.Member.NodeName) is null))
        {
            builder.Wait(
                Reasons.EtcdMemberMissing,
                $"{seen.Member.Hostname} is a control plane and no member of etcd: "
                    + $"{Counted.Of(etcd.Members.Count, "member")} for "
                    + $"{Counted.Of(builder.ControlPlanes.Count, "control plane")}.",
                seen.Id
            );
        }

        foreach (var member in etcd.Members.Where(member => member is { Voting: false } or { Healthy: false, Alarms.Count: 0 }))
        {
            builder.Wait(Reasons.EtcdUnhealthy, $"The {Weakness(member)}.", MachineOf(builder, member));
        }
    }

    /// <summary>Why etcd does not count as whole, as a clause that names the members concerned.</summary>
    public static string WhyNotWhole(Observation<EtcdFacts> observed) =>
        observed switch
        {
            Observation<EtcdFacts>.Unknown unknown => $"etcd cannot be seen: {unknown.Reason}",
            Observation<EtcdFacts>.Present { Value.Members: { Count: > 0 } members } => string.Join(
                "; ",
                members
                    .Where(member => member is not { Voting: true, Healthy: true })
                    .Select(member => member.Alarms.Count > 0 ? Alarm(member) : $"the {Weakness(member)}")
            ),
            _ => "etcd has no members",
        };

    private static string Alarm(EtcdMember member) =>
        $"etcd on {NameOf(member)} raises the alarm {string.Join(" and ", member.Alarms)}{Meaning(member)}";

    private static string Weakness(EtcdMember member) =>
        $"member of etcd on {NameOf(member)} {(member.Voting ? "does not answer, or knows no leader" : "does not vote yet")}";

    // A member has no name until it has started.
    private static string NameOf(EtcdMember member) => member.Name.Length > 0 ? member.Name : $"the member {member.Id}";

    private static string Meaning(EtcdMember member) =>
        member.Alarms.Contains("NOSPACE") ? ": its database has reached its quota, and the cluster takes no writes" : "";

    private static SystemId? MachineOf(PlanBuilder builder, EtcdMember member) =>
        builder.ControlPlanes.FirstOrDefault(seen => seen.Member.NodeName == member.Name)?.Id;
}
