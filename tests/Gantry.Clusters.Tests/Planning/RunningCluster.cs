using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Clusters.Steps;

namespace Gantry.Clusters.Tests.Planning;

/// <summary>
/// A settled cluster, all nodes Ready and etcd whole. A test changes its subject and checks one plan. Machines are m000,
/// m001 … control planes first.
/// </summary>
internal sealed class RunningCluster
{
    public RunningCluster(int controlPlanes, params int[] workers)
    {
        Desired = Scenes.Cluster(controlPlanes, workers);
        var inventory = new Inventory([
            .. Enumerable.Range(0, controlPlanes + workers.Sum()).Select(number => Scenes.Machine(number)),
        ]);
        var end = DryRun.Run(Desired, Scenes.Nothing, inventory, Scenes.Now.AddDays(-30)).End;
        Observed = end with { Formed = true, Etcd = Present(EtcdOf(end)) };
        Free = [.. Enumerable.Range(100, 10).Select(number => Scenes.Machine(number))];
    }

    public ClusterSpec Desired { get; set; }

    public ClusterObservation Observed { get; set; }

    public IReadOnlyList<Candidate> Free { get; set; }

    public Limits Limits { get; set; } = Limits.Default;

    public static DateTimeOffset Now => Scenes.Now;

    public MemberObservation this[string machine] => Observed.Members.Single(seen => seen.Id.Value == machine);

    public Plan Plan() => Planner.Plan(Desired, Observed, new Inventory(Free), Now, Limits);

    /// <summary>The steps for one machine, in order.</summary>
    public IReadOnlyList<Step> StepsFor(string machine) => [.. Plan().Steps.Where(step => step.Target?.Value == machine)];

    public RunningCluster With(string machine, Func<MemberObservation, MemberObservation> change)
    {
        _ = this[machine];
        Observed = Observed with
        {
            Members = [.. Observed.Members.Select(seen => seen.Id.Value == machine ? change(seen) : seen)],
        };
        return this;
    }

    public RunningCluster WithMember(string machine, Func<Member, Member> change) =>
        With(machine, seen => seen with { Member = change(seen.Member) });

    public RunningCluster WithMaas(string machine, Func<MaasFacts, MaasFacts> change) =>
        With(machine, seen => seen with { Maas = Present(change(seen.Maas.ValueOrDefault!)) });

    public RunningCluster WithNode(string machine, Func<NodeFacts, NodeFacts> change) =>
        With(machine, seen => seen with { Node = Present(change(seen.Node.ValueOrDefault!)) });

    /// <summary>The machine's kubelet stopped reporting this many minutes ago.</summary>
    public RunningCluster Silent(string machine, double minutes = 11, Repair? repair = null) =>
        NotReady(machine, minutes, repair, silent: true);

    /// <summary>The machine's kubelet has reported for this many minutes that the node is not Ready.</summary>
    public RunningCluster Complaining(string machine, double minutes, Repair? repair = null) =>
        NotReady(machine, minutes, repair, silent: false);

    public RunningCluster WithPool(int index, Func<MachinePool, MachinePool> change)
    {
        Desired = Desired with { Pools = [.. Desired.Pools.Select((pool, at) => at == index ? change(pool) : pool)] };
        return this;
    }

    public RunningCluster WithEtcd(Func<EtcdMember, EtcdMember> change)
    {
        Observed = Observed with { Etcd = Present(new EtcdFacts([.. Observed.Etcd.ValueOrDefault!.Members.Select(change)])) };
        return this;
    }

    public static DateTimeOffset MinutesAgo(double minutes) => Now.AddMinutes(-minutes);

    public static Observation<T> Present<T>(T value)
        where T : class => new Observation<T>.Present(value);

    private RunningCluster NotReady(string machine, double minutes, Repair? repair, bool silent) =>
        WithNode(machine, node => node with { Ready = false, Silent = silent, Message = "it does not report" })
            .WithMember(
                machine,
                member => member with { State = MachineState.NotReady, Since = MinutesAgo(minutes), Repair = repair }
            );

    private static EtcdFacts EtcdOf(ClusterObservation observed) =>
        new([
            .. observed
                .Members.Where(seen => seen.Member.Role is PoolRole.ControlPlane)
                .Select(
                    (seen, index) =>
                        new EtcdMember(seen.Id.Value, seen.Member.NodeName, Voting: true, Healthy: true, Leader: index is 0)
                ),
        ]);
}
