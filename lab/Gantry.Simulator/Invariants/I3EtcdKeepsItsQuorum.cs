using Gantry.Clusters.Planning;
using Gantry.Simulator.Ports;
using Gantry.Simulator.World;

namespace Gantry.Simulator.Invariants;

/// <summary>
/// No act of the engine takes etcd below quorum; control-plane changes are serialized; an etcd member is removed before its
/// machine.
/// </summary>
internal sealed class I3EtcdKeepsItsQuorum : Invariant
{
    // Releases of machines that were no members when the call was sent: a call may take longer than kubeadm init.
    private readonly HashSet<Act> _sentBefore = new(ReferenceEqualityComparer.Instance);

    public I3EtcdKeepsItsQuorum(Simulation run)
        : base(run) =>
        run.MachineModel.InitializedTwice = (cluster, machine) =>
            Broken(
                $"{machine} runs kubeadm init for {run.Name(cluster.Id)}, whose control plane lives: two clusters behind "
                    + "one endpoint"
            );

    public override void Sent(Act act, Knowledge knowledge)
    {
        if (
            act.Kind is ActKind.Release
            && MachineOf(act) is { } machine
            && (machine.Cluster is not { } cluster || cluster.MemberOf(machine) is null)
        )
        {
            _sentBefore.Add(act);
        }
    }

    public override void Before(Act act)
    {
        switch (act.Kind)
        {
            case ActKind.RemoveEtcdMember when Run.MachineModel.Find(act.Cluster!.Value) is { } cluster:
                if (cluster.Etcd.Find(member => member.Id == act.Detail) is { } leaving)
                {
                    Leaves(cluster, leaving);
                }

                break;
            case ActKind.Release or ActKind.PowerOff when MachineOf(act) is { Cluster: { } cluster } machine:
                if (
                    machine.Incarnation == cluster.Incarnation
                    && cluster.MemberOf(machine) is { } member
                    && !IsLeaving(cluster.Id, act)
                )
                {
                    Stops(act, cluster, member);
                }

                break;
        }
    }

    public override void After(Act act)
    {
        if (act.Kind is not ActKind.Admit || Run.MachineModel.Find(act.Cluster!.Value) is not { } cluster)
        {
            return;
        }

        // At most one machine may be joining the control plane with a valid token.
        var joining = Run
            .Region.Machines.Where(machine =>
                machine is { Installed: true, Document: { Bootstrap: Bootstrap.JoinControlPlane, Token: { } token } document }
                && document.Cluster.Id == cluster.Id
                && cluster.Tokens.TryGetValue(token, out var until)
                && until > Run.Time.Now
                && IsNotDone(cluster, machine)
            )
            .ToList();
        if (joining.Count > 1)
        {
            Broken($"{string.Join(" and ", joining)} may join the control plane of {Run.Name(cluster.Id)} at the same time");
        }
    }

    // kubeadm runs once: a node that is no longer a member does not become one again.
    private static bool IsNotDone(WorldCluster cluster, WorldMachine machine) =>
        cluster.MemberOf(machine) is { } member ? !member.Voting : machine.Cluster is null;

    private void Leaves(WorldCluster cluster, WorldEtcd leaving)
    {
        var voters = cluster.Etcd.Count(member => member.Voting && member != leaving);
        var healthy = cluster.Etcd.Count(member => member is { Voting: true, Healthy: true } && member != leaving);
        if (leaving.Voting && healthy < (voters / 2) + 1)
        {
            Broken(
                $"without {leaving.Machine} the etcd of {Run.Name(cluster.Id)} has {healthy} healthy of {voters} voters: "
                    + "no quorum"
            );
        }

        if (leaving.Voting && cluster.Etcd.Find(member => !member.Voting && member != leaving && member.Healthy) is { } learner)
        {
            Broken($"{leaving.Machine} leaves the etcd of {Run.Name(cluster.Id)} while {learner.Machine} joins it");
        }
    }

    private void Stops(Act act, WorldCluster cluster, WorldEtcd member)
    {
        if (act.Kind is ActKind.Release)
        {
            // A control plane that was never usable may be rebuilt as a whole: the ledger resets its initialization.
            var givenUp = !cluster.WasComplete && Run.Ledger.Clusters.GetValueOrDefault(cluster.Id) is { Initialized: false };
            if (!givenUp && !_sentBefore.Contains(act) && (cluster.Serves || cluster.WasComplete))
            {
                Broken($"{member.Machine} is released while it is a member of the etcd of {Run.Name(cluster.Id)}");
            }
        }
        else if (
            cluster.Serves
            && member is { Voting: true, Healthy: true }
            && cluster.Etcd.Count(other => other is { Voting: true, Healthy: true }) - 1 < cluster.VotersNeeded
        )
        {
            Broken($"switching off {member.Machine} takes the quorum from the etcd of {Run.Name(cluster.Id)}");
        }
    }
}
