using Gantry.Clusters.Explaining;
using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Engine.Tests.Support;
using Gantry.Simulator.World;

namespace Gantry.Engine.Tests;

/// <summary>etcd is looked at while every node is Ready: the nodes do not show what is wrong with it.</summary>
public sealed class EtcdHealthTests
{
    [Fact]
    public void A_healthy_etcd_is_shown_as_a_condition()
    {
        using var place = Running(out var cluster);

        Assert.Equal((ConditionStatus.True, "Healthy"), Condition(place, cluster));
        Assert.Equal(Health.Healthy, place.Status(cluster).Health);
    }

    [Fact]
    public void A_control_plane_whose_member_was_removed_is_named_until_its_machine_is_replaced()
    {
        using var place = Running(out var cluster);
        var inside = place.Inside(cluster);
        var removed = inside.Etcd.First(member => !member.Leader);
        place.Machines.RemoveEtcdMember(inside, removed);

        place.Pass(TimeSpan.FromMinutes(2));

        Assert.Equal((ConditionStatus.False, Reasons.EtcdMemberMissing), Condition(place, cluster));
        Assert.Equal(Health.UnHealthy, place.Status(cluster).Health);
        var explained = ExplainOf(place, cluster);
        Assert.Contains(
            $"{removed.Machine.Hostname} is a control plane and no member of etcd",
            explained.Cause,
            StringComparison.Ordinal
        );
        Assert.True(explained.ActionRequired);
        Assert.Contains("replace-machine", explained.NextAction, StringComparison.Ordinal);

        var replaced = cluster with { Generation = 2, Replace = [removed.Machine.Id] };
        place.Want(replaced);
        place.Until(() => place.Events.Exists(happened => happened.Reason is "Reached"));

        Assert.Equal((ConditionStatus.True, "Healthy"), Condition(place, replaced));
        Assert.Equal(3, inside.Etcd.Count(member => member is { Voting: true, Healthy: true }));
    }

    [Fact]
    public void An_alarm_makes_the_cluster_unhealthy_until_it_is_disarmed()
    {
        using var place = Running(out var cluster);
        var full = place.Inside(cluster).Etcd[1];
        full.Alarms = ["NOSPACE"];

        place.Pass(TimeSpan.FromMinutes(2));

        Assert.Equal((ConditionStatus.False, Reasons.EtcdAlarm), Condition(place, cluster));
        Assert.Equal(Health.UnHealthy, place.Status(cluster).Health);
        var explained = ExplainOf(place, cluster);
        Assert.Contains($"etcd on {full.Machine.Hostname} raises the alarm NOSPACE", explained.Cause, StringComparison.Ordinal);
        Assert.Contains("quota-backend-bytes", explained.NextAction, StringComparison.Ordinal);

        full.Alarms = [];
        place.Until(cluster, status => status.Health is Health.Healthy);
        Assert.Equal((ConditionStatus.True, "Healthy"), Condition(place, cluster));
    }

    [Fact]
    public void A_member_that_does_not_answer_on_a_ready_node_is_named()
    {
        using var place = Running(out var cluster);
        var sick = place.Inside(cluster).Etcd[2].Machine;
        place.Machines.SickenEtcd(sick, sick: true);

        place.Pass(TimeSpan.FromMinutes(2));

        Assert.Equal((ConditionStatus.False, Reasons.EtcdUnhealthy), Condition(place, cluster));
        Assert.Contains(sick.Hostname, ExplainOf(place, cluster).Cause, StringComparison.Ordinal);
        Assert.All(place.Status(cluster).Machines, machine => Assert.True(machine.NodeReady));
    }

    [Fact]
    public void An_etcd_that_cannot_be_asked_is_unknown_and_not_unhealthy()
    {
        using var place = Running(out var cluster);
        place.Script.Interfere = call =>
            call.Operation is "ListEtcdAsync" ? Simulator.Ports.Fate.Lost : Simulator.Ports.Fate.Arrives;

        place.Pass(TimeSpan.FromMinutes(3));

        Assert.Equal((ConditionStatus.Unknown, Reasons.Observing), Condition(place, cluster));
        Assert.Equal(Health.Healthy, place.Status(cluster).Health);
    }

    private static (ConditionStatus Status, string Reason) Condition(EngineInWorld place, ClusterSpec cluster)
    {
        var condition = place.Status(cluster).Conditions.Single(condition => condition.Type is "EtcdHealthy");
        return (condition.Status, condition.Reason);
    }

    private static Explanation ExplainOf(EngineInWorld place, ClusterSpec cluster) =>
        Explain.Write(
            cluster,
            place.Status(cluster),
            new Surroundings("gateway", GatewayOnline: true, null, AccountPresent: true),
            place.Time.Now
        );

    private static EngineInWorld Running(out ClusterSpec cluster)
    {
        var place = new EngineInWorld(machines: 6);
        cluster = Some.Cluster(controlPlanes: 3, workers: 1);
        place.Want(cluster);
        place.Start();
        var wanted = cluster;
        place.Until(() => place.Is(wanted, ClusterPhase.Running));
        place.Pass(TimeSpan.FromMinutes(2));
        return place;
    }
}
