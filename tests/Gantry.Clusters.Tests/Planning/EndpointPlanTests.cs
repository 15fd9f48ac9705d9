using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Clusters.Steps;

namespace Gantry.Clusters.Tests.Planning;

/// <summary>The reservation of the API server's address, and the addresses of its DNS record.</summary>
public sealed class EndpointPlanTests
{
    [Fact]
    public void The_address_is_reserved_while_any_control_plane_stays()
    {
        var cluster = new RunningCluster(3, 1)
            .WithMember("m001", member => member with { State = MachineState.Draining })
            .WithMember("m003", member => member with { State = MachineState.Allocated, JoinedAt = null });
        cluster.Observed = cluster.Observed with { Endpoint = null };
        cluster.Free = [];

        Assert.Single(cluster.Plan().Steps.OfType<Step.ReserveAddress>());
    }

    [Theory]
    [InlineData(MachineState.Selected, true, false, false)]
    [InlineData(MachineState.Allocated, true, false, false)]
    [InlineData(MachineState.Deploying, true, false, true)]
    [InlineData(MachineState.Deploying, true, true, false)]
    [InlineData(MachineState.Deploying, false, false, false)]
    [InlineData(MachineState.Deploying, false, true, false)]
    [InlineData(MachineState.Joining, true, true, true)]
    [InlineData(MachineState.Joining, false, true, false)]
    [InlineData(MachineState.Ready, false, true, true)]
    [InlineData(MachineState.NotReady, false, true, true)]
    [InlineData(MachineState.Draining, false, true, false)]
    [InlineData(MachineState.Failed, true, true, false)]
    public void The_record_has_the_address_of_each_control_plane_that_serves(
        MachineState state,
        bool initializes,
        bool initialized,
        bool serves
    )
    {
        var cluster = Named(new RunningCluster(1, 0));
        cluster.Observed = cluster.Observed with { Initialized = initialized, Formed = initialized };
        cluster.WithMember("m000", member => member with { State = state, Initializes = initializes });

        Assert.Equal(serves ? ["10.0.0.9"] : [], Recorded(cluster));
    }

    [Fact]
    public void The_record_has_the_first_address_of_each_control_plane_in_order()
    {
        var cluster = Named(new RunningCluster(3, 0))
            .WithMember("m001", member => member with { Addresses = ["10.0.0.1", "fd00::1"] })
            .WithMember("m002", member => member with { Addresses = [] });

        Assert.Equal(["10.0.0.1", "10.0.0.9"], Recorded(cluster));
    }

    [Theory]
    [InlineData(1, "1 control plane serves the API")]
    [InlineData(3, "3 control planes serve the API")]
    public void A_change_of_the_record_says_how_many_control_planes_serve(int size, string reason) =>
        Assert.Equal(reason, Assert.Single(Named(new RunningCluster(size, 0)).Plan().Steps.OfType<Step.RecordDns>()).Reason);

    /// <summary>The record has one old address, and each control plane has an address of its own.</summary>
    private static RunningCluster Named(RunningCluster cluster)
    {
        cluster.Desired = cluster.Desired with { Endpoint = new EndpointChoice.MaasDns(DnsName.Parse("dc1.example")) };
        cluster.Observed = cluster.Observed with
        {
            Endpoint = new EndpointFacts("demo-api.dc1.example", EndpointPlan.Port, ["10.0.0.200"]),
        };
        foreach (var (index, seen) in cluster.Observed.Members.ToList().Index())
        {
            cluster.WithMember(seen.Id.Value, member => member with { Addresses = [$"10.0.0.{9 - index}"] });
        }

        return cluster;
    }

    private static IEnumerable<string> Recorded(RunningCluster cluster) =>
        Assert.Single(cluster.Plan().Steps.OfType<Step.RecordDns>()).Addresses;
}
