using Gantry.Clusters.Distributions;
using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Engine.Ports;
using Gantry.Engine.Tests.Support;
using Gantry.Simulator.World;

namespace Gantry.Engine.Tests;

/// <summary>A machine that a person takes from its cluster in MAAS: marked broken, or released.</summary>
public sealed partial class FourAnswersTests
{
    [Fact]
    public void A_machine_that_is_marked_broken_has_left_its_cluster_and_another_takes_its_place_at_once()
    {
        using var place = new EngineInWorld(machines: 4).Start();
        var cluster = Running(place, Some.Cluster(controlPlanes: 1, workers: 2));
        var broken = AWorker(place, cluster);

        place.Region.MarkBroken(WorldDataCentre.Operator, broken.Id);
        place.Until(() => place["m04"].Status is MaasStatus.Deploying, limit: TimeSpan.FromMinutes(3));

        Assert.DoesNotContain(place.Status(cluster).Machines, machine => machine.SystemId == broken.Id);
        Assert.Contains(
            place.Events,
            happened =>
                happened.Reason is "Released"
                && happened.Message.StartsWith($"{broken.Hostname} was marked broken", StringComparison.Ordinal)
        );
        place.Until(cluster, status => status is { Health: Health.Healthy, Progress: 100 });
        Assert.Equal((MaasStatus.Broken, "off"), (broken.Status, broken.Power));
        Assert.Contains(
            place.Events,
            happened =>
                happened.Reason is "Allocate"
                && happened.Message.Contains($"; {broken.Hostname} was marked broken in MAAS at ", StringComparison.Ordinal)
        );
    }

    [Fact]
    public void A_machine_that_is_marked_broken_and_has_no_successor_is_named_everywhere()
    {
        using var place = new EngineInWorld(machines: 3).Start();
        var cluster = Running(place, Some.Cluster(controlPlanes: 1, workers: 2));
        var broken = AWorker(place, cluster);

        place.Region.MarkBroken(WorldDataCentre.Operator, broken.Id, "fan noise");
        place.Pass(TimeSpan.FromMinutes(5));

        Assert.EndsWith(
            $"{broken.Hostname} was marked broken in MAAS at {LostAt(place, broken):HH:mm} (fan noise)",
            AllName(place, cluster, Reasons.TooFewMachines),
            StringComparison.Ordinal
        );
        Assert.Contains(WhyNot(place, cluster).NotFree, reason => reason.Message is "Broken in MAAS");
    }

    [Fact]
    public void A_machine_that_is_fixed_after_it_was_marked_broken_is_free_for_its_cluster_again()
    {
        using var place = new EngineInWorld(machines: 3).Start();
        var cluster = Running(place, Some.Cluster(controlPlanes: 1, workers: 2));
        var broken = AWorker(place, cluster);
        place.Region.MarkBroken(WorldDataCentre.Operator, broken.Id);
        place.Pass(TimeSpan.FromHours(1));

        place.Region.MarkFixed(WorldDataCentre.Operator, broken.Id);

        place.Until(cluster, status => status is { Health: Health.Healthy, Progress: 100 });
        Assert.Equal(MaasStatus.Deployed, broken.Status);
    }

    [Fact]
    public void A_deletion_does_not_wait_for_a_machine_that_is_marked_broken_and_leaves_it_as_it_is()
    {
        using var place = new EngineInWorld(machines: 3).Start();
        var cluster = Running(place, Some.Cluster(controlPlanes: 1, workers: 2));
        var broken = AWorker(place, cluster);
        broken.PowerAnswer = "error";
        place.Region.MarkBroken(WorldDataCentre.Operator, broken.Id);
        place.Pass(TimeSpan.FromMinutes(2));

        place.Want(Next(cluster) with { Deletion = new Deletion(place.Time.Now) });

        place.Until(() => place.Is(cluster, ClusterPhase.Deleted), limit: TimeSpan.FromMinutes(10));
        Assert.Empty(place.Status(cluster).Residue);
        Assert.Equal(MaasStatus.Broken, broken.Status);
    }

    [Fact]
    public void A_machine_that_is_marked_broken_while_its_BMC_is_dead_serves_on_and_is_told_so()
    {
        using var place = new EngineInWorld(machines: 4).Start();
        var cluster = Running(place, Some.Cluster(controlPlanes: 1, workers: 2));
        var broken = AWorker(place, cluster);
        broken.PowerAnswer = "error";

        place.Region.MarkBroken(WorldDataCentre.Operator, broken.Id);
        place.Pass(TimeSpan.FromHours(2));

        Assert.Equal(MaasStatus.Ready, place["m04"].Status);
        Assert.True(place.Inside(cluster).Nodes.Values.All(node => node is { Ready: true, Unschedulable: false }));
        var drift = Assert.Single(place.Status(cluster).Drift);
        Assert.Equal((broken.Id, "MAAS shows it as Broken, and its node is Ready"), (drift.Machine, drift.What));
    }

    [Fact]
    public void A_machine_that_somebody_released_is_left_alone_for_a_quarter_of_an_hour_also_after_a_restart()
    {
        using var place = new EngineInWorld(machines: 3).Start();
        var cluster = Running(place, Some.Cluster(controlPlanes: 1, workers: 2));
        var released = AWorker(place, cluster);

        place.Region.Release(WorldDataCentre.Operator, released.Id, ErasePolicy.None);
        place.Until(cluster, status => status.Machines.Count is 2);
        place.Stop();
        place.Start();
        place.Pass(TimeSpan.FromMinutes(13));

        Assert.Equal(MaasStatus.Ready, released.Status);
        var lost = LostAt(place, released);
        Assert.EndsWith(
            $"somebody released {released.Hostname} in MAAS at {lost:HH:mm}, and it is left alone until {lost.AddMinutes(15):HH:mm}",
            AllName(place, cluster, Reasons.TooFewMachines),
            StringComparison.Ordinal
        );
        Assert.Contains(
            WhyNot(place, cluster).NotFree,
            reason =>
                reason.Message == $"somebody released it in MAAS at {lost:HH:mm}, taken again from {lost.AddMinutes(15):HH:mm}"
        );

        place.Until(cluster, status => status is { Health: Health.Healthy, Progress: 100 });
        Assert.Equal(MaasStatus.Deployed, released.Status);
        Assert.Contains(
            place.Events,
            happened =>
                happened.Reason is "Allocate"
                && happened.Message.Contains(
                    $"the last choice: somebody released it in MAAS at {lost:HH:mm}",
                    StringComparison.Ordinal
                )
        );
    }

    [Fact]
    public void A_machine_that_somebody_released_is_the_last_choice_of_every_cluster_for_a_day()
    {
        using var place = new EngineInWorld(machines: 5).Start();
        var cluster = Running(place, Some.Cluster(controlPlanes: 1, workers: 2));
        var released = AWorker(place, cluster);
        place.Region.Release(WorldDataCentre.Operator, released.Id, ErasePolicy.None);
        place.Until(cluster, status => status is { Health: Health.Healthy, Progress: 100, Machines.Count: 3 });
        place.Pass(TimeSpan.FromHours(1));

        var other = Some.Cluster(controlPlanes: 1, name: "other");
        var planned = Plan(place, other).Steps.Where(step => step.Action is "Allocate").ToList();

        // Both machines are free and alike, and the released one has the smaller number.
        Assert.Equal(2, place.Region.Machines.Count(machine => machine.Status is MaasStatus.Ready));
        Assert.NotEqual(released.Id.Value, Assert.Single(planned).Machine);
        place.Pass(TimeSpan.FromHours(24));
        Assert.Equal(released.Id.Value, Assert.Single(Plan(place, other).Steps, step => step.Action is "Allocate").Machine);
    }

    [Fact]
    public void A_machine_that_a_person_has_to_switch_is_the_last_choice_and_the_plan_says_why()
    {
        using var place = new EngineInWorld(machines: 3).Start();
        SwitchByHand(place, "m01", "m02");
        var planned = Plan(place, Some.Cluster(controlPlanes: 1, workers: 1)).Steps.Where(step => step.Action is "Allocate");

        Assert.Equal(
            [
                ("m03", "control-plane 1 of 1, zone az1"),
                (
                    "m01",
                    "workers 1 of 1, zone az2; the last choice: its power type in MAAS is manual, so a person has to switch it on and "
                        + "off"
                ),
            ],
            planned.Select(step => (step.Machine, step.Reason))
        );
    }

    [Fact]
    public void A_silent_machine_that_a_person_has_to_switch_is_named_everywhere_and_its_power_is_left_alone()
    {
        using var place = new EngineInWorld(machines: 4).Start();
        var cluster = Running(place, Some.Cluster(controlPlanes: 1, workers: 2));
        var silent = AWorker(place, cluster);
        SwitchByHand(place, silent.Id.Value);

        place.Machines.Hang(silent);
        place.Pass(TimeSpan.FromHours(2));

        Assert.DoesNotContain(place.Events, happened => happened.Reason is "QueryPower" or "PowerOn" or "PowerCycle");
        Assert.Contains(
            $"{silent.Hostname} is silent and its power type in MAAS is manual",
            AllName(place, cluster, Reasons.PowerUnknown),
            StringComparison.Ordinal
        );
        Assert.Equal(MaasStatus.Deployed, silent.Status);
    }

    private static void SwitchByHand(EngineInWorld place, params string[] machines)
    {
        foreach (var machine in machines)
        {
            place[machine].IsSwitchedByHand = true;
            place.Region.Changed(place[machine]);
        }
    }

    private static WorldMachine AWorker(EngineInWorld place, ClusterSpec cluster) =>
        place[place.Status(cluster).Machines.First(machine => machine.Role is PoolRole.Worker).SystemId];

    private static DateTimeOffset LostAt(EngineInWorld place, WorldMachine machine) =>
        place.Events.Last(happened => happened.Reason is "Released" && happened.Machine == machine.Id).At;
}
