using Gantry.Clusters.Model;
using Gantry.Engine.Tests.Support;
using Gantry.Simulator.World;

namespace Gantry.Engine.Tests;

/// <summary>The API server is reached through the virtual IP while control planes leave, its holder among them.</summary>
public sealed class VirtualIpTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void A_roll_of_the_control_plane_leaves_the_virtual_ip_on_an_api_server_that_is_ready(int size)
    {
        using var place = Running(size, out var cluster);
        var silent = WatchSilence(place, cluster);

        Want(place, cluster.WithImage("ubuntu/questing"));

        Assert.Equal(0, silent());
    }

    [Fact]
    public void A_smaller_control_plane_leaves_the_virtual_ip_on_an_api_server_that_is_ready()
    {
        using var place = Running(5, out var cluster);
        HoldBy(place, cluster, "host-m02");
        var silent = WatchSilence(place, cluster);
        for (var size = 3; size > 0; size -= 2)
        {
            cluster = Want(place, cluster.WithControlPlanes(size));
        }

        Assert.Equal(0, silent());
        Assert.Equal("host-m01", place.Inside(cluster).VirtualIp!.Lease);
    }

    [Fact]
    public void A_replaced_holder_hands_the_virtual_ip_over_before_it_leaves_etcd()
    {
        using var place = Running(3, out var cluster);
        var silent = WatchSilence(place, cluster);

        Want(place, cluster with { Replace = [new SystemId("m01")] });

        Assert.Equal(0, silent());
        Assert.Equal(["m01"], Moves(place).Select(moved => moved.Machine!.Value.Value));
        var order = place.Events.Select(happened => happened.Reason).ToList();
        Assert.True(order.IndexOf("MoveVirtualIp") < order.IndexOf("RemoveEtcdMember"));
    }

    [Fact]
    public void A_control_plane_that_does_not_hold_the_virtual_ip_leaves_without_a_hand_over()
    {
        using var place = Running(3, out var cluster);

        Want(place, cluster with { Replace = [new SystemId("m02")] });

        Assert.Empty(Moves(place));
        Assert.Equal("host-m01", place.Inside(cluster).VirtualIp!.Lease);
    }

    [Fact]
    public void A_holder_leaves_all_the_same_when_kube_vip_works_nowhere_else_and_the_event_says_so()
    {
        using var place = Running(3, out var cluster);
        place.EachSecond = () =>
        {
            foreach (var machine in place.Held.Where(machine => machine.Id.Value is not "m01" && !machine.KubeVipStopped))
            {
                place.Machines.StopKubeVip(machine);
            }
        };
        var next = cluster with { Generation = 2, Replace = [new SystemId("m01")] };
        place.Want(next);
        place.Until(() => place.Events.Exists(happened => happened.Reason is "RemoveEtcdMember"));

        Assert.Equal(3, Moves(place).Count);
        var removed = place.Events.Single(happened => happened.Reason is "RemoveEtcdMember");
        Assert.Contains(
            "it holds the virtual IP, which no other control plane took in 3 attempts",
            removed.Message,
            StringComparison.Ordinal
        );
        Assert.True(removed.At - Moves(place)[0].At < TimeSpan.FromMinutes(2), $"{removed.At - Moves(place)[0].At}");

        // A person starts kube-vip again, and the cluster goes on.
        place.EachSecond = null;
        foreach (var machine in place.Held)
        {
            place.Machines.StopKubeVip(machine, stopped: false);
        }

        place.Until(() => place.Events.Exists(happened => happened is { Reason: "Reached", Generation: 2 }));
    }

    [Fact]
    public void A_hand_over_to_a_broken_kube_vip_is_tried_with_another_control_plane()
    {
        using var place = Running(3, out var cluster);
        place.Until(() => place.Held.Count() is 3);
        place.Machines.StopKubeVip(place["m02"]);

        Want(place, cluster.WithControlPlanes(3) with { Replace = [new SystemId("m01")] });

        Assert.NotEqual("host-m02", place.Inside(cluster).VirtualIp!.Lease);
        Assert.InRange(Moves(place).Count, 1, 3);
    }

    [Fact]
    public void A_holder_whose_machine_is_dead_is_not_waited_for()
    {
        using var place = Running(3, out var cluster);
        place.Machines.Die(place["m01"]);
        place.Until(() => place.Events.Exists(happened => happened.Reason is "RemoveEtcdMember"));

        Assert.Empty(Moves(place));
        Assert.NotEqual("host-m01", place.Inside(cluster).VirtualIp!.Lease);
    }

    [Fact]
    public void An_engine_that_is_killed_after_the_hand_over_waits_until_the_former_holder_has_let_go()
    {
        using var place = Running(3, out var cluster);
        var silent = WatchSilence(place, cluster);
        var next = cluster with { Generation = 2, Replace = [new SystemId("m01")] };
        place.Want(next);
        place.Until(() => Moves(place).Count > 0);
        place.Start();
        place.Until(() => place.Events.Exists(happened => happened is { Reason: "Reached", Generation: 2 }));

        Assert.Equal(0, silent());
        Assert.Single(Moves(place));
    }

    [Fact]
    public void The_plan_shows_the_hand_over_that_the_engine_makes()
    {
        using var place = Running(3, out var cluster);
        var next = cluster.WithImage("ubuntu/questing") with { Generation = 2 };
        var planned = place.Now(() => place.Engine.PlanAsync(next, default)).Steps.Where(step => step.Action is "MoveVirtualIp");
        Want(place, cluster.WithImage("ubuntu/questing"));

        Assert.Equal(planned.Select(step => step.Machine), Moves(place).Select(moved => moved.Machine?.Value));
        Assert.Equal(["m01"], planned.Select(step => step.Machine));
    }

    private static List<ClusterEvent> Moves(EngineInWorld place) =>
        place.Events.FindAll(happened => happened.Reason is "MoveVirtualIp");

    private static void HoldBy(EngineInWorld place, ClusterSpec cluster, string node)
    {
        var address = place.Inside(cluster).VirtualIp!;
        Assert.True(address.TryHandOver(address.Lease!, node));
        place.Pass(TimeSpan.FromMinutes(1));
        Assert.Equal((node, true), (address.Lease, address.IsTaken));
    }

    private static EngineInWorld Running(int controlPlanes, out ClusterSpec cluster)
    {
        var place = new EngineInWorld(machines: controlPlanes + 1).Start();
        place.Region.Images.Add("ubuntu/questing");
        var wanted = cluster = Some.Cluster(controlPlanes);
        place.Want(wanted);
        place.Until(() => place.Is(wanted, ClusterPhase.Running));
        place.Pass(TimeSpan.FromMinutes(2));
        return place;
    }

    private static ClusterSpec Want(EngineInWorld place, ClusterSpec changed)
    {
        var next = changed with { Generation = changed.Generation + 1 };
        place.Want(next);
        place.Until(() =>
            place.Events.Exists(happened => happened.Reason is "Reached" && happened.Generation == next.Generation)
        );
        return next;
    }

    // For how many seconds requests to the virtual IP have met no API server that is ready.
    private static Func<int> WatchSilence(EngineInWorld place, ClusterSpec cluster)
    {
        var seconds = 0;
        place.EachSecond = () => seconds += place.Inside(cluster).IsReachable ? 0 : 1;
        return () => seconds;
    }
}
