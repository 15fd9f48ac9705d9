using Gantry.Clusters.Model;
using Gantry.Clusters.Steps;

namespace Gantry.Clusters.Planning;

/// <summary>
/// The virtual IP while its holder leaves the cluster. The API server of a machine that has left etcd cannot read anything, and kube-vip
/// keeps the address there until its lease is over; so the lease is given to a control plane that stays, before the machine leaves etcd.
/// A removal waits for that within bounds: kube-vip may be broken on every other machine.
/// </summary>
internal static class VirtualIp
{
    /// <summary>
    /// Whether the machine may leave etcd. Otherwise the plan gets the step that hands the virtual IP over, or the reason it waits.
    /// </summary>
    public static bool MayLose(PlanBuilder builder, MemberObservation leaving, EtcdMember voice)
    {
        // Without its member of etcd, kube-vip of the machine cannot renew the lease and gives the address up by itself.
        if (builder.Desired.Endpoint is not EndpointChoice.VirtualIp || voice is not { Voting: true, Healthy: true })
        {
            return true;
        }

        var member = leaving.Member;
        var facts = builder.Observed.VirtualIp.ValueOrDefault;
        if (facts is not null && facts.Holder == member.NodeName)
        {
            return !TryHandOver(builder, leaving, facts);
        }

        if (Since(builder, member) is not { } since)
        {
            return true;
        }

        var limits = builder.Limits;
        if (
            since < limits.VirtualIpLettingGo
            || (since < limits.VirtualIpTakeover && !(facts is null || IsServed(facts, leaving)))
        )
        {
            builder.Wait(
                Reasons.Rolling,
                $"{member.Hostname} leaves etcd when {(facts is { Holder.Length: > 0 } ? facts.Holder : "another")} has taken the "
                    + "virtual IP over.",
                leaving.Id
            );
            return false;
        }

        return true;
    }

    /// <summary>What the removal of this machine from etcd costs, because nobody has taken the virtual IP over; empty otherwise.</summary>
    public static string CostOf(PlanBuilder builder, Member leaving) =>
        builder.Observed.VirtualIp.ValueOrDefault is { } facts && facts.Holder == leaving.NodeName
            ? "; it holds the virtual IP, which "
                + (
                    leaving.HandOver is { } tried
                        ? $"no other control plane took in {Counted.Of(tried.Tries, "attempt")}"
                        : "no other control plane is ready to take"
                )
                + $": the API server is not reached for about {VirtualIpLease.Takeover.TotalSeconds:0} seconds"
            : "";

    // False when there is nobody to hand it to, or when that was tried often enough.
    private static bool TryHandOver(PlanBuilder builder, MemberObservation leaving, VirtualIpFacts facts)
    {
        var tries = leaving.Member.HandOver?.Tries ?? 0;
        var next = Successors(builder, leaving, facts);
        if (next.Count is 0)
        {
            return false;
        }

        if (Since(builder, leaving.Member) < builder.Limits.VirtualIpTakeover)
        {
            builder.Wait(
                Reasons.Rolling,
                $"{leaving.Member.Hostname} leaves etcd when another control plane has taken the virtual IP over.",
                leaving.Id
            );
            return true;
        }

        if (tries >= builder.Limits.VirtualIpTries)
        {
            return false;
        }

        var to = next[tries % next.Count].Member;
        builder.Do(
            new Step.MoveVirtualIp(
                leaving.Id,
                to.NodeName,
                $"{to.Hostname} takes the virtual IP, because {leaving.Member.Hostname} leaves"
            )
        );
        return true;
    }

    // Control planes that stay and serve; those that no later step of the roll takes away first.
    private static List<MemberObservation> Successors(PlanBuilder builder, MemberObservation leaving, VirtualIpFacts facts) =>
        [
            .. builder
                .ControlPlanes.Where(seen =>
                    seen.Id != leaving.Id
                    && seen.Member.Stays
                    && !builder.Leaves(seen.Id)
                    && seen.Node is Observation<NodeFacts>.Present { Value.Ready: true }
                    && builder.Observed.Etcd.ValueOrDefault?.Find(seen.Member.NodeName) is { Voting: true, Healthy: true }
                    && (facts.Reach is not { } reach || seen.Member.Addresses.Any(reach.Serving.Contains))
                )
                .OrderByDescending(seen => builder.Unwanted(seen) is null)
                .ThenBy(seen => seen.Member.NodeName, StringComparer.Ordinal),
        ];

    private static bool IsServed(VirtualIpFacts facts, MemberObservation leaving) =>
        facts.IsTaken
        && facts.Reach is { Problem: null } reach
        && reach.Reached.Count > 0
        && !leaving.Member.Addresses.Any(reach.Reached.Contains);

    // A clock that has been set back since says nothing.
    private static TimeSpan? Since(PlanBuilder builder, Member leaving) =>
        leaving.HandOver is { } tried && tried.At <= builder.Now ? builder.Now - tried.At : null;
}
