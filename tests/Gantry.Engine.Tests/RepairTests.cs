using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Engine.Ports;
using Gantry.Engine.Tests.Fakes;

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

        Assert.DoesNotContain(place.Maas.Calls, call => call.Contains("power", StringComparison.Ordinal));
        Assert.Equal("NotReady", Machine(place, cluster, silent).State);
    }

    [Fact]
    public void A_machine_that_is_surely_off_is_switched_on_and_not_replaced()
    {
        using var place = Running(out var cluster, workers: 4);
        var silent = Silence(place, cluster, "workers");
        place.Maas[silent].Power = "off";
        place.Maas.Revives = true;

        place.Until(() => place.Status(cluster).Health is Health.UnHealthy);
        place.Until(() => place.Status(cluster).Health is Health.Healthy, TimeSpan.FromMinutes(40));

        Assert.Contains($"power on {silent}", place.Maas.Calls);
        Assert.DoesNotContain($"power off {silent}", place.Maas.Calls);
        Assert.Equal("Ready", Machine(place, cluster, silent).State);
    }

    [Fact]
    public void A_machine_that_is_on_is_power_cycled_once_and_then_replaced_and_quarantined()
    {
        using var place = Running(out var cluster, workers: 4);
        var silent = Silence(place, cluster, "workers");

        place.Until(() => place.Status(cluster).Machines.All(machine => machine.SystemId.Value != silent), TimeSpan.FromHours(2));
        place.Until(() => place.Status(cluster).Health is Health.Healthy);

        Assert.Equal(1, place.Maas.Calls.Count(call => call == $"power off {silent}"));
        Assert.Equal(1, place.Maas.Calls.Count(call => call == $"power on {silent}"));
        Assert.Equal(silent, Assert.Single(place.Now(() => place.Engine.ListQuarantineAsync(default))).Machine.Value);
        Assert.Equal(1, place.Maas.Allocations[silent]);
    }

    [Theory]
    [InlineData("unknown")]
    [InlineData("error")]
    public void A_machine_whose_power_nobody_knows_is_neither_cycled_nor_replaced(string power)
    {
        using var place = Running(out var cluster, workers: 4);
        var silent = Silence(place, cluster, "workers");
        place.Maas[silent].Power = power;

        place.Pass(TimeSpan.FromHours(3));

        Assert.DoesNotContain(place.Maas.Calls, call => call.StartsWith("power o", StringComparison.Ordinal));
        Assert.Equal("NotReady", Machine(place, cluster, silent).State);
        Assert.Contains(place.Status(cluster).Conditions, condition => condition.Reason is Reasons.PowerUnknown);
    }

    [Fact]
    public void When_half_of_the_nodes_fall_silent_at_once_it_is_an_outage_and_nothing_is_cycled_or_replaced()
    {
        using var place = Running(out var cluster, workers: 5);
        foreach (var machine in place.Status(cluster).Machines.Where(machine => machine.Pool == "workers").Take(4))
        {
            place.Maas.ClusterOf("id-demo").Nodes[machine.Hostname].Ready = false;
        }

        place.Pass(TimeSpan.FromHours(2));

        Assert.DoesNotContain(
            place.Maas.Calls,
            call => call.StartsWith("power o", StringComparison.Ordinal) || call.StartsWith("release", StringComparison.Ordinal)
        );
        Assert.Contains(place.Status(cluster).Conditions, condition => condition.Reason is Reasons.RepairBudgetSpent);
    }

    [Fact]
    public void A_node_that_goes_on_reporting_keeps_its_power_and_is_replaced_after_half_an_hour()
    {
        using var place = Running(out var cluster, workers: 4);
        var sick = Silence(place, cluster, "workers");
        place.Maas.ClusterOf("id-demo").Nodes[$"host-{sick}"].Complains = true;

        place.Pass(TimeSpan.FromMinutes(29));
        Assert.Equal("NotReady", Machine(place, cluster, sick).State);

        place.Until(() => place.Status(cluster).Machines.All(machine => machine.SystemId.Value != sick), TimeSpan.FromHours(2));
        Assert.DoesNotContain(place.Maas.Calls, call => call.Contains("power", StringComparison.Ordinal));
    }

    [Fact]
    public void With_automatic_repair_off_a_silent_machine_is_only_named()
    {
        using var place = Running(out var cluster, workers: 4);
        place.Want(cluster with { Generation = 2, AutoRepair = false });
        var silent = Silence(place, cluster, "workers");

        place.Pass(TimeSpan.FromHours(2));

        Assert.DoesNotContain(place.Maas.Calls, call => call.Contains("power", StringComparison.Ordinal));
        Assert.Contains(place.Status(cluster).Conditions, condition => condition.Reason is Reasons.NodeSilent);
        Assert.Equal("NotReady", Machine(place, cluster, silent).State);
    }

    [Fact]
    public void A_broken_control_plane_leaves_etcd_before_its_machine_goes_and_another_takes_its_place()
    {
        using var place = Running(out var cluster, controlPlanes: 3, workers: 1);
        var silent = Silence(place, cluster, "control-plane");
        var etcd = place.Maas.ClusterOf("id-demo");
        etcd.Etcd = [.. etcd.Etcd.Select(member => member.Name == $"host-{silent}" ? member with { Healthy = false } : member)];

        place.Until(() => place.Status(cluster).Machines.All(machine => machine.SystemId.Value != silent), TimeSpan.FromHours(2));
        place.Until(() => place.Status(cluster).Health is Health.Healthy);

        Assert.Equal(3, etcd.Etcd.Count);
        Assert.DoesNotContain(etcd.Etcd, member => member.Name == $"host-{silent}");
        var removed = place.Events.FindIndex(happened => happened.Reason is "RemoveEtcdMember");
        var released = place.Events.FindIndex(happened =>
            happened is { Reason: "Release", Machine: { } machine } && machine.Value == silent
        );
        Assert.True(removed >= 0 && removed < released);
    }

    [Fact]
    public void A_silent_control_plane_whose_vote_etcd_needs_is_not_touched()
    {
        using var place = Running(out var cluster, controlPlanes: 3, workers: 4);
        var silent = Silence(place, cluster, "control-plane");
        var world = place.Maas.ClusterOf("id-demo");
        world.Etcd =
        [
            .. world.Etcd.Select((member, index) => member with { Healthy = index is 0 || member.Name == $"host-{silent}" }),
        ];

        place.Pass(TimeSpan.FromHours(2));

        Assert.DoesNotContain($"power off {silent}", place.Maas.Calls);
        Assert.Equal(3, world.Etcd.Count);
        Assert.Contains(place.Status(cluster).Machines, machine => machine.SystemId.Value == silent);
    }

    [Fact]
    public void A_machine_that_a_person_released_in_MAAS_is_replaced_and_its_node_and_vote_are_cleared_away()
    {
        using var place = Running(out var cluster, controlPlanes: 3, workers: 1);
        var lost = Silence(place, cluster, "control-plane");
        var world = place.Maas.ClusterOf("id-demo");
        world.Etcd = [.. world.Etcd.Select(member => member.Name == $"host-{lost}" ? member with { Healthy = false } : member)];
        place.Maas[lost].Free(place.Time.GetUtcNow());

        place.Until(() => place.Status(cluster).Health is Health.UnHealthy);
        place.Until(() => place.Status(cluster).Health is Health.Healthy);

        Assert.Equal(3, world.Etcd.Count(member => member.Healthy));
        Assert.Equal(3, world.Etcd.Count);
        Assert.Equal(4, world.Nodes.Count);
    }

    [Fact]
    public void A_machine_that_somebody_deleted_from_MAAS_is_replaced_when_its_node_is_silent_and_not_before()
    {
        using var place = Running(out var cluster, controlPlanes: 3, workers: 1);
        var lost = place.Status(cluster).Machines.Last(machine => machine.Pool == "control-plane").SystemId.Value;
        place.Maas.Delete(lost);
        place.Pass(TimeSpan.FromHours(1));
        Assert.Equal("Ready", Machine(place, cluster, lost).State);

        place.Maas.ClusterOf("id-demo").Nodes[$"host-{lost}"].Ready = false;
        var world = place.Maas.ClusterOf("id-demo");
        world.Etcd = [.. world.Etcd.Select(member => member.Name == $"host-{lost}" ? member with { Healthy = false } : member)];
        place.Until(() => place.Status(cluster).Health is Health.UnHealthy);
        place.Until(() => place.Status(cluster).Health is Health.Healthy);

        Assert.Equal(3, world.Etcd.Count(member => member.Healthy));
        Assert.DoesNotContain(place.Status(cluster).Machines, machine => machine.SystemId.Value == lost);
    }

    [Fact]
    public void A_cluster_one_of_whose_machines_was_deleted_from_MAAS_can_be_deleted_without_force()
    {
        using var place = Running(out var cluster, workers: 2);
        place.Maas.Delete(place.Status(cluster).Machines.Last().SystemId.Value);

        place.Want(cluster with { Generation = 2, Deletion = new Deletion(place.Time.GetUtcNow()) });

        place.Until(() => place.Status(cluster).Phase is ClusterPhase.Deleted);
        Assert.Empty(place.Status(cluster).Residue);
    }

    [Fact]
    public void A_control_plane_that_is_locked_while_it_leaves_does_not_hold_up_the_repair_of_another()
    {
        using var place = Running(out var cluster, controlPlanes: 3, workers: 0, machines: 8);
        var locked = place.Status(cluster).Machines.First().SystemId;
        place.Maas[locked.Value].Locked = true;
        place.Want(cluster with { Generation = 2, Replace = [locked] });
        place.Until(
            () => place.Status(cluster).Conditions.Any(condition => condition.Reason is Reasons.MachineLocked),
            TimeSpan.FromHours(2)
        );
        var second = Silence(place, cluster, "control-plane");
        var world = place.Maas.ClusterOf("id-demo");
        world.Etcd = [.. world.Etcd.Select(member => member.Name == $"host-{second}" ? member with { Healthy = false } : member)];

        place.Until(() => place.Status(cluster).Machines.All(machine => machine.SystemId.Value != second), TimeSpan.FromHours(2));

        Assert.Contains(place.Status(cluster).Machines, machine => machine.SystemId == locked);
        place.Until(() => world.Etcd.Count(member => member.Healthy) is 3);
    }

    [Fact]
    public void A_control_plane_stays_in_etcd_while_somebody_takes_another_one_away()
    {
        using var place = Running(out var cluster, controlPlanes: 3, workers: 0);
        var (leaving, other) = (place.Status(cluster).Machines[0].SystemId, place.Status(cluster).Machines[1].SystemId);
        place.Want(cluster with { Generation = 2, Replace = [leaving] });
        place.Until(() => Machine(place, cluster, leaving.Value).State is "Draining");

        place.Maas[other.Value].Enter(MaasStatus.Releasing, place.Time.GetUtcNow());
        place.Pass(TimeSpan.FromSeconds(15));

        Assert.Contains(place.Maas.ClusterOf("id-demo").Etcd, member => member.Name == $"host-{leaving}");
        Assert.Contains(place.Status(cluster).Conditions, condition => condition.Reason is Reasons.QuorumAtRisk);
    }

    [Fact]
    public void A_region_that_forgot_everything_gets_nothing_installed_over_what_runs()
    {
        using var place = Running(out var cluster, controlPlanes: 3, workers: 2);
        var machines = place.Status(cluster).Machines.Select(machine => machine.SystemId.Value).ToList();
        foreach (var machine in machines)
        {
            place.Maas[machine].Free(place.Time.GetUtcNow());
        }

        place.Pass(TimeSpan.FromHours(1));
        Assert.All(machines, machine => Assert.Equal(1, place.Maas.Allocations[machine]));
        Assert.Equal(5, place.Status(cluster).Drift.Count);

        place.Maas.ClusterOf("id-demo").Silent = true;
        place.Pass(TimeSpan.FromHours(1));
        Assert.All(machines, machine => Assert.Equal(1, place.Maas.Allocations[machine]));
        Assert.Contains(place.Status(cluster).Conditions, condition => condition.Reason is Reasons.ControlPlaneLost);
    }

    [Fact]
    public void What_people_change_in_MAAS_is_named_with_its_effect()
    {
        using var place = Running(out var cluster, workers: 1);
        var worker = place.Status(cluster).Machines.Single(machine => machine.Pool == "workers").SystemId;
        place.Maas[worker.Value].Locked = true;

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
        place.Leap(TimeSpan.FromDays(310));
        Assert.Equal("CertificatesEnd", Assert.Single(place.Status(cluster).Repave!.Reasons).Code);
        Assert.Equal(first.SystemId, place.Status(cluster).Machines.Single().SystemId);

        place.Leap(TimeSpan.FromDays(26));
        place.Pass(TimeSpan.FromMinutes(30));

        Assert.NotEqual(first.SystemId, place.Status(cluster).Machines.Single().SystemId);
        Assert.True(place.Status(cluster).Machines.Single().CertificatesUntil > first.CertificatesUntil + TimeSpan.FromDays(300));
    }

    [Fact]
    public void A_replacement_that_nobody_asked_for_waits_until_a_person_agrees_to_its_reasons()
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
        Assert.All(place.Status(cluster).Machines, machine => Assert.Empty(machine.StaleBecause));
    }

    private static DataCentre Running(out ClusterSpec cluster, int workers, int controlPlanes = 1, int machines = 8)
    {
        var place = new DataCentre(machines).Start();
        var wanted = Some.Cluster(controlPlanes, workers);
        place.Want(wanted);
        place.Until(() => place.Is(wanted, ClusterPhase.Running));
        place.Pass(TimeSpan.FromMinutes(2));
        place.Maas.Calls.Clear();
        cluster = wanted;
        return place;
    }

    /// <summary>The newest machine of the pool stops reporting.</summary>
    private static string Silence(DataCentre place, ClusterSpec cluster, string pool)
    {
        var machine = place.Status(cluster).Machines.Last(machine => machine.Pool == pool);
        place.Maas.ClusterOf("id-demo").Nodes[machine.Hostname].Ready = false;
        return machine.SystemId.Value;
    }

    private static MachineStatus Machine(DataCentre place, ClusterSpec cluster, string id) =>
        place.Status(cluster).Machines.Single(machine => machine.SystemId.Value == id);
}
