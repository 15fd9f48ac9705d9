using Gantry.Clusters.Model;
using Gantry.Simulator.World;

namespace Gantry.Engine.Tests.Support;

/// <summary>
/// How the world is when a cluster has become what was asked for, whatever the order in which its machines got there.
/// </summary>
public static class Outcome
{
    public static void IsAsAskedFor(EngineInWorld place, ClusterSpec cluster)
    {
        var status = place.Status(cluster);
        Assert.Equal(Health.Healthy, status.Health);
        Assert.Equal(cluster.KubernetesVersion, status.KubernetesVersion);
        Assert.Equal(
            cluster
                .Pools.Where(pool => pool.Size > 0)
                .ToDictionary(pool => pool.Name.Value, pool => new PoolCounts(pool.Size, pool.Size, pool.Size)),
            PoolCounts.Of(status)
        );
        Assert.All(status.Machines, machine => Assert.Equal(cluster.Image.Value, place[machine.SystemId].Image));

        var world = place.Inside(cluster);
        Assert.All(world.Nodes, node => Assert.True(node.Value is { Ready: true, Unschedulable: false }, node.Key));
        Assert.All(world.Nodes, node => Assert.Equal(cluster.KubernetesVersion, node.Value.Version));
        Assert.Equal(Names(status.Machines.Select(machine => machine.Hostname)), Names(world.Nodes.Keys));
        Assert.Equal(
            Names(status.Machines.Where(machine => machine.Role is PoolRole.ControlPlane).Select(machine => machine.Hostname)),
            Names(world.Etcd.Select(member => member.Machine.Hostname))
        );
        HoldsOnly(place, status.Machines.Select(machine => machine.SystemId.Value));
    }

    public static void IsGone(EngineInWorld place, ClusterSpec cluster)
    {
        Assert.Empty(place.Status(cluster).Residue);
        Assert.Empty(place.Region.Reserved);
        Assert.Empty(place.Region.Dns);
        HoldsOnly(place, []);
    }

    /// <summary>No machine of the region is held beside those of the cluster and those that failed.</summary>
    private static void HoldsOnly(EngineInWorld place, IEnumerable<string> machines)
    {
        var quarantined = place.Now(() => place.Engine.ListQuarantineAsync(default)).Select(machine => machine.Machine.Value);
        var failing = place.Region.Machines.Where(machine => machine.FailsToDeploy).Select(machine => machine.Id.Value).ToList();
        Assert.Equal(Names(failing), Names(quarantined));
        Assert.Equal(Names(machines), Names(place.Held.Select(machine => machine.Id.Value).Except(failing)));
    }

    private static IEnumerable<string> Names(IEnumerable<string> names) => names.Order(StringComparer.Ordinal);
}
