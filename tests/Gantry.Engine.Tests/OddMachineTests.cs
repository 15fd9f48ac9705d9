using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Engine.Tests.Support;
using Gantry.Simulator.World;

namespace Gantry.Engine.Tests;

/// <summary>One machine of which MAAS answers something that cannot be read does not stop the others.</summary>
public sealed class OddMachineTests
{
    private const string Part = "$.cpu_count is not what MAAS 3.3 or later writes";

    [Fact]
    public void A_free_machine_that_cannot_be_read_is_not_taken_and_why_not_names_it()
    {
        using var place = new EngineInWorld(machines: 3).Start();
        Show(place, "m01", Part);
        var cluster = Some.Cluster(controlPlanes: 1, workers: 2);

        place.Want(cluster);
        place.Pass(TimeSpan.FromMinutes(10));

        Assert.Empty(place.Held);
        var whyNot = place.Now(() => place.Engine.WhyNotAsync(cluster, default));
        Assert.Contains(whyNot.NotFree, one => one.Message == $"unreadable ({Part}) in MAAS");

        Show(place, "m01", null);
        place.Until(() => place.Is(cluster, ClusterPhase.Running));
    }

    [Fact]
    public void A_machine_of_a_cluster_that_cannot_be_read_is_left_alone_and_the_cluster_goes_on()
    {
        using var place = new EngineInWorld(machines: 4).Start();
        var cluster = Some.Cluster(controlPlanes: 1, workers: 2);
        place.Want(cluster);
        place.Until(() => place.Is(cluster, ClusterPhase.Running));
        var odd = place.Status(cluster).Machines.First(machine => machine.Role is PoolRole.Worker).SystemId;
        Show(place, odd.Value, Part);

        var grown = cluster.WithWorkers(3);
        place.Want(grown);
        place.Until(() => place.Inside(grown).Nodes.Values.Count(node => node.Ready) is 4);
        place.Pass(TimeSpan.FromHours(3));

        Assert.Equal(4, place.Held.Count());
        Assert.Contains(odd, place.Status(grown).Machines.Select(machine => machine.SystemId));

        // Nothing is known of it, so it does not leave either.
        var smaller = grown with
        {
            Generation = 3,
            Replace = [odd],
        };
        place.Want(smaller);
        place.Pass(TimeSpan.FromHours(1));
        Assert.Contains(place.Held, machine => machine.Id == odd);

        Show(place, odd.Value, null);
        place.Until(smaller, status => status is { Progress: 100, Health: Health.Healthy });
    }

    [Theory]
    [InlineData(null)]
    [InlineData(Part)]
    public void A_node_of_a_machine_that_cannot_be_read_is_not_taken_for_one_that_is_left_over(string? unreadable)
    {
        using var place = new EngineInWorld(machines: 3).Start();
        var cluster = Some.Cluster(controlPlanes: 1, workers: 1);
        place.Want(cluster);
        place.Until(() => place.Is(cluster, ClusterPhase.Running));
        var other = place.Region.Machines.First(machine => machine.Owner is null);
        Show(place, other.Id.Value, unreadable);
        var inside = place.Inside(cluster);
        inside.Nodes["left"] = new WorldNode("left", other)
        {
            ControlPlane = false,
            Version = inside.Nodes.Values.First().Version,
        };
        inside.Touch();

        place.Pass(TimeSpan.FromHours(2));

        Assert.Equal(unreadable is not null, inside.Nodes.ContainsKey("left"));
    }

    private static void Show(EngineInWorld place, string machine, string? unreadable)
    {
        place[machine].Unreadable = unreadable;
        place.Region.Changed(place[machine]);
    }
}
