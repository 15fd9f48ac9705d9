using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;

namespace Gantry.Clusters.Steps;

/// <summary>Changes of an observation that steps share for the dry run.</summary>
internal static class Assumptions
{
    public static MemberObservation? Find(this ClusterObservation observed, SystemId machine) =>
        observed.Members.FirstOrDefault(seen => seen.Id == machine);

    public static ClusterObservation With(this ClusterObservation observed, MemberObservation added) =>
        observed with
        {
            Members = [.. observed.Members, added],
        };

    public static ClusterObservation Without(this ClusterObservation observed, SystemId machine) =>
        observed with
        {
            Members = [.. observed.Members.Where(seen => seen.Id != machine)],
        };

    public static ClusterObservation Replace(
        this ClusterObservation observed,
        SystemId machine,
        Func<MemberObservation, MemberObservation> change
    ) => observed with { Members = [.. observed.Members.Select(seen => seen.Id == machine ? change(seen) : seen)] };

    public static ClusterObservation Change(this ClusterObservation observed, SystemId machine, Func<Member, Member> change) =>
        observed.Replace(machine, seen => seen with { Member = change(seen.Member) });

    public static ClusterObservation ChangeRepair(
        this ClusterObservation observed,
        SystemId machine,
        Func<Repair, Repair> change
    ) => observed.Change(machine, member => member with { Repair = change(member.Repair ?? new Repair()) });

    public static ClusterObservation ChangeNode(
        this ClusterObservation observed,
        SystemId machine,
        Func<NodeFacts, NodeFacts> change
    ) =>
        observed.Replace(
            machine,
            seen =>
                seen.Node is Observation<NodeFacts>.Present node
                    ? seen with
                    {
                        Node = new Observation<NodeFacts>.Present(change(node.Value)),
                    }
                    : seen
        );

    public static ClusterObservation ChangeEtcd(
        this ClusterObservation observed,
        Func<IEnumerable<EtcdMember>, IEnumerable<EtcdMember>> change
    ) =>
        observed.Etcd.ValueOrDefault is { } etcd
            ? observed with
            {
                Etcd = new Observation<EtcdFacts>.Present(new EtcdFacts([.. change(etcd.Members)])),
            }
            : observed;

    public static Member AssumeAdmitted(this Member member, DateTimeOffset now) =>
        member with
        {
            AdmittedAt = now,
            AdmittedUntil = now + TimeSpan.FromDays(1),
        };
}
