using Gantry.Clusters.Model;
using Gantry.Engine.Tests.Support;
using Gantry.Simulator.Ports;
using Gantry.Simulator.World;

namespace Gantry.Engine.Tests;

public sealed class CreateTests
{
    [Theory]
    [InlineData(1, 0)]
    [InlineData(3, 2)]
    [InlineData(5, 7)]
    public void A_cluster_is_built_with_exactly_its_desired_machines(int controlPlanes, int workers)
    {
        using var world = new EngineInWorld(machines: 15).Start();
        var cluster = Some.Cluster(controlPlanes, workers);
        world.Want(cluster);

        world.Until(() => world.Is(cluster, ClusterPhase.Running));

        var status = world.Status(cluster);
        var real = world.Inside(cluster);
        Assert.Equal(controlPlanes + workers, world.Held.Count());
        Assert.Equal(controlPlanes + workers, world.Script.Acts.Count(act => act.Kind is ActKind.Allocate));
        Assert.Equal(Health.Healthy, status.Health);
        Assert.Equal(100, status.Progress);
        Assert.All(status.Conditions, condition => Assert.Equal(ConditionStatus.True, condition.Status));
        Assert.Equal(controlPlanes, real.Etcd.Count);
        Assert.Equal(controlPlanes + workers, real.Nodes.Values.Count(node => node.Ready));
        Assert.Equal(["network manifest", "storage manifest"], real.Manifests);
        Assert.Single(world.Region.Reserved);
        Assert.Empty(real.Tokens);
    }

    [Fact]
    public void An_engine_that_is_killed_while_it_creates_a_cluster_goes_on_with_the_same_machines()
    {
        using var world = new EngineInWorld(machines: 15).Start();
        var cluster = Some.Cluster(3, 2);
        world.Want(cluster);

        for (var kills = 0; kills < 20; kills++)
        {
            world.Pass(TimeSpan.FromSeconds(37));
            world.Start();
        }

        world.Until(() => world.Is(cluster, ClusterPhase.Running));

        Assert.Equal(5, world.Held.Count());
        Assert.Equal(5, world.Script.Acts.Count(act => act.Kind is ActKind.Allocate));
    }
}
