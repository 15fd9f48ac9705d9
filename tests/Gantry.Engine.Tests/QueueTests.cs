using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Engine.Tests.Support;
using Gantry.Simulator.Ports;
using Gantry.Simulator.World;

namespace Gantry.Engine.Tests;

/// <summary>Several clusters that want the same machines: what they are told, and who gets them.</summary>
public sealed class QueueTests
{
    private static readonly Limits Limits = Limits.Default;

    [Fact]
    public void A_cluster_that_cannot_be_built_now_does_not_hold_up_a_younger_one_and_the_plan_says_so_before()
    {
        using var place = new EngineInWorld(machines: 8).Start();
        Run(place, Aged("x", days: 3, controlPlanes: 5));
        var (a, b) = (Aged("a", days: 2, controlPlanes: 5), Aged("b", days: 1, controlPlanes: 1));
        place.Want(a);
        place.Pass(TimeSpan.FromMinutes(2));
        Assert.Contains("control-plane needs 5 machines and 3 free ones fit", place.Status(a).Message, StringComparison.Ordinal);

        var plan = place.Now(() => place.Engine.PlanAsync(b, default));
        Assert.Empty(plan.Blockers);
        Assert.Empty(plan.Pending);
        Assert.Single(plan.Steps, step => step.Action is "Allocate");

        Run(place, b);
        Assert.Equal(ClusterPhase.Pending, place.Status(a).Phase);
    }

    [Fact]
    public void Machines_that_come_free_are_kept_for_a_large_cluster_that_has_waited_and_others_are_told_behind_whom_they_wait()
    {
        using var place = new EngineInWorld(machines: 8).Start();
        Run(place, Aged("x", days: 9, controlPlanes: 5));
        var small = Aged("small", days: 8, controlPlanes: 1);
        Run(place, small);
        var (a, b) = (Aged("a", days: 2, controlPlanes: 5), Aged("b", days: 1, controlPlanes: 1));
        place.Want(a);
        place.Pass(Limits.Backfill + TimeSpan.FromMinutes(1));

        place.Want(small.Deleted(place.Time.Now));
        place.Until(() => place.Is(small, ClusterPhase.Deleted));
        place.Want(b);
        place.Pass(TimeSpan.FromMinutes(1));

        var waits = Assert.Single(place.Status(b).Conditions, condition => condition.Reason is Reasons.WaitsForTurn);
        Assert.Contains("1 machine for control-plane behind a", waits.Message, StringComparison.Ordinal);
        Assert.Contains("3 free machines that fit are kept for a until", waits.Message, StringComparison.Ordinal);
        Assert.Contains("3 free ones are kept for this cluster until", place.Status(a).Message, StringComparison.Ordinal);
        Assert.Equal(waits.Message, Assert.Single(place.Now(() => place.Engine.PlanAsync(b, default)).Pending));
        var whyNot = place.Now(() => place.Engine.WhyNotAsync(b, default));
        Assert.Equal(waits.Message, Assert.Single(whyNot.Pending));
        Assert.Contains(whyNot.NotFree, notFree => notFree is { Message: "kept for a", Machines: 3 });
        Assert.Equal(0, place.Now(() => place.Engine.WhatIfAsync(b, 1, default)).Fit);

        // Nothing else comes free, so that they are let go.
        Assert.Empty(place.Status(b).Machines);
        place.Pass(Limits.Keep);
        Assert.NotEmpty(place.Status(b).Machines);
    }

    [Fact]
    public void The_large_cluster_is_built_when_enough_comes_free_though_a_younger_one_waits_too()
    {
        using var place = new EngineInWorld(machines: 5).Start();
        List<ClusterSpec> small = [.. Enumerable.Range(0, 5).Select(number => Aged($"small{number}", days: 9, controlPlanes: 1))];
        small.ForEach(cluster => place.Want(cluster));
        place.Until(() => small.TrueForAll(cluster => place.Is(cluster, ClusterPhase.Running)));
        var (a, b) = (Aged("a", days: 2, controlPlanes: 5), Aged("b", days: 1, controlPlanes: 1));
        place.Want(a);
        place.Want(b);
        place.Pass(Limits.Backfill);

        foreach (var leaving in small)
        {
            place.Want(leaving.Deleted(place.Time.Now));
            place.Pass(TimeSpan.FromMinutes(30));
        }

        Assert.Equal(ClusterPhase.Running, place.Status(a).Phase);
        Assert.Equal(ClusterPhase.Pending, place.Status(b).Phase);
    }

    [Fact]
    public void A_machine_that_comes_free_repairs_a_young_cluster_before_an_old_one_grows_and_a_new_one_is_created()
    {
        using var place = new EngineInWorld(machines: 4).Start();
        var (old, young) = (Aged("old", days: 9, controlPlanes: 1), Aged("young", days: 1, controlPlanes: 1, workers: 1));
        Run(place, old);
        Run(place, young);
        var spare = Aged("spare", days: 1, controlPlanes: 1);
        Run(place, spare);
        place.Want(old.WithWorkers(1));
        place.Want(Aged("created", days: 20, controlPlanes: 1));
        place.Pass(Limits.Backfill + TimeSpan.FromMinutes(5));

        place.Break(place.Status(young).Machines.Single(machine => machine.Pool.Value is not "control-plane").SystemId);
        place.Until(young, status => status.Machines.Count is 1);
        place.Want(spare.Deleted(place.Time.Now));
        place.Until(() => place.Status(young).Machines.Count is 2);

        Assert.Single(place.Status(old).Machines);
    }

    [Fact]
    public void A_pool_that_has_had_its_size_rolls_before_new_clusters_though_another_pool_of_it_cannot_be_built()
    {
        using var place = new EngineInWorld(machines: 4).Start();
        var cluster = Aged("x", days: 1, controlPlanes: 1, workers: 1);
        Run(place, cluster);
        var workers = cluster.Workers.Single() with { Size = 2, RollingUpdate = RollingUpdate.ContractFirst };
        var lacking = workers with
        {
            Name = DnsLabel.Parse("gpu"),
            Placement = new PoolPlacement { Tags = ["gpu"] },
        };
        cluster = cluster with { Generation = 2, Pools = [cluster.ControlPlane, workers, lacking] };
        place.Want(cluster);
        place.Until(cluster, status => status.Machines.Count(machine => machine.NodeReady) is 3);
        place.Pass(TimeSpan.FromMinutes(2));
        var waiting = Aged("large", days: 3, controlPlanes: 3);
        place.Want(waiting);
        place.Pass(Limits.Backfill + TimeSpan.FromMinutes(1));

        place.Want(cluster.WithImage("ubuntu/jammy"));
        place.Until(() => place.Held.Count(machine => machine.Document?.Cluster.Image == ImageName.Parse("ubuntu/jammy")) is 3);

        Assert.Empty(place.Status(waiting).Machines);
    }

    [Fact]
    public void A_cluster_without_its_image_does_not_block_the_queue()
    {
        using var place = new EngineInWorld(machines: 3).Start();
        var a = Aged("a", days: 2, controlPlanes: 3) with { Image = ImageName.Parse("custom/none") };
        place.Want(a);
        place.Pass(TimeSpan.FromMinutes(1));

        Run(place, Aged("b", days: 1, controlPlanes: 1));
        Assert.Contains(place.Status(a).Conditions, condition => condition.Reason is Reasons.ImageMissing);
    }

    [Fact]
    public void After_three_failed_installations_the_plan_says_what_the_status_says()
    {
        using var place = new EngineInWorld(machines: 8).Start();
        var cluster = Some.Cluster(controlPlanes: 1, workers: 1);
        place.FailDeployments();
        place.Want(cluster);
        place.Until(cluster, status => status.Conditions.Any(condition => condition.Reason is Reasons.InstallationFails));
        place.Pass(TimeSpan.FromMinutes(5));

        var plan = place.Now(() => place.Engine.PlanAsync(cluster, default));

        var told = Assert.Single(place.Status(cluster).Conditions, condition => condition.Reason is Reasons.InstallationFails);
        Assert.Contains(plan.Blockers, blocker => blocker.Reason is Reasons.InstallationFails && blocker.Message == told.Message);
        Assert.DoesNotContain(plan.Steps, step => step.Action is "Allocate" or "Deploy");
    }

    [Fact]
    public void A_dry_run_writes_nothing_and_reports_nothing()
    {
        using var place = new EngineInWorld(machines: 8).Start();
        var cluster = Some.Cluster(controlPlanes: 3, workers: 1);
        Run(place, cluster);
        place.Machines.Hang(place.Inside(cluster).Nodes.Values.First().Machine);
        place.Region.Delete(place.Status(cluster).Machines[^1].SystemId);
        var (events, record) = (place.Events.Count, Stored(place));

        place.Script.Calls.Clear();
        var plan = place.Now(() => place.Engine.PlanAsync(cluster.WithWorkers(2), default));

        Assert.NotEmpty(plan.Steps);
        Assert.Equal(events, place.Events.Count);
        Assert.Equal(record, Stored(place));
        Assert.DoesNotContain(place.Script.Calls, call => call.Act is not null || call.Peer is Peer.Ledger);
    }

    private static string Stored(EngineInWorld place) =>
        string.Join('\n', place.Now(() => place.Ledger.LoadAsync(default)).Select(Ledger.LedgerJson.Write));

    private static ClusterSpec Aged(string name, int days, int controlPlanes, int workers = 0) =>
        Some.Cluster(controlPlanes, workers, name: name) with
        {
            CreatedAt = new DateTimeOffset(2026, 11, 1, 7, 0, 0, TimeSpan.Zero).AddDays(-days),
        };

    private static void Run(EngineInWorld place, ClusterSpec cluster)
    {
        place.Want(cluster);
        place.Until(() => place.Is(cluster, ClusterPhase.Running));
    }
}
