using Gantry.Simulator.Ports;
using Gantry.Simulator.World;

namespace Gantry.Simulator.Invariants;

/// <summary>
/// A control plane that serves leaves only while another one stands behind an endpoint that its operator keeps. What its operator has
/// changed, or what has broken, in the last minutes may not be known yet.
/// </summary>
internal sealed class I15EndpointKeepsAControlPlane(Simulation run) : Invariant(run)
{
    private static readonly TimeSpan Known = TimeSpan.FromMinutes(6);

    public override void Before(Act act)
    {
        if (
            act.Kind is ActKind.RemoveEtcdMember
            && Run.MachineModel.Find(act.Cluster!.Value) is { GivenHost: not null, Balancer: not null } cluster
            && !IsLeaving(cluster.Id, act)
            && cluster.Etcd.Find(member => member.Id == act.Detail) is { Voting: true, Healthy: true } leaving
            && cluster.LeadsTo(leaving.Machine)
            && !cluster.Etcd.Exists(member => member != leaving && cluster.LeadsTo(member.Machine))
            && Run.Time.Now - cluster.BalancedAt > Known
            && !Run.Operators.HadFaults(leaving.Machine.Id, Known)
        )
        {
            Broken($"{leaving.Machine} leaves {Run.Name(cluster.Id)}, and its endpoint reaches no other control plane");
        }
    }
}
