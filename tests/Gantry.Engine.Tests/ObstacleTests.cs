using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Engine.Ports;
using Gantry.Engine.Tests.Support;
using Gantry.Simulator.Ports;
using Gantry.Simulator.World;

namespace Gantry.Engine.Tests;

/// <summary>Each obstacle has a stable reason, takes nothing, and is got over when its cause is gone.</summary>
public sealed class ObstacleTests
{
    public static TheoryData<string> Obstacles => [.. Causes.Keys];

    private static readonly List<string> Addresses =
    [
        .. Enumerable.Range(200, 56).SelectMany(high => Enumerable.Range(1, 254).Select(low => $"10.0.{high}.{low}")),
    ];

    private static readonly Dictionary<string, (Action<EngineInWorld> Begin, Action<EngineInWorld> End)> Causes = new(
        StringComparer.Ordinal
    )
    {
        [Reasons.TooFewMachines] = (place => { }, place => place.Add(3)),
        [Reasons.ImageMissing] = (
            place =>
            {
                place.Add(3);
                place.Region.Images.Clear();
            },
            place => place.Region.Images.Add("ubuntu/noble")
        ),
        [Reasons.CredentialsRejected] = (
            place =>
            {
                place.Add(3);
                place.Script.MaasFails = new RegionException(RegionFailure.CredentialsRejected, "MAAS rejects the key.");
            },
            place => place.Script.MaasFails = null
        ),
        [Reasons.MaasUnreachable] = (
            place =>
            {
                place.Add(3);
                place.Script.MaasFails = new RegionException(RegionFailure.Unreachable, "MAAS does not answer.");
            },
            place => place.Script.MaasFails = null
        ),
        [Reasons.AccountUnknown] = (
            place =>
            {
                place.Add(3);
                place.Account = _ => null;
            },
            place => place.Account = region => region
        ),
        [Reasons.AddressUnavailable] = (
            place =>
            {
                place.Add(3);
                foreach (var address in Addresses)
                {
                    place.Region.Reserve(WorldDataCentre.Operator with { Name = "somebody" }, address);
                }
            },
            place => Addresses.ForEach(address => place.Region.ReleaseAddress(address))
        ),
    };

    [Fact]
    public void A_machine_that_MAAS_does_not_install_the_image_on_is_given_back_and_another_one_is_taken()
    {
        using var place = new EngineInWorld(machines: 3).Start();
        place["m01"].RefusesImages = true;
        var cluster = Some.Cluster(controlPlanes: 1, workers: 1);

        place.Want(cluster);
        place.Until(() => place.Is(cluster, ClusterPhase.Running), TimeSpan.FromHours(1));

        Assert.Equal(MaasStatus.Ready, place["m01"].Status);
        Assert.Empty(place.Now(() => place.Engine.ListQuarantineAsync(default)));
    }

    [Fact]
    public void An_image_that_MAAS_installs_on_no_machine_is_not_tried_on_all_of_them()
    {
        using var place = new EngineInWorld(machines: 8).Start();
        foreach (var machine in place.Region.Machines)
        {
            machine.RefusesImages = true;
        }

        var cluster = Some.Cluster(controlPlanes: 1, workers: 1);
        place.Want(cluster);
        place.Pass(TimeSpan.FromMinutes(4));

        Assert.InRange(place.Script.Calls.Count(call => call.Is(ActKind.Deploy)), 1, 4);
        Assert.Contains(place.Status(cluster).Conditions, condition => condition.Reason is Reasons.ImageMissing);
        Assert.Empty(place.Held);

        foreach (var machine in place.Region.Machines)
        {
            machine.RefusesImages = false;
        }

        place.Until(() => place.Is(cluster, ClusterPhase.Running), TimeSpan.FromHours(1));
    }

    [Theory]
    [MemberData(nameof(Obstacles))]
    public void An_obstacle_is_named_allocates_nothing_and_is_overcome(string reason)
    {
        using var place = new EngineInWorld(machines: 0).Start();
        Causes[reason].Begin(place);
        var cluster = Some.Cluster(controlPlanes: 1, workers: 2);
        place.Want(cluster);
        place.Pass(TimeSpan.FromMinutes(5));

        Assert.Contains(
            place.Status(cluster).Conditions,
            condition => condition.Reason == reason && condition.Status is ConditionStatus.False
        );
        Assert.NotEmpty(place.Status(cluster).Message);
        Assert.Empty(place.Held);

        Causes[reason].End(place);
        place.Until(() => place.Is(cluster, ClusterPhase.Running));
        Assert.DoesNotContain(place.Status(cluster).Conditions, condition => condition.Reason == reason);
    }

    [Fact]
    public void A_constraint_that_no_machine_meets_is_explained_machine_by_machine()
    {
        using var place = new EngineInWorld(machines: 3).Start();
        var cluster = Some.Cluster();
        cluster = cluster with { Pools = [cluster.ControlPlane with { Placement = new PoolPlacement { MinCpu = 64 } }] };
        place.Want(cluster);
        place.Pass(TimeSpan.FromSeconds(10));

        var condition = Assert.Single(place.Status(cluster).Conditions, condition => condition.Reason is Reasons.NoMachineFits);
        Assert.Contains("3 fewer than 64 CPUs", condition.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_failed_run_is_tried_again_ever_more_slowly_and_at_once_after_a_wake_up()
    {
        using var place = new EngineInWorld(machines: 1).Start();
        place.Script.MaasFails = new RegionException(RegionFailure.Unreachable, "MAAS does not answer.");
        var cluster = Some.Cluster();
        place.Want(cluster);
        place.Pass(TimeSpan.FromHours(1));
        var tries = place.Script.Calls.Count(call => call.Peer is Peer.Maas);
        Assert.InRange(tries, 20, 45);

        place.Start();
        place.Pass(TimeSpan.FromSeconds(5));
        Assert.InRange(place.Script.Calls.Count(call => call.Peer is Peer.Maas) - tries, 0, 1);

        place.Script.MaasFails = null;
        place.Want(cluster);
        place.Pass(TimeSpan.FromSeconds(5));
        Assert.Equal(ClusterPhase.Provisioning, place.Status(cluster).Phase);
    }

    [Fact]
    public void A_dry_run_shows_every_step_and_touches_nothing()
    {
        using var place = new EngineInWorld(machines: 5).Start();
        var plan = place.Now(() => place.Engine.PlanAsync(Some.Cluster(controlPlanes: 3, workers: 1), default));

        Assert.Equal(4, plan.Steps.Count(step => step.Action is "Allocate"));
        Assert.Equal(4, plan.Steps.Count(step => step.Action is "Deploy"));
        Assert.Equal(2, plan.Steps.Count(step => step.Action is "JoinControlPlane"));
        Assert.Empty(plan.Blockers);
        Assert.Empty(place.Held);
        Assert.Equal(
            plan.Hash,
            place.Now(() => place.Engine.PlanAsync(Some.Cluster(controlPlanes: 3, workers: 1), default)).Hash
        );
        Assert.All(place.Script.Calls, call => Assert.StartsWith("List", call.Operation, StringComparison.Ordinal));
    }

    [Fact]
    public void An_idle_cluster_costs_at_most_one_list_in_ten_seconds_and_a_machine_at_most_six_calls()
    {
        using var place = new EngineInWorld(machines: 12).Start();
        var cluster = Some.Cluster(controlPlanes: 3, workers: 5);
        place.Want(cluster);
        place.Until(() => place.Is(cluster, ClusterPhase.Running));

        Assert.InRange(place.Script.Calls.Count(call => call.Peer is Peer.Maas && !IsList(call)), 1, 6 * 8);

        place.Pass(TimeSpan.FromSeconds(20));
        place.Script.Calls.Clear();
        place.Pass(TimeSpan.FromMinutes(10));
        var calls = place.Script.Calls.FindAll(call => call.Peer is Peer.Maas);
        Assert.InRange(calls.Count, 1, 60);
        string[] lists = [nameof(IRegion.ListMachinesAsync), nameof(IRegion.ListReservedAsync)];
        Assert.All(calls, call => Assert.Contains(call.Operation, lists));
    }

    [Fact]
    public void An_image_that_brings_another_version_stops_the_upgrade_at_its_first_machine()
    {
        using var place = new EngineInWorld(machines: 8).Start();
        var cluster = Some.Cluster(controlPlanes: 3, workers: 2);
        place.Want(cluster);
        place.Until(() => place.Is(cluster, ClusterPhase.Running));
        place.Machines.ImagesBring = KubernetesVersion.Parse("1.33.4");

        place.Want(cluster with { Generation = 2, KubernetesVersion = KubernetesVersion.Parse("1.33.9") });
        place.Pass(TimeSpan.FromHours(2));

        var refusal = Assert.Single(
            place.Status(cluster).Conditions,
            condition => condition.Reason is Reasons.OtherVersionInstalled
        );
        Assert.Contains("1.33.4", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(1, place.Events.Count(happened => happened.Reason is "Deploy" && happened.Generation is 2));

        place.Want(cluster with { Generation = 3 });
        place.Until(() => place.Status(cluster) is { ObservedGeneration: 3, Health: Health.Healthy, Machines.Count: 5 });
        Assert.Equal("1.33.4", $"{place.Inside(cluster).KubeadmVersion}");
    }

    [Fact]
    public void An_upgrade_to_an_image_that_MAAS_lacks_prepares_nothing_and_its_plan_says_so()
    {
        using var place = new EngineInWorld(machines: 8).Start();
        var cluster = Some.Cluster(controlPlanes: 1, workers: 1);
        place.Want(cluster);
        place.Until(() => place.Is(cluster, ClusterPhase.Running));
        var wanted = cluster with
        {
            Generation = 2,
            KubernetesVersion = KubernetesVersion.Parse("1.34.1"),
            Image = ImageName.Parse("ubuntu/none"),
        };

        var plan = place.Now(() => place.Engine.PlanAsync(wanted, default));
        place.Want(wanted);
        place.Pass(TimeSpan.FromMinutes(10));

        Assert.Equal(Reasons.ImageMissing, Assert.Single(plan.Blockers).Reason);
        Assert.Empty(plan.Steps);
        Assert.DoesNotContain(place.Events, happened => happened.Reason is "PrepareJoin");
    }

    [Fact]
    public void A_plan_for_other_labels_and_taints_names_the_nodes_that_get_them()
    {
        using var place = new EngineInWorld(machines: 8).Start();
        var cluster = Some.Cluster(controlPlanes: 1, workers: 2);
        place.Want(cluster);
        place.Until(() => place.Is(cluster, ClusterPhase.Running));
        var workers = cluster.Pools.Single(pool => pool.Role is PoolRole.Worker) with
        {
            Taints = [Taint.Parse("gpu=yes:NoSchedule")],
        };

        var plan = place.Now(() =>
            place.Engine.PlanAsync(cluster with { Generation = 2, Pools = [cluster.ControlPlane, workers] }, default)
        );

        Assert.Equal(["LabelNode", "LabelNode"], plan.Steps.Select(step => step.Action));
    }

    private static bool IsList(Call call) => call.Operation.StartsWith("List", StringComparison.Ordinal);

    [Fact]
    public void A_machine_that_MAAS_cannot_release_is_named_with_its_reason_while_the_cluster_is_deleted()
    {
        using var place = new EngineInWorld(machines: 2).Start();
        var cluster = Some.Cluster(workers: 0);
        place.Want(cluster);
        place.Until(() => place.Is(cluster, ClusterPhase.Running));
        var machine = place.Status(cluster).Machines.Single().SystemId.Value;
        place[machine].FailingReleases = int.MaxValue;

        place.Want(cluster.Deleted(place.Time.Now));
        place.Until(() => place.Status(cluster).Conditions.Any(condition => condition.Reason is Reasons.ReleaseFailed));
        place.Pass(TimeSpan.FromMinutes(1));
        Assert.Contains("could not release", place.Status(cluster).Message, StringComparison.Ordinal);

        place[machine].FailingReleases = 0;
        place.Until(() => place.Is(cluster, ClusterPhase.Deleted));
    }
}
