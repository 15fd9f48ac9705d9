using Gantry.Clusters.Model;
using Gantry.Engine.Tests.Fakes;

namespace Gantry.Engine.Tests;

public sealed class CreateTests
{
    [Theory]
    [InlineData(1, 0)]
    [InlineData(3, 2)]
    [InlineData(5, 7)]
    public void A_cluster_comes_up_with_exactly_the_machines_it_asked_for(int controlPlanes, int workers)
    {
        using var place = new DataCentre(machines: 15).Start();
        var cluster = Some.Cluster(controlPlanes, workers);
        place.Want(cluster);

        place.Until(() => place.Is(cluster, ClusterPhase.Running));

        Assert.Equal(controlPlanes + workers, place.Maas.Held.Count());
        Assert.All(place.Maas.Allocations.Values, times => Assert.Equal(1, times));
        Assert.Equal(Health.Healthy, place.Status(cluster).Health);
        Assert.Equal(100, place.Status(cluster).Progress);
        Assert.All(place.Status(cluster).Conditions, condition => Assert.Equal(ConditionStatus.True, condition.Status));
        Assert.Equal(["network manifest", "storage manifest"], place.Maas.ClusterOf("id-demo").Applied);
        Assert.Equal("10.0.0.254", Assert.Single(place.Maas.Reserved));
    }
}
