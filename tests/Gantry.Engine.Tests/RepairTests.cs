using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Engine.Ports;
using Gantry.Engine.Tests.Support;
using Gantry.Simulator.Ports;
using Gantry.Simulator.World;

namespace Gantry.Engine.Tests;

/// <summary>What happens to machines that fall silent: the ladder, its brakes, and what it never does.</summary>
public sealed class RepairTests
{
    [Fact]
    public void A_silent_worker_is_left_alone_for_ten_minutes()
    {
        using var place = Running(out var cluster, workers: 4);
        var silent = Silence(place, cluster, "workers");

        place.Pass(TimeSpan.FromMinutes(9));

        Assert.DoesNotContain(place.Script.Calls, call => call.Operation.Contains("Power", StringComparison.Ordinal));
        Assert.Equal("NotReady", Machine(place, cluster, silent).State);
    }

    [Fact]
    public void A_machine_that_is_surely_off_is_switched_on_and_not_replaced()
    {
        using var place = Running(out var cluster, workers: 4);
        var silent = Newest(place, cluster, "workers");
        place.Region.PowerOff(WorldDataCentre.Operator, silent);

        place.Until(() => place.Status(cluster).Health is Health.UnHealthy);
        place.Until(() => place.Status(cluster).Health is Health.Healthy, TimeSpan.FromMinutes(40));

        Assert.True(place.Script.Sent(ActKind.PowerOn, silent));
        Assert.False(place.Script.Sent(ActKind.PowerOff, silent));
        Assert.Equal("Ready", Machine(place, cluster, silent).State);
    }

    [Fact]
    public void A_machine_that_is_on_is_power_cycled_once_and_then_replaced_and_quarantined()
    {
        using var place = Running(out var cluster, workers: 4);
        var silent = Silence(place, cluster, "workers");

        place.Until(() => place.Status(cluster).Machines.All(machine => machine.SystemId != silent), TimeSpan.FromHours(2));
        place.Until(() => place.Status(cluster).Health is Health.Healthy);

        Assert.Single(place.Script.Calls, call => call.Is(ActKind.PowerOff, silent));
        Assert.Single(place.Script.Calls, call => call.Is(ActKind.PowerOn, silent));
        Assert.Equal(silent, Assert.Single(place.Now(() => place.Engine.ListQuarantineAsync(default))).Machine);
        Assert.Equal(1, place.Script.Allocations(silent));
    }

    [Theory]
    [InlineData("unknown")]
    [InlineData("error")]
    public void A_machine_of_unknown_power_is_neither_cycled_nor_replaced(string power)
    {
        using var place = Running(out var cluster, workers: 4);
        var silent = Silence(place, cluster, "workers");
        place[silent].PowerAnswer = power;

        place.Pass(TimeSpan.FromHours(3));

        Assert.DoesNotContain(place.Script.Calls, IsSwitch);
        Assert.Equal("NotReady", Machine(place, cluster, silent).State);
        Assert.Contains(place.Status(cluster).Conditions, condition => condition.Reason is Reasons.PowerUnknown);
    }

    [Fact]
    public void When_half_of_the_nodes_fall_silent_at_once_it_is_an_outage_and_nothing_is_cycled_or_replaced()
    {
        using var place = Running(out var cluster, workers: 5);
        foreach (var machine in place.Status(cluster).Machines.Where(machine => machine.Pool.Value == "workers").Take(4))
        {
            place.Break(machine.SystemId);
        }

        place.Pass(TimeSpan.FromHours(2));

        Assert.DoesNotContain(place.Script.Calls, call => IsSwitch(call) || call.Is(ActKind.Release));
        Assert.Contains(place.Status(cluster).Conditions, condition => condition.Reason is Reasons.RepairBudgetSpent);
    }

    [Fact]
    public void A_node_that_goes_on_reporting_keeps_its_power_and_is_replaced_after_half_an_hour()
    {
        using var place = Running(out var cluster, workers: 4);
        var sick = Newest(place, cluster, "workers");
        place.Machines.Sicken(place[sick], sick: true);

        place.Pass(TimeSpan.FromMinutes(29));
        Assert.Equal("NotReady", Machine(place, cluster, sick).State);

        place.Until(() => place.Status(cluster).Machines.All(machine => machine.SystemId != sick), TimeSpan.FromHours(2));
        Assert.DoesNotContain(place.Script.Calls, call => call.Operation.Contains("Power", StringComparison.Ordinal));
    }

    [Fact]
    public void With_automatic_repair_off_a_silent_machine_is_only_reported()
    {
        using var place = Running(out var cluster, workers: 4);
        place.Want(cluster with { Generation = 2, AutoRepair = false });
        var silent = Silence(place, cluster, "workers");

        place.Pass(TimeSpan.FromHours(2));

        Assert.DoesNotContain(place.Script.Calls, call => call.Operation.Contains("Power", StringComparison.Ordinal));
        Assert.Contains(place.Status(cluster).Conditions, condition => condition.Reason is Reasons.NodeSilent);
        Assert.Equal("NotReady", Machine(place, cluster, silent).State);
    }

    [Fact]
    public void A_broken_control_plane_leaves_etcd_before_its_machine_goes_and_another_takes_its_place()
    {
        using var place = Running(out var cluster, controlPlanes: 3, workers: 1);
        var silent = Silence(place, cluster, "control-plane");
        var etcd = place.Inside(cluster);

        place.Until(() => place.Status(cluster).Machines.All(machine => machine.SystemId != silent), TimeSpan.FromHours(2));
        place.Until(() => place.Status(cluster).Health is Health.Healthy);

        Assert.Equal(3, etcd.Etcd.Count);
        Assert.DoesNotContain(etcd.Etcd, member => member.Machine.Id == silent);
        var removed = place.Events.FindIndex(happened => happened.Reason is "RemoveEtcdMember");
        var released = place.Events.FindIndex(happened =>
            happened is { Reason: "Release", Machine: { } machine } && machine == silent
        );
        Assert.True(removed >= 0 && removed < released);
    }

    [Fact]
    public void A_silent_control_plane_whose_vote_etcd_needs_is_not_touched()
    {
        using var place = Running(out var cluster, controlPlanes: 3, workers: 4);
        var silent = Newest(place, cluster, "control-plane");
        var world = place.Inside(cluster);
        place.Machines.StopKubelet(place[silent]);
        place.Machines.SickenEtcd(world.Etcd.Last(member => member.Machine.Id != silent).Machine, sick: true);

        place.Pass(TimeSpan.FromHours(2));

        Assert.False(place.Script.Sent(ActKind.PowerOff, silent));
        Assert.Equal(3, world.Etcd.Count);
        Assert.Contains(place.Status(cluster).Machines, machine => machine.SystemId == silent);
    }

    [Fact]
    public void A_machine_that_a_person_released_in_MAAS_is_replaced_and_its_node_and_vote_are_cleared_away()
    {
        using var place = Running(out var cluster, controlPlanes: 3, workers: 1);
        var lost = Newest(place, cluster, "control-plane");
        var world = place.Inside(cluster);
        place.Region.Release(WorldDataCentre.Operator, lost, ErasePolicy.None);

        place.Until(() => place.Status(cluster).Health is Health.UnHealthy);
        place.Until(() => place.Status(cluster).Health is Health.Healthy);

        Assert.Equal(3, world.Etcd.Count(member => member.Healthy));
        Assert.Equal(3, world.Etcd.Count);
        Assert.Equal(4, world.Nodes.Count);
    }

    [Fact]
    public void A_machine_deleted_from_MAAS_is_replaced_once_its_node_is_silent()
    {
        using var place = Running(out var cluster, controlPlanes: 3, workers: 1);
        var lost = Newest(place, cluster, "control-plane");
        var machine = place[lost];
        place.Region.Delete(lost);
        place.Pass(TimeSpan.FromHours(1));
        Assert.Equal("Ready", Machine(place, cluster, lost).State);

        var world = place.Inside(cluster);
        place.Machines.Hang(machine);
        place.Until(() => place.Status(cluster).Health is Health.UnHealthy);
        place.Until(() => place.Status(cluster).Health is Health.Healthy);

        Assert.Equal(3, world.Etcd.Count(member => member.Healthy));
        Assert.DoesNotContain(place.Status(cluster).Machines, machine => machine.SystemId == lost);
    }

    [Fact]
    public void A_cluster_one_of_whose_machines_was_deleted_from_MAAS_can_be_deleted_without_force()
    {
        using var place = Running(out var cluster, workers: 2);
        place.Region.Delete(place.Status(cluster).Machines.Last().SystemId);

        place.Want(cluster with { Generation = 2, Deletion = new Deletion(place.Time.Now) });

        place.Until(() => place.Status(cluster).Phase is ClusterPhase.Deleted);
        Assert.Empty(place.Status(cluster).Residue);
    }

    [Fact]
    public void A_control_plane_that_is_locked_while_it_leaves_does_not_hold_up_the_repair_of_another()
    {
        using var place = Running(out var cluster, controlPlanes: 3, workers: 0, machines: 8);
        var locked = place.Status(cluster).Machines.First().SystemId;
        place.Lock(locked);
        place.Want(cluster with { Generation = 2, Replace = [locked] });
        place.Until(
            () => place.Status(cluster).Conditions.Any(condition => condition.Reason is Reasons.MachineLocked),
            TimeSpan.FromHours(2)
        );
        var second = Silence(place, cluster, "control-plane");
        var world = place.Inside(cluster);

        place.Until(() => place.Status(cluster).Machines.All(machine => machine.SystemId != second), TimeSpan.FromHours(2));

        Assert.Contains(place.Status(cluster).Machines, machine => machine.SystemId == locked);
        place.Until(() => world.Etcd.Count(member => member.Healthy) is 3);
    }

    [Fact]
    public void A_control_plane_stays_in_etcd_while_an_operator_removes_another()
    {
        using var place = Running(out var cluster, controlPlanes: 3, workers: 0);
        var (leaving, other) = (place.Status(cluster).Machines[0].SystemId, place.Status(cluster).Machines[1].SystemId);

        // The virtual IP is elsewhere: a hand-over would take so long that the engine sees the removal meanwhile.
        var address = place.Inside(cluster).VirtualIp!;
        Assert.True(address.TryHandOver(address.Lease!, place.Status(cluster).Machines[2].Hostname));
        place.Pass(TimeSpan.FromMinutes(1));
        place.Want(cluster with { Generation = 2, Replace = [leaving] });
        place.Until(() => Machine(place, cluster, leaving).State is "Draining");

        place.Region.Release(WorldDataCentre.Operator, other, ErasePolicy.None);
        place.Until(cluster, status => status.Conditions.Any(condition => condition.Reason is Reasons.QuorumAtRisk));

        Assert.Contains(place.Inside(cluster).Etcd, member => member.Machine.Id == leaving);
    }

    [Fact]
    public void Nothing_is_installed_over_running_machines_that_the_region_shows_as_free()
    {
        using var place = Running(out var cluster, controlPlanes: 3, workers: 2);
        var machines = place.Status(cluster).Machines.Select(machine => machine.SystemId).ToList();
        machines.ForEach(place.Region.Forget);

        place.Pass(TimeSpan.FromHours(1));
        Assert.All(machines, machine => Assert.Equal(1, place.Script.Allocations(machine)));
        Assert.Equal(5, place.Status(cluster).Drift.Count);

        place.Cut(cluster);
        place.Pass(TimeSpan.FromHours(1));
        Assert.All(machines, machine => Assert.Equal(1, place.Script.Allocations(machine)));
        Assert.Contains(place.Status(cluster).Conditions, condition => condition.Reason is Reasons.ControlPlaneLost);
    }

    [Fact]
    public void Changes_made_in_MAAS_are_named_with_their_effect()
    {
        using var place = Running(out var cluster, workers: 1);
        var worker = place.Status(cluster).Machines.Single(machine => machine.Pool.Value == "workers").SystemId;
        place.Lock(worker);

        place.Until(() => place.Status(cluster).Drift.Count > 0);

        var note = Assert.Single(place.Status(cluster).Drift);
        Assert.Equal(worker, note.Machine);
        Assert.Contains("locked", note.What, StringComparison.Ordinal);
        Assert.Contains("unlocked", note.Effect, StringComparison.Ordinal);
        Assert.Equal(Health.Healthy, place.Status(cluster).Health);
    }

    [Fact]
    public void Certificates_are_renewed_by_replacing_control_planes_a_month_before_they_end()
    {
        using var place = Running(out var cluster, workers: 0, machines: 2);
        var first = place.Status(cluster).Machines.Single();
        place.Sleep(TimeSpan.FromDays(310));
        place.Pass(TimeSpan.FromMinutes(3));
        Assert.Equal("CertificatesEnd", Assert.Single(place.Status(cluster).Repave!.Reasons).Code);
        Assert.Equal(first.SystemId, place.Status(cluster).Machines.Single().SystemId);

        place.Sleep(TimeSpan.FromDays(26));
        place.Pass(TimeSpan.FromMinutes(33));

        Assert.NotEqual(first.SystemId, place.Status(cluster).Machines.Single().SystemId);
        Assert.True(place.Status(cluster).Machines.Single().CertificatesUntil > first.CertificatesUntil + TimeSpan.FromDays(300));
    }

    [Fact]
    public void A_replacement_that_was_not_requested_waits_until_its_reasons_are_approved()
    {
        using var place = Running(out var cluster, workers: 2, machines: 4);
        place.Documents.Template = "2";
        var before = place.Status(cluster).Machines.Select(machine => machine.SystemId).ToHashSet();
        place.Pass(TimeSpan.FromHours(2));

        var need = place.Status(cluster).Repave!;
        Assert.Equal("NodeTemplateChanged", Assert.Single(need.Reasons).Code);
        Assert.Equal(3, need.Machines.Count);
        Assert.Equal(before, place.Status(cluster).Machines.Select(machine => machine.SystemId).ToHashSet());
        Assert.Equal(ClusterPhase.Running, place.Status(cluster).Phase);

        place.Want(cluster with { Generation = 2, ApprovedRepave = need.Hash });
        place.Until(() =>
            place.Status(cluster) is { Repave: null, Health: Health.Healthy, ObservedGeneration: 2 }
            && place.Events.Exists(happened => happened.Reason is "Reached")
        );
        Assert.All(place.Status(cluster).Machines, machine => Assert.Empty(machine.StaleReasons));
    }

    private static EngineInWorld Running(out ClusterSpec cluster, int workers, int controlPlanes = 1, int machines = 8)
    {
        var place = new EngineInWorld(machines).Start();
        var wanted = Some.Cluster(controlPlanes, workers);
        place.Want(wanted);
        place.Until(() => place.Is(wanted, ClusterPhase.Running));
        place.Pass(TimeSpan.FromMinutes(2));
        place.Script.Calls.Clear();
        cluster = wanted;
        return place;
    }

    private static SystemId Newest(EngineInWorld place, ClusterSpec cluster, string pool) =>
        place.Status(cluster).Machines.Last(machine => machine.Pool.Value == pool).SystemId;

    /// <summary>The newest machine of the pool hangs for good.</summary>
    private static SystemId Silence(EngineInWorld place, ClusterSpec cluster, string pool)
    {
        var machine = Newest(place, cluster, pool);
        place.Break(machine);
        return machine;
    }

    private static bool IsSwitch(Call call) => call.Is(ActKind.PowerOn) || call.Is(ActKind.PowerOff);

    private static MachineStatus Machine(EngineInWorld place, ClusterSpec cluster, SystemId id) =>
        place.Status(cluster).Machines.Single(machine => machine.SystemId == id);
}
