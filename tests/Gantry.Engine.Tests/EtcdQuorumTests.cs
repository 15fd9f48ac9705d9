using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Engine.Tests.Fakes;

namespace Gantry.Engine.Tests;

/// <summary>I3 in a whole engine: a sick member of etcd whose node is Ready keeps the others where they are.</summary>
public sealed class EtcdQuorumTests
{
    [Theory]
    [InlineData(3, 1)]
    [InlineData(5, 2)]
    public void A_healthy_control_plane_waits_to_be_replaced_until_the_sick_members_are_well(int size, int sick)
    {
        using var place = new DataCentre(machines: size + 1).Start();
        var cluster = Some.Cluster(controlPlanes: size);
        cluster = cluster with { Pools = [cluster.ControlPlane with { RollingUpdate = RollingUpdate.ContractFirst }] };
        place.Want(cluster);
        place.Until(() => place.Is(cluster, ClusterPhase.Running));
        var inside = place.Maas.ClusterOf("id-demo");
        var healthy = place.Status(cluster).Machines.First(machine => machine.Hostname == inside.Etcd[0].Name);
        inside.Etcd = [.. inside.Etcd.Select((member, index) => member with { Healthy = index < size - sick })];

        cluster = cluster with { Generation = 2, Replace = [healthy.SystemId] };
        place.Want(cluster);
        place.Pass(TimeSpan.FromHours(1));

        Assert.Contains(place.Status(cluster).Conditions, condition => condition.Reason is Reasons.QuorumAtRisk);
        Assert.Equal(size, inside.Etcd.Count);
        Assert.Contains(healthy.Hostname, inside.Nodes.Keys);
        Assert.False(inside.Nodes[healthy.Hostname].Unschedulable);

        inside.Etcd = [.. inside.Etcd.Select(member => member with { Healthy = true })];
        place.Until(() => place.Events.Any(happened => happened is { Reason: "Reached", Generation: 2 }));
        Assert.DoesNotContain(healthy.SystemId, place.Status(cluster).Machines.Select(machine => machine.SystemId));
        Assert.Equal(size, inside.Etcd.Count);
    }
}
