using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Engine.Tests.Support;
using Gantry.Simulator.Ports;
using Gantry.Simulator.World;

namespace Gantry.Engine.Tests;

/// <summary>Machines of several networks: a control plane has to be where the virtual IP is announced.</summary>
public sealed class VirtualIpPlaceTests
{
    private const string Elsewhere = "10.240.0.0/24";

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_control_plane_is_taken_from_the_network_of_the_virtual_IP_alone(bool named)
    {
        using var place = new EngineInWorld(machines: 6);
        place["m01"].Subnets = [Elsewhere];
        place["m03"].Subnets = [Elsewhere];
        var cluster = Some.Cluster(controlPlanes: 3, workers: 1) with
        {
            Endpoint = new EndpointChoice.VirtualIp(named ? WorldRegion.Subnet : null),
        };
        place.Want(cluster);
        place.Start();

        place.Until(() => place.Is(cluster, ClusterPhase.Running), TimeSpan.FromHours(3));

        var controlPlanes = place
            .Status(cluster)
            .Machines.Where(machine => machine.Role is PoolRole.ControlPlane)
            .Select(machine => machine.SystemId.Value);
        var networks = controlPlanes.SelectMany(machine => place[machine].Subnets).Distinct(StringComparer.Ordinal);
        Assert.Single(networks);
        Assert.Empty(place.Now(() => place.Engine.ListQuarantineAsync(default)));
    }

    [Fact]
    public void A_machine_of_another_network_is_told_to_lack_it_and_a_worker_may_be_there()
    {
        using var place = new EngineInWorld(machines: 3);
        place["m02"].Subnets = [Elsewhere];
        place["m03"].Subnets = [Elsewhere];
        var cluster = Some.Cluster(controlPlanes: 1, workers: 1) with
        {
            Endpoint = new EndpointChoice.VirtualIp(WorldRegion.Subnet),
        };
        place.Want(cluster);
        place.Start();
        place.Until(() => place.Is(cluster, ClusterPhase.Running), TimeSpan.FromHours(3));
        var address = place.Status(cluster).Endpoint!.Host;

        place.Want(cluster = cluster.WithControlPlanes(3));
        place.Until(
            cluster,
            status => status.Conditions.Any(one => one.Reason is Reasons.TooFewMachines or Reasons.NoMachineFits)
        );

        var pool = place.Now(() => place.Engine.WhyNotAsync(cluster, default)).Pools[0];
        Assert.Contains(
            pool.Constraints,
            constraint =>
                constraint.Constraint == $"an address in the subnet of the virtual IP {address}" && constraint.Failing > 0
        );
        Assert.Equal(
            "m01",
            Assert.Single(place.Status(cluster).Machines, machine => machine.Role is PoolRole.ControlPlane).SystemId.Value
        );
    }

    [Theory]
    [InlineData(null, null)]
    [InlineData(WorldRegion.Subnet, null)]
    [InlineData(null, "10.0.200.9")]
    public void How_many_more_clusters_there_are_machines_for_counts_control_planes_in_one_network_alone(
        string? subnet,
        string? address
    )
    {
        using var place = new EngineInWorld(machines: 6).Start();
        foreach (var machine in (string[])["m02", "m04"])
        {
            place[machine].Subnets = [Elsewhere];
        }

        var cluster = Some.Cluster(controlPlanes: 3) with
        {
            Endpoint = new EndpointChoice.VirtualIp(subnet, address is null ? null : IpAddress.Parse(address)),
        };

        var answer = place.Now(() => place.Engine.WhatIfAsync(cluster, 4, default));

        // Two clusters would have machines enough, and not in one network each.
        Assert.Equal(1, answer.Fit);
    }

    [Fact]
    public void A_single_control_plane_of_another_network_is_given_back_before_it_is_installed()
    {
        using var place = new EngineInWorld(machines: 2);
        place["m01"].Subnets = [Elsewhere];
        var cluster = Some.Cluster() with { Endpoint = new EndpointChoice.VirtualIp(WorldRegion.Subnet) };
        place.Want(cluster);
        place.Start();

        place.Until(() => place.Is(cluster, ClusterPhase.Running), TimeSpan.FromHours(3));

        Assert.Equal("m02", Assert.Single(place.Status(cluster).Machines).SystemId.Value);
        Assert.Equal(1, place.Script.Calls.Count(call => call.Is(ActKind.Deploy)));
    }

    [Fact]
    public void A_machine_of_which_MAAS_shows_no_network_is_taken_as_before()
    {
        using var place = new EngineInWorld(machines: 1);
        place["m01"].Subnets = [];
        var cluster = Some.Cluster() with { Endpoint = new EndpointChoice.VirtualIp(WorldRegion.Subnet) };
        place.Want(cluster);
        place.Start();

        place.Until(() => place.Is(cluster, ClusterPhase.Running), TimeSpan.FromHours(3));
    }
}
