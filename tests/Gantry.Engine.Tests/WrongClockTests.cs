using Gantry.Clusters.Model;
using Gantry.Engine.Tests.Fakes;

namespace Gantry.Engine.Tests;

/// <summary>A clock that is set back, and a console that was put back to a backup.</summary>
public sealed class WrongClockTests
{
    [Fact]
    public void After_the_clock_was_set_back_machines_are_looked_at_as_often_as_before_and_wishes_are_served()
    {
        using var place = new DataCentre(machines: 3);
        var cluster = Some.Cluster(controlPlanes: 1, workers: 1);
        place.Want(cluster);
        place.Start();
        place.Until(() => place.Is(cluster, ClusterPhase.Running));

        place.Clock.Off = TimeSpan.FromMinutes(-40);
        place.Maas.Calls.Clear();
        place.Pass(TimeSpan.FromMinutes(10));
        Assert.InRange(place.Maas.Calls.Count(call => call == "list machines"), 5, 100);

        place.Want(cluster.WithWorkers(2));
        place.Until(
            () => place.Status(cluster) is { ObservedGeneration: 2, Machines.Count: 3, Health: Health.Healthy },
            TimeSpan.FromMinutes(30)
        );
    }

    [Fact]
    public void A_back_off_that_a_wrong_clock_wrote_down_does_not_hold_a_cluster_up()
    {
        using var place = new DataCentre(machines: 1);
        place.Clock.Off = TimeSpan.FromHours(3);
        place.Maas.Down = new Engine.Ports.RegionException(Engine.Ports.RegionFailure.Unreachable, "down");
        var cluster = Some.Cluster();
        place.Want(cluster);
        place.Start();
        place.Pass(TimeSpan.FromMinutes(5));

        place.Clock.Off = TimeSpan.Zero;
        place.Maas.Down = null;
        place.Start();

        place.Until(() => place.Is(cluster, ClusterPhase.Running), TimeSpan.FromMinutes(30));
    }

    [Fact]
    public void A_wish_of_a_restored_console_is_served_though_its_number_was_given_before()
    {
        using var place = new DataCentre(machines: 4);
        var cluster = Some.Cluster(controlPlanes: 1, workers: 1);
        place.Want(cluster);
        place.Start();
        place.Until(() => place.Is(cluster, ClusterPhase.Running));
        place.Want(cluster.WithWorkers(2));
        place.Until(() => place.Status(cluster) is { ObservedGeneration: 2, Machines.Count: 3, Health: Health.Healthy });

        // The console lost generation 2, and a person asks for something else.
        place.Maas.Images.Add("ubuntu/questing");
        place.Want(cluster.WithImage("ubuntu/questing") with { Generation = 2 });

        place.Until(() => place.Maas.Held.Count() is 2 && place.Status(cluster).Health is Health.Healthy, TimeSpan.FromHours(2));
        Assert.All(
            place.Now(() => place.Ledger.LoadAsync(default))[0].Members,
            member => Assert.Equal("ubuntu/questing", member.Build!.Image)
        );
    }

    [Fact]
    public void A_control_plane_whose_first_machine_failed_begins_on_another_also_after_it_was_asked_to_be_smaller()
    {
        using var place = new DataCentre(machines: 6);
        place.Maas.NeverBoot.Add("m01");
        var cluster = Some.Cluster(controlPlanes: 3);
        place.Want(cluster);
        place.Start();
        place.Until(() => place.Status(cluster).Machines.All(machine => machine.State is "Joining"));

        place.Want(cluster.WithControlPlanes(1) with { Generation = 2 });
        place.Until(() => place.Is(cluster, ClusterPhase.Running));
        place.Until(() => place.Maas.Held.Count() is 1);

        Assert.DoesNotContain("m01", place.Maas.Held.Select(machine => machine.Id));
    }
}
