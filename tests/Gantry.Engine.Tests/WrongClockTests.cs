using Gantry.Clusters.Model;
using Gantry.Engine.Ports;
using Gantry.Engine.Tests.Support;
using Gantry.Simulator.World;

namespace Gantry.Engine.Tests;

/// <summary>A clock that is set back, and a console that was put back to a backup.</summary>
public sealed class WrongClockTests
{
    [Fact]
    public void After_a_clock_set_back_clusters_are_reconciled_as_often_and_changes_are_applied()
    {
        using var place = new EngineInWorld(machines: 3);
        var cluster = Some.Cluster(controlPlanes: 1, workers: 1);
        place.Want(cluster);
        place.Start();
        place.Until(() => place.Is(cluster, ClusterPhase.Running));

        place.ClockOffset = TimeSpan.FromMinutes(-40);
        place.Script.Calls.Clear();
        place.Pass(TimeSpan.FromMinutes(10));
        Assert.InRange(place.Script.Calls.Count(call => call.Operation is nameof(IRegion.ListMachinesAsync)), 5, 100);

        place.Want(cluster.WithWorkers(2));
        place.Until(
            () => place.Status(cluster) is { ObservedGeneration: 2, Machines.Count: 3, Health: Health.Healthy },
            TimeSpan.FromMinutes(30)
        );
    }

    [Fact]
    public void A_back_off_that_a_wrong_clock_wrote_down_does_not_hold_a_cluster_up()
    {
        using var place = new EngineInWorld(machines: 1);
        place.ClockOffset = TimeSpan.FromHours(3);
        place.Script.MaasFails = new RegionException(RegionFailure.Unreachable, "down");
        var cluster = Some.Cluster();
        place.Want(cluster);
        place.Start();
        place.Pass(TimeSpan.FromMinutes(5));

        place.ClockOffset = TimeSpan.Zero;
        place.Script.MaasFails = null;
        place.Start();

        place.Until(() => place.Is(cluster, ClusterPhase.Running), TimeSpan.FromMinutes(30));
    }

    [Fact]
    public void A_restored_consoles_desired_state_is_applied_though_its_revision_was_used_before()
    {
        using var place = new EngineInWorld(machines: 4);
        var cluster = Some.Cluster(controlPlanes: 1, workers: 1);
        place.Want(cluster);
        place.Start();
        place.Until(() => place.Is(cluster, ClusterPhase.Running));
        place.Want(cluster.WithWorkers(2));
        place.Until(() => place.Status(cluster) is { ObservedGeneration: 2, Machines.Count: 3, Health: Health.Healthy });

        // The console lost generation 2, and a person asks for something else.
        place.Region.Images.Add("ubuntu/questing");
        place.Want(cluster.WithImage("ubuntu/questing") with { Generation = 2 });

        place.Until(
            () => place.Held.Count() is 2 && place.Status(cluster) is { Health: Health.Healthy, Machines.Count: 2 },
            TimeSpan.FromHours(2)
        );
        Assert.All(
            place.Now(() => place.Ledger.LoadAsync(default))[0].Members,
            member => Assert.Equal("ubuntu/questing", member.Build!.Image.Value)
        );
    }

    [Fact]
    public void A_control_plane_whose_first_machine_failed_begins_on_another_also_after_it_was_asked_to_be_smaller()
    {
        using var place = new EngineInWorld(machines: 6);
        place["m01"].NeverBoots = true;
        var cluster = Some.Cluster(controlPlanes: 3);
        place.Want(cluster);
        place.Start();
        place.Until(cluster, status => status.Machines.Any() && status.Machines.All(machine => machine.State is "Joining"));

        place.Want(cluster.WithControlPlanes(1) with { Generation = 2 });
        place.Until(() => place.Is(cluster, ClusterPhase.Running));
        place.Until(() => place.Held.Count() is 1);

        Assert.DoesNotContain("m01", place.Held.Select(machine => machine.Id.Value));
    }
}
