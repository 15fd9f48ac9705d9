using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Engine.Tests.Support;
using Gantry.Simulator.World;

namespace Gantry.Engine.Tests;

/// <summary>I3 in a whole engine: a sick member of etcd whose node is Ready keeps the others where they are.</summary>
public sealed class EtcdQuorumTests
{
    [Theory]
    [InlineData(3, 1)]
    [InlineData(5, 2)]
    public void A_healthy_control_plane_waits_to_be_replaced_until_the_sick_members_are_well(int size, int sick)
    {
        using var place = new EngineInWorld(machines: size + 1).Start();
        var cluster = Some.Cluster(controlPlanes: size);
        cluster = cluster with { Pools = [cluster.ControlPlane with { RollingUpdate = RollingUpdate.ContractFirst }] };
        place.Want(cluster);
        place.Until(() => place.Is(cluster, ClusterPhase.Running));
        place.Until(() => place.Inside(cluster).Etcd.TrueForAll(member => member.Voting));
        var inside = place.Inside(cluster);
        var healthy = place.Status(cluster).Machines.First(machine => machine.Hostname == inside.Etcd[0].Machine.Hostname);
        var sickened = inside.Etcd.TakeLast(sick).Select(member => member.Machine).ToList();
        sickened.ForEach(machine => place.Machines.SickenEtcd(machine, sick: true));

        cluster = cluster with { Generation = 2, Replace = [healthy.SystemId] };
        place.Want(cluster);
        place.Pass(TimeSpan.FromHours(1));

        Assert.Contains(place.Status(cluster).Conditions, condition => condition.Reason is Reasons.QuorumAtRisk);
        Assert.Equal(size, inside.Etcd.Count);
        Assert.Contains(healthy.Hostname, inside.Nodes.Keys);
        Assert.False(inside.Nodes[healthy.Hostname].Unschedulable);

        sickened.ForEach(machine => place.Machines.SickenEtcd(machine, sick: false));
        place.Until(() => place.Events.Exists(happened => happened is { Reason: "Reached", Generation: 2 }));
        Assert.DoesNotContain(healthy.SystemId, place.Status(cluster).Machines.Select(machine => machine.SystemId));
        Assert.Equal(size, inside.Etcd.Count);
    }
}
