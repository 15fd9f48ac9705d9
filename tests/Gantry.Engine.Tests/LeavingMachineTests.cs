using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Engine.Ports;
using Gantry.Engine.Tests.Support;
using Gantry.Simulator.Ports;
using Gantry.Simulator.World;

namespace Gantry.Engine.Tests;

/// <summary>A machine that leaves a cluster is not asked for any more: the cluster does not wait until MAAS has it back.</summary>
public sealed class LeavingMachineTests
{
    [Fact]
    public void A_dead_machine_with_a_dead_BMC_leaves_a_healthy_cluster_and_is_shown_beside_it()
    {
        using var place = Running(out var cluster, out var dead);
        Replace(place, cluster, dead);

        place.Until(() => Machine(place, cluster, dead).ReleaseBlocked is not null);
        place.Until(cluster, status => status.Health is Health.Healthy);

        var status = place.Status(cluster);
        Assert.Equal((ClusterPhase.Running, 100, 3), (status.Phase, status.Progress, Wanted(status).Count()));
        Assert.All(Wanted(status), machine => Assert.True(machine.NodeReady));
        Assert.Equal("Draining", Machine(place, cluster, dead).State);
        Assert.Contains("Could not contact node's BMC", Machine(place, cluster, dead).ReleaseBlocked, StringComparison.Ordinal);
        Assert.Equal(
            ["MachinesReleased"],
            status.Conditions.Where(one => one.Status is not ConditionStatus.True).Select(one => one.Type)
        );
        Assert.StartsWith("All 3 nodes are Ready. MAAS could not release", status.Message, StringComparison.Ordinal);
        Assert.Contains(place.Events, happened => happened.Reason is "Reached" && happened.Generation is 2);
    }

    [Fact]
    public void MAAS_is_asked_for_it_more_and_more_rarely_and_the_history_counts_in_one_line()
    {
        using var place = Running(out var cluster, out var dead);
        Replace(place, cluster, dead);
        place.Until(() => Machine(place, cluster, dead).ReleaseBlocked is not null);

        place.Pass(TimeSpan.FromHours(1));
        var asked = Asked(place, dead);
        place.Sleep(TimeSpan.FromMinutes(1));
        place.Pass(TimeSpan.FromHours(1));

        Assert.InRange(asked, 8, 20);
        Assert.InRange(Asked(place, dead) - asked, 8, 14);
        var lines = place.Events.Where(happened => happened.Machine == dead && happened.Reason is "Release" or "ReleaseFailed");
        Assert.Single(lines.Select(happened => happened.Id).Distinct());
        Assert.Contains($"asked {Asked(place, dead)} times", lines.Last().Message, StringComparison.Ordinal);

        place[dead].PowerAnswer = null;
        place.Until(() => place.Status(cluster).Machines.All(machine => machine.SystemId != dead));
        Assert.Null(place[dead].Owner);
        Assert.Contains(
            place.Events,
            happened => happened.Reason is "Released" && happened.Message.Contains("times", StringComparison.Ordinal)
        );
    }

    [Theory]
    [InlineData(Fate.Unavailable)]
    [InlineData(Fate.Conflict)]
    public void A_machine_that_MAAS_refuses_to_release_is_asked_for_more_and_more_rarely_too(Fate fate)
    {
        using var place = Running(out var cluster, out var dead);
        place.Script.Interfere = call => call.Is(ActKind.Release, dead) ? fate : Fate.Arrives;
        Replace(place, cluster, dead);
        place.Until(() => place.Status(cluster).Machines.Count is 4 && place.Script.Sent(ActKind.Release, dead));

        place.Pass(TimeSpan.FromHours(1));

        Assert.InRange(Asked(place, dead), 8, 20);
        Assert.Equal(Health.Healthy, place.Status(cluster).Health);
    }

    [Fact]
    public void A_cluster_is_complete_though_a_machine_that_failed_while_it_was_made_cannot_be_released()
    {
        using var place = new EngineInWorld(machines: 6).Start();
        place["m02"].FailsToDeploy = true;
        place["m02"].PowerAnswer = "error";
        var cluster = Some.Cluster(controlPlanes: 1, workers: 2);
        place.Want(cluster);

        place.Until(cluster, status => status is { Phase: ClusterPhase.Running, Health: Health.Healthy });

        Assert.NotNull(Machine(place, cluster, new SystemId("m02")).ReleaseBlocked);
        Assert.Equal(4, place.Held.Count());
    }

    [Fact]
    public void The_first_control_plane_begins_anew_when_a_person_has_let_go_of_the_one_that_MAAS_cannot_release()
    {
        using var place = new EngineInWorld(machines: 6).Start();
        place["m01"].FailsToDeploy = true;
        place["m01"].PowerAnswer = "error";
        var cluster = Some.Cluster(controlPlanes: 1, workers: 1);
        place.Want(cluster);
        place.Until(cluster, status => status.Machines.Any(machine => machine.ReleaseBlocked is not null));
        place.Pass(TimeSpan.FromHours(1));
        Assert.False(place.Is(cluster, ClusterPhase.Running));
        Assert.Contains("when MAAS has host-m01 back", place.Status(cluster).Message, StringComparison.Ordinal);

        Abandon(place, cluster, new SystemId("m01"));

        place.Until(() => place.Is(cluster, ClusterPhase.Running));
    }

    [Fact]
    public void A_cluster_that_lacks_a_node_because_its_machine_leaves_is_not_healthy()
    {
        using var place = Running(out var cluster, out var dead, machines: 4);
        place.Region.Allocate(WorldDataCentre.Operator, place.Region.Machines.Single(one => one.Owner is null).Id, "by hand");
        Replace(place, cluster, dead);

        place.Pass(TimeSpan.FromHours(1));

        Assert.Equal(Health.UnHealthy, place.Status(cluster).Health);
    }

    [Fact]
    public void A_person_lets_go_of_it_and_it_stays_in_MAAS_without_the_clusters_mark()
    {
        using var place = Running(out var cluster, out var dead);
        Replace(place, cluster, dead);

        // By then its release is asked for so rarely that no request is on its way.
        place.Until(() => Machine(place, cluster, dead).ReleaseBlocked is not null);
        place.Pass(TimeSpan.FromHours(2));

        Abandon(place, cluster, dead);

        place.Until(cluster, status => status.Machines.Count is 3);
        place.Pass(TimeSpan.FromHours(1));
        Assert.Equal((3, Health.Healthy), (place.Status(cluster).Machines.Count, place.Status(cluster).Health));
        Assert.All(place.Status(cluster).Conditions, one => Assert.Equal(ConditionStatus.True, one.Status));
        Assert.Equal((MaasStatus.Deployed, ""), (place[dead].Status, place[dead].Agent));
        Assert.Null(MachineMark.Read(place[dead].Annotations));
        Assert.Contains(place.Events, happened => happened.Reason is "Abandoned" && happened.Machine == dead);
    }

    [Fact]
    public void A_machine_that_a_person_took_over_before_its_release_began_is_not_taken_for_the_clusters_again()
    {
        using var place = Running(out var cluster, out var dead);
        place.Script.Interfere = call => call.Is(ActKind.Release, dead) ? Fate.Conflict : Fate.Arrives;
        Replace(place, cluster, dead);
        place.Until(() => place.Status(cluster).Machines.Count is 4 && place.Script.Sent(ActKind.Release, dead));

        Abandon(place, cluster, dead);
        place.Script.Interfere = _ => Fate.Arrives;
        place.Stop();
        place.Start();
        place.Pass(TimeSpan.FromHours(1));

        Assert.Equal((3, Health.Healthy), (place.Status(cluster).Machines.Count, place.Status(cluster).Health));
        Assert.Equal(MaasStatus.Deployed, place[dead].Status);
        Assert.NotEmpty(place[dead].Agent);
    }

    [Fact]
    public void Nobody_lets_go_of_a_machine_that_works_or_that_MAAS_can_release()
    {
        using var place = Running(out var cluster, out var dead);
        place[dead].PowerAnswer = null;
        place[dead].FailingReleases = int.MaxValue;
        var acts = place.Script.Acts.Count;

        Assert.Equal(RegionFailure.Conflict, Refused(dead));
        Assert.Equal(RegionFailure.NotFound, Refused(new SystemId("other")));

        Replace(place, cluster, dead);
        place.Until(() => place[dead].Status is MaasStatus.FailedReleasing);
        place.Until(() => place[dead].Status is MaasStatus.Releasing);
        Assert.Equal(RegionFailure.Conflict, Refused(dead));

        Assert.NotEmpty(place[dead].Annotations);
        Assert.Contains(place.Status(cluster).Machines, machine => machine.SystemId == dead);
        Assert.DoesNotContain(place.Script.Acts.Skip(acts), act => act.Kind is ActKind.Annotate && act.Machine == dead);

        RegionFailure Refused(SystemId machine) => Assert.Throws<RegionException>(() => Abandon(place, cluster, machine)).Failure;
    }

    private static void Abandon(EngineInWorld place, ClusterSpec cluster, SystemId machine) =>
        place.Now(async () =>
        {
            await place.Engine.AbandonAsync(cluster.Id, machine, default);
            return true;
        });

    private static void Replace(EngineInWorld place, ClusterSpec cluster, SystemId machine) =>
        place.Want(cluster with { Generation = 2, Replace = [machine] });

    private static int Asked(EngineInWorld place, SystemId machine) =>
        place.Script.Calls.Count(call => call.Is(ActKind.Release, machine));

    private static IEnumerable<MachineStatus> Wanted(ClusterStatus status) =>
        status.Machines.Where(machine => machine.ReleaseBlocked is null);

    private static MachineStatus Machine(EngineInWorld place, ClusterSpec cluster, SystemId id) =>
        place.Status(cluster).Machines.Single(machine => machine.SystemId == id);

    private static EngineInWorld Running(out ClusterSpec cluster, out SystemId dead, int machines = 6)
    {
        var place = new EngineInWorld(machines).Start();
        var wanted = Some.Cluster(controlPlanes: 1, workers: 2);
        place.Want(wanted);
        place.Until(() => place.Is(wanted, ClusterPhase.Running));
        dead = place.Status(wanted).Machines.Last(machine => machine.Role is PoolRole.Worker).SystemId;
        place.Break(dead);
        place[dead].PowerAnswer = "error";
        place.Script.Calls.Clear();
        cluster = wanted;
        return place;
    }
}
