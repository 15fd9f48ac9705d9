using CsCheck;
using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Clusters.Tests.Planning;

namespace Gantry.Clusters.Tests.Explaining;

public sealed class PlanDurationsTests
{
    // Built in, in minutes: deploy 15 (40), join 3 (10), drain 2 (10), release 1 (6).
    [Fact]
    public void Machines_of_a_new_cluster_are_deployed_side_by_side_and_its_control_planes_join_one_after_another() =>
        Gen.Select(Regions.One(1, 3, 5), Gen.Int[0, 6])
            .Sample(
                (controlPlanes, workers) =>
                {
                    var cluster = Scenes.Cluster(controlPlanes, [workers]);
                    var plan = Timed(cluster, Scenes.Nothing);
                    Assert.Equal(
                        15 + (3 * controlPlanes) + (controlPlanes is 1 && workers > 0 ? 3 : 0),
                        plan.ExpectedSeconds / 60
                    );
                    Assert.Equal(40 + (10 * controlPlanes) + (controlPlanes is 1 && workers > 0 ? 10 : 0), plan.SlowSeconds / 60);
                }
            );

    [Fact]
    public void A_plan_takes_at_least_as_long_as_its_longest_step_and_at_most_as_long_as_all_in_a_row() =>
        Scenes.Clusters.Sample(cluster =>
        {
            var plan = Timed(cluster, Scenes.Nothing);
            Assert.InRange(
                plan.ExpectedSeconds!.Value,
                plan.Steps.Max(step => step.ExpectedSeconds ?? 0),
                plan.Steps.Sum(step => step.ExpectedSeconds ?? 0)
            );
            Assert.True(plan.ExpectedSeconds <= plan.SlowSeconds);
        });

    [Fact]
    public void Each_step_that_takes_time_says_how_long_on_that_machine()
    {
        var slow = Regions.Machine(2, cpu: 64);
        var timings = Enumerable
            .Repeat(TimingSample.Of(TimedPhase.Deploy, slow, TimeSpan.FromMinutes(30)), 3)
            .Aggregate(Timings.Empty, (known, sample) => known.Learn(sample));
        var cluster = Regions.Cluster(Regions.ControlPlane(1), Regions.Workers(1));
        var plan = PlanDurations.Add(
            Plan([
                ("Allocate", "1", "control-plane"),
                ("Allocate", "2", "worker"),
                ("Deploy", "1", "control-plane"),
                ("Deploy", "2", "worker"),
                ("JoinWorker", "2", "worker"),
            ]),
            cluster,
            timings,
            id => id.Value is "2" ? slow : null
        );

        Assert.Equal([null, null, 33, 30, 3], plan.Steps.Select(step => step.ExpectedSeconds / 60));
        Assert.Equal(36, plan.ExpectedSeconds / 60);
    }

    [Fact]
    public void A_roll_that_expands_first_takes_one_machine_after_another()
    {
        var roll = Plan([.. Expand("new-1", "old-1"), .. Expand("new-2", "old-2")]);
        var plan = PlanDurations.Add(
            roll,
            Regions.Cluster(Regions.ControlPlane(1), Regions.Workers(2)),
            Timings.Empty,
            _ => null
        );
        Assert.Equal(2 * (15 + 3 + 2 + 1), plan.ExpectedSeconds / 60);
    }

    [Fact]
    public void A_surge_of_two_takes_half_the_time()
    {
        var (one, other) = (Expand("new-1", "old-1"), Expand("new-2", "old-2"));
        var roll = Plan([.. one.Zip(other).SelectMany(pair => new[] { pair.First, pair.Second })]);
        var plan = PlanDurations.Add(
            roll,
            Regions.Cluster(Regions.ControlPlane(1), Regions.Workers(2)),
            Timings.Empty,
            _ => null
        );
        Assert.Equal(15 + 3 + 2 + 1, plan.ExpectedSeconds / 60);
    }

    [Fact]
    public void Pools_take_turns_unless_the_cluster_updates_them_in_parallel()
    {
        var cluster = Regions.Cluster(Regions.ControlPlane(1), Regions.Workers(1, name: "a"), Regions.Workers(1, name: "b"));
        var roll = Plan([.. Expand("new-1", "old-1", "a"), .. Expand("new-2", "old-2", "b")]);

        Assert.Equal(42, PlanDurations.Add(roll, cluster, Timings.Empty, _ => null).ExpectedSeconds / 60);
        Assert.Equal(
            21,
            PlanDurations.Add(roll, cluster with { UpdateWorkerPoolsInParallel = true }, Timings.Empty, _ => null).ExpectedSeconds
                / 60
        );
    }

    [Fact]
    public void A_contract_first_roll_waits_the_repave_interval_between_two_machines()
    {
        var pool = Regions.Workers(2) with
        {
            RollingUpdate = RollingUpdate.ContractFirst,
            RepaveInterval = TimeSpan.FromHours(1),
        };
        var roll = Plan([.. Contract("old-1", "new-1"), .. Contract("old-2", "new-2")]);
        var plan = PlanDurations.Add(roll, Regions.Cluster(Regions.ControlPlane(1), pool), Timings.Empty, _ => null);
        Assert.Equal(3 + 60 + 3 + 15 + 3, plan.ExpectedSeconds / 60);
    }

    [Fact]
    public void Control_planes_leave_one_after_another_and_workers_that_are_too_many_together()
    {
        var cluster = Regions.Cluster(Regions.ControlPlane(1), Regions.Workers(1));
        string[] leave = ["Cordon", "Drain", "DeleteNode", "Release"];
        var controlPlanes = Plan([
            .. new[] { "1", "2" }.SelectMany(machine => leave.Select(action => (action, machine, "control-plane"))),
        ]);
        var workers = Plan([.. new[] { "1", "2" }.SelectMany(machine => leave.Select(action => (action, machine, "worker")))]);

        Assert.Equal(6, PlanDurations.Add(controlPlanes, cluster, Timings.Empty, _ => null).ExpectedSeconds / 60);
        Assert.Equal(3, PlanDurations.Add(workers, cluster, Timings.Empty, _ => null).ExpectedSeconds / 60);
    }

    [Fact]
    public void A_deletion_gives_everything_back_at_once()
    {
        var cluster = Regions.Cluster(Regions.ControlPlane(3)) with { Deletion = new Deletion(Scenes.Now) };
        var plan = Plan([
            ("Release", "1", "control-plane"),
            ("Release", "2", "control-plane"),
            ("Release", "3", "control-plane"),
        ]);
        Assert.Equal(60, PlanDurations.Add(plan, cluster, Timings.Empty, _ => null).ExpectedSeconds);
    }

    [Theory]
    [InlineData("JoinControlPlane 2 control-plane", "JoinWorker 3 worker")]
    [InlineData("JoinWorker 3 worker", "JoinControlPlane 2 control-plane")]
    public void A_worker_joins_when_the_first_API_server_serves_beside_the_next_control_plane(params string[] joins)
    {
        var cluster = Regions.Cluster(Regions.ControlPlane(3), Regions.Workers(1));
        var plan = Plan([
            ("Deploy", "1", "control-plane"),
            ("Deploy", "2", "control-plane"),
            ("Deploy", "3", "worker"),
            .. joins.Select(join => join.Split(' ')).Select(join => (join[0], join[1], join[2])),
        ]);

        Assert.Equal(15 + 3 + 3, PlanDurations.Add(plan, cluster, Timings.Empty, _ => null).ExpectedSeconds / 60);
    }

    [Fact]
    public void The_machines_of_a_pool_that_is_gone_leave_together()
    {
        var cluster = Regions.Cluster(Regions.ControlPlane(1), Regions.Workers(1));
        var plan = Plan([("Drain", "1", "gone"), ("Release", "1", "gone"), ("Drain", "2", "gone"), ("Release", "2", "gone")]);

        Assert.Equal(2 + 1, PlanDurations.Add(plan, cluster, Timings.Empty, _ => null).ExpectedSeconds / 60);
    }

    [Fact]
    public void A_plan_without_steps_has_no_duration_and_keeps_its_hash()
    {
        var plan = PlanDurations.Add(new PlanDocument("hash", [], [], []), Regions.Cluster(), Timings.Empty, _ => null);
        Assert.Equal(("hash", null, null), (plan.Hash, plan.ExpectedSeconds, plan.SlowSeconds));
    }

    internal static (string Action, string Machine, string Pool)[] Expand(string next, string old, string pool = "worker") =>
        [
            ("Allocate", next, pool),
            ("Deploy", next, pool),
            ("JoinWorker", next, pool),
            ("Cordon", old, pool),
            ("Drain", old, pool),
            ("DeleteNode", old, pool),
            ("Release", old, pool),
        ];

    internal static (string Action, string Machine, string Pool)[] Contract(string old, string next) =>
        [
            ("Cordon", old, "worker"),
            ("Drain", old, "worker"),
            ("DeleteNode", old, "worker"),
            ("Release", old, "worker"),
            ("Allocate", next, "worker"),
            ("Deploy", next, "worker"),
            ("JoinWorker", next, "worker"),
        ];

    internal static PlanDocument Plan((string Action, string Machine, string Pool)[] steps) =>
        new(
            "hash",
            [
                .. steps.Select(step => new PlannedStep(
                    step.Action is "Allocate" or "Deploy" or "JoinWorker" ? "+"
                        : step.Action is "Cordon" or "LabelNode" ? "~"
                        : "-",
                    step.Action,
                    step.Machine,
                    $"host-{step.Machine}",
                    DnsLabel.Parse(step.Pool),
                    "az1",
                    $"because of {step.Action}",
                    Disruptive: step.Action is "Cordon" or "Drain" or "DeleteNode" or "Release"
                )),
            ],
            [],
            []
        );

    private static PlanDocument Timed(ClusterSpec cluster, ClusterObservation observed)
    {
        var seen = cluster.Endpoint is EndpointChoice.Given given
            ? observed with
            {
                Endpoint = new EndpointFacts(given.Host.Value, given.Port, []),
            }
            : observed;
        var inventory = new Inventory([.. Enumerable.Range(0, 60).Select(number => Regions.Machine(number))]);
        return PlanDurations.Add(
            DryRun.Write(cluster, seen, inventory, Scenes.Now),
            cluster,
            Timings.Empty,
            id => inventory.Free.FirstOrDefault(free => free.Machine == id)
        );
    }
}
