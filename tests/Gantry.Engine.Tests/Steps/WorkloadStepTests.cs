using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Engine.Ports;
using Gantry.Engine.Tests.Support;
using Gantry.Simulator.Ports;
using Gantry.Simulator.World;

namespace Gantry.Engine.Tests.Steps;

/// <summary>Steps that call a cluster's API server or its etcd.</summary>
public sealed class WorkloadStepTests
{
    [Fact]
    public void A_control_plane_keeps_its_vote_when_another_was_released_since_the_plan()
    {
        using var place = new EngineInWorld(machines: 4).Start();
        var cluster = Running(place, Some.Cluster(controlPlanes: 3));
        place.Until(() => place.Inside(cluster).Etcd.TrueForAll(member => member.Voting));
        SystemId[] machines = [.. place.Inside(cluster).Etcd.Select(member => member.Machine.Id)];
        var (leaving, other) = (machines[0], machines[2]);
        var voted = 0;
        place.Script.Arriving = act => voted = act.Kind is ActKind.RemoveEtcdMember ? voted + 1 : voted;

        // MAAS was listed before etcd: the plan knows nothing of the release.
        var released = false;
        place.Script.Interfere = call =>
        {
            if (!released && call.Operation is "ListEtcdAsync" && IsNextToLeaveEtcd(place, cluster, leaving))
            {
                released = true;
                place.Region.Release(WorldDataCentre.Operator, other, ErasePolicy.None);
            }

            return Fate.Arrives;
        };
        var replaced = cluster with { Generation = 2, Replace = [leaving] };
        place.Want(replaced);
        place.Until(() => released);
        place.Until(
            replaced,
            status => status.Conditions.Any(condition => condition.Message.Contains("outside Gantry", StringComparison.Ordinal))
        );

        Assert.Equal(0, voted);
        var said = place.Status(replaced).Conditions.First(condition => condition.Reason is Reasons.QuorumAtRisk).Message;
        Assert.Equal(
            $"{place[leaving].Hostname} stays in etcd for now: MAAS shows that {place[other].Hostname} was released outside Gantry.",
            said
        );

        place.Until(replaced, status => status is { Progress: 100, Health: Health.Healthy }, TimeSpan.FromHours(6));
        Assert.Equal(3, place.Inside(replaced).Etcd.Count(member => member is { Voting: true, Healthy: true }));
    }

    [Fact]
    public void A_worker_that_was_released_since_the_plan_holds_no_vote_up()
    {
        using var place = new EngineInWorld(machines: 6).Start();
        var cluster = Running(place, Some.Cluster(controlPlanes: 3, workers: 1));
        place.Until(() => place.Inside(cluster).Etcd.TrueForAll(member => member.Voting));
        var leaving = place.Inside(cluster).Etcd[0].Machine.Id;
        var worker = place.Status(cluster).Machines.Single(machine => machine.Role is PoolRole.Worker).SystemId;
        var released = false;
        place.Script.Interfere = call =>
        {
            if (!released && call.Operation is "ListEtcdAsync" && IsNextToLeaveEtcd(place, cluster, leaving))
            {
                released = true;
                place.Region.Release(WorldDataCentre.Operator, worker, ErasePolicy.None);
            }

            return Fate.Arrives;
        };
        var held = false;
        place.EachStatus = status =>
            held |= status.Conditions.Any(one => one.Message.Contains("stays in etcd for now", StringComparison.Ordinal));

        place.Want(cluster with { Generation = 2, Replace = [leaving] });
        place.Until(() => released && place.Script.Sent(ActKind.RemoveEtcdMember));

        Assert.False(held);
    }

    [Fact]
    public void A_node_is_not_uncordoned_while_a_call_that_removes_it_may_still_arrive()
    {
        using var place = new EngineInWorld(machines: 3).Start();
        var cluster = Running(place, Some.Cluster(controlPlanes: 1, workers: 2));
        place.Script.Interfere = call => call.Is(ActKind.DeleteNode) ? Fate.Late : Fate.Arrives;
        place.Want(cluster.WithWorkers(1) with { Generation = 2 });
        place.Until(() => place.Script.Sent(ActKind.DeleteNode));

        place.Want(cluster with { Generation = 3 });
        place.Until(() => place.Script.Acts.Exists(act => act.Kind is ActKind.DeleteNode));

        Assert.DoesNotContain(place.Script.Calls, call => call.Is(ActKind.Uncordon));
        place.Script.Interfere = _ => Fate.Arrives;
        place.Until(cluster, status => status is { Progress: 100, ObservedGeneration: 3, Health: Health.Healthy });
        Assert.Equal(3, place.Inside(cluster).Nodes.Count);
    }

    [Fact]
    public void A_node_that_was_drained_and_stayed_is_drained_anew_before_it_leaves()
    {
        using var place = new EngineInWorld(machines: 3).Start();
        var cluster = Running(place, Some.Cluster(controlPlanes: 1, workers: 2));
        var smaller = cluster.WithWorkers(1) with { Generation = 2 };
        place.Script.Interfere = call => call.Is(ActKind.DeleteNode) ? Fate.Unavailable : Fate.Arrives;
        place.Want(smaller);
        place.Until(() => place.Script.Sent(ActKind.DeleteNode));

        // The node is drained; then it is wanted again.
        place.Script.Interfere = _ => Fate.Arrives;
        place.Want(cluster with { Generation = 3 });
        place.Until(() => place.Inside(cluster).Nodes.Values.All(node => node is { Ready: true, Unschedulable: false }));
        place.Until(cluster, status => status is { Progress: 100, ObservedGeneration: 3 });
        var before = place.Script.Acts.Count;

        place.Want(smaller with { Generation = 4 });
        place.Until(() => place.Script.Acts.Skip(before).Any(act => act.Kind is ActKind.DeleteNode));

        Assert.Equal(
            [ActKind.Drain, ActKind.DeleteNode],
            place.Script.Acts.Skip(before).Select(act => act.Kind).Where(kind => kind is ActKind.Drain or ActKind.DeleteNode)
        );
    }

    [Fact]
    public void Replacements_of_a_pool_keep_its_pause_and_another_removal_does_not_begin_one()
    {
        using var place = new EngineInWorld(machines: 5).Start();
        var pause = TimeSpan.FromHours(3);
        var cluster = Running(
            place,
            Some.Cluster(controlPlanes: 1, workers: 3).Workers(pool => pool with { RepaveInterval = pause })
        );
        var begun = new Dictionary<string, DateTimeOffset>();
        place.Script.Arriving = act =>
        {
            if (
                act.Kind is ActKind.Cordon
                && place.Status(cluster).Machines.Any(one => one is { Role: PoolRole.Worker } && one.Hostname == act.Detail)
            )
            {
                begun.TryAdd(act.Detail, place.Time.Now);
            }
        };
        place.Want(cluster.WithWorkers(2) with { Generation = 2 });
        place.Until(() => begun.Count is 1);
        place.Until(cluster, status => status.Machines.Count is 3);

        // The first replacement begins at once, because a smaller pool is no replacement; the second waits for the pause.
        place.Want((cluster.WithWorkers(2) with { Generation = 3 }).WithVersion("1.34.1"));
        place.Until(() => begun.Count is 3, TimeSpan.FromHours(12));

        DateTimeOffset[] times = [.. begun.Values.Order()];
        Assert.True(times[1] - times[0] < pause);
        Assert.True(times[2] - times[1] >= pause);
    }

    [Fact]
    public void A_layer_that_the_API_server_refuses_is_named_and_applied_again()
    {
        using var place = new EngineInWorld(machines: 1).Start();
        var cluster = Some.Cluster();
        place.Script.Interfere = call => call.Is(ActKind.Apply) ? Fate.Conflict : Fate.Arrives;
        place.Want(cluster);
        place.Until(cluster, status => status.Conditions.Any(condition => condition.Reason is Reasons.AddonsFailed));

        Assert.Contains(
            "could not be applied",
            place.Status(cluster).Conditions.First(condition => condition.Reason is Reasons.AddonsFailed).Message,
            StringComparison.Ordinal
        );

        place.Script.Interfere = _ => Fate.Arrives;
        place.Until(() => place.Is(cluster, ClusterPhase.Running));
    }

    [Fact]
    public void An_upgrade_ends_only_when_kube_proxy_and_CoreDNS_have_the_version()
    {
        using var place = new EngineInWorld(machines: 3).Start();
        var cluster = Running(place, Some.Cluster(controlPlanes: 1, workers: 1));
        var upgraded = (cluster with { Generation = 2 }).WithVersion("1.34.1");
        place.Script.Interfere = call => call.Is(ActKind.UpgradeAddons) ? Fate.Unavailable : Fate.Arrives;
        place.Want(upgraded);
        place.Until(() => place.Script.Sent(ActKind.UpgradeAddons));
        place.Pass(TimeSpan.FromMinutes(10));

        Assert.Equal(cluster.KubernetesVersion, place.Status(upgraded).KubernetesVersion);
        Assert.NotEqual(upgraded.KubernetesVersion, place.Inside(upgraded).AddonVersion);

        place.Script.Interfere = _ => Fate.Arrives;
        place.Until(upgraded, status => status.KubernetesVersion == upgraded.KubernetesVersion);
        Assert.Equal(upgraded.KubernetesVersion, place.Inside(upgraded).AddonVersion);
    }

    // The next step is the removal from etcd, or of its leadership: MAAS needs longer to give a machine up.
    private static bool IsNextToLeaveEtcd(EngineInWorld place, ClusterSpec cluster, SystemId machine) =>
        place.Events.Exists(happened => happened.Reason is "Drain" && happened.Machine == machine)
        && place.Inside(cluster).Etcd.TrueForAll(member => member.Voting);

    private static ClusterSpec Running(EngineInWorld place, ClusterSpec cluster)
    {
        place.Want(cluster);
        place.Until(() => place.Is(cluster, ClusterPhase.Running));
        return cluster;
    }
}
