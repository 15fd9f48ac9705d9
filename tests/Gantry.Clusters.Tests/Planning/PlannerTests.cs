using CsCheck;
using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Clusters.Steps;

namespace Gantry.Clusters.Tests.Planning;

public sealed class PlannerTests
{
    [Fact]
    public void Every_cluster_that_fits_the_inventory_converges_to_its_desired_state() =>
        Gen.Select(Scenes.Clusters, Scenes.Inventories)
            .Sample(
                (cluster, inventory) =>
                {
                    var (_, first, _, end) = DryRun.Run(cluster, Start(cluster), inventory, Scenes.Now);
                    var fits = cluster.Pools.Sum(pool => pool.Size) <= inventory.Free.Count;

                    Assert.Equal(fits, first.Blockers.Count is 0);
                    Assert.Equal(fits ? cluster.Pools.Sum(pool => pool.Size) : 0, end.Members.Count);
                    Assert.All(end.Members, seen => Assert.Equal(MachineState.Ready, seen.Member.State));
                    Assert.Equal(fits, end.Initialized);
                    Assert.True(!fits || Planner.Plan(cluster, end, inventory, Scenes.Now).IsSettled);
                }
            );

    [Fact]
    public void The_plan_is_the_same_whatever_order_the_machines_are_listed_in() =>
        Gen.Select(Scenes.Clusters, Scenes.Inventories, Gen.Int)
            .Sample(
                (cluster, inventory, seed) =>
                {
                    var shuffled = inventory
                        .Free.OrderBy(free => HashCode.Combine(seed, free.Machine.Value[^1], free.CpuCount))
                        .ToList();
                    Assert.Equal(
                        Planner.Plan(cluster, Scenes.Nothing, inventory, Scenes.Now).Steps,
                        Planner.Plan(cluster, Scenes.Nothing, new Inventory(shuffled), Scenes.Now).Steps
                    );
                }
            );

    [Fact]
    public void Machines_are_spread_over_zones_and_no_zone_has_two_more_than_another_could_take()
    {
        var inventory = new Inventory([
            .. Enumerable.Range(0, 12).Select(number => Scenes.Machine(number, zone: $"az{number % 3}")),
        ]);
        var plan = Planner.Plan(Scenes.Cluster(3, [3]), Scenes.Nothing, inventory, Scenes.Now);

        foreach (var pool in plan.Steps.OfType<Step.Allocate>().GroupBy(step => step.Pool))
        {
            Assert.Equal(3, pool.Select(step => step.Zone).Distinct().Count());
        }
    }

    [Fact]
    public void No_disruptive_step_targets_a_machine_that_cannot_be_observed() =>
        AnyCluster
            .SelectMany(cluster => Scenes.AnyWorld(cluster).Select(world => (cluster, world)))
            .Sample(scene =>
            {
                var plan = Planner.Plan(scene.cluster, scene.world, Inventory.Empty, Scenes.Now);
                foreach (var step in plan.Steps.Where(step => step.IsDisruptive && step.Target is not null))
                {
                    var seen = scene.world.Members.Single(member => member.Id == step.Target);
                    var unknown = step is Step.Cordon or Step.Drain or Step.DeleteNode
                        ? seen.Node is Observation<NodeFacts>.Unknown
                        : seen.Maas is Observation<MaasFacts>.Unknown && seen.Member.State is not MachineState.Selected;
                    Assert.False(unknown, $"{step.Name} of {seen.Member.State} {seen.Id}");
                }
            });

    [Fact]
    public void A_living_cluster_never_loses_an_admitted_control_plane_that_stays() =>
        AnyCluster
            .Where(cluster => cluster.Deletion is null)
            .SelectMany(cluster => Scenes.AnyWorld(cluster).Select(world => (cluster, world)))
            .Sample(scene =>
            {
                var plan = Planner.Plan(scene.cluster, scene.world, Inventory.Empty, Scenes.Now);

                // MarkForReplacement removes nothing: etcd is checked afterwards.
                var leaving = plan
                    .Steps.Where(step => step.IsDisruptive && step is not Step.MarkForReplacement)
                    .Select(step => step.Target)
                    .ToHashSet();
                Assert.DoesNotContain(
                    scene.world.Members,
                    seen =>
                        seen.Member
                            is { Role: PoolRole.ControlPlane, Stays: true }
                                and ({ AdmittedAt: not null } or { State: MachineState.Ready or MachineState.NotReady })
                        && leaving.Contains(seen.Id)
                );
            });

    [Fact]
    public void At_most_one_control_plane_begins_to_join_and_only_when_all_before_it_are_ready() =>
        AnyCluster
            .Where(cluster => cluster.Deletion is null)
            .SelectMany(cluster => Scenes.AnyWorld(cluster).Select(world => (cluster, world)))
            .Sample(scene =>
            {
                var plan = Planner.Plan(scene.cluster, scene.world, Inventory.Empty, Scenes.Now);
                var begins = plan
                    .Steps.OfType<Step.JoinControlPlane>()
                    .Where(step => scene.world.Members.Single(seen => seen.Id == step.Machine).Member.AdmittedAt is null)
                    .ToList();
                Assert.True(begins.Count <= 1);
                if (begins.Count is 1)
                {
                    Assert.DoesNotContain(
                        scene.world.Members,
                        seen =>
                            seen.Member is { Role: PoolRole.ControlPlane, AdmittedAt: not null, State: not MachineState.Ready }
                    );
                }
            });

    [Fact]
    public void At_most_one_machine_is_ever_deployed_to_run_init() =>
        AnyCluster
            .SelectMany(cluster => Scenes.AnyWorld(cluster).Select(world => (cluster, world)))
            .Sample(scene =>
            {
                var plan = Planner.Plan(scene.cluster, scene.world, Inventory.Empty, Scenes.Now);
                var told = plan
                    .Steps.OfType<Step.Deploy>()
                    .Where(step => step.Bootstrap is Bootstrap.InitControlPlane)
                    .Select(step => step.Machine);
                var before = scene.world.Members.Where(seen => seen.Member.Initializes).Select(seen => seen.Id);
                Assert.True(told.Concat(before).Distinct().Count() <= 1 || !told.Any());
            });

    [Fact]
    public void Transitions_by_time_and_observation_are_in_the_table() =>
        AnyCluster
            .SelectMany(cluster => Scenes.AnyWorld(cluster))
            .Sample(world =>
            {
                foreach (var seen in world.Members)
                {
                    var after = MachineLife.Observe(seen, world, Limits.Default, Scenes.Now);
                    var forgotten = seen.Maas.IsAbsent && seen.Member.State is not MachineState.Selected;
                    Assert.True(
                        MachineLife.Permits(seen.Member.State, after.State) || forgotten,
                        $"{seen.Member.State} to {after.State}"
                    );
                    if (seen is { Maas: Observation<MaasFacts>.Unknown, Node: Observation<NodeFacts>.Unknown })
                    {
                        Assert.Equal(seen.Member, after);
                    }
                }
            });

    [Fact]
    public void A_machine_that_is_taken_is_free_and_is_taken_once() =>
        Gen.Select(Scenes.Clusters, Scenes.Inventories)
            .SelectMany((cluster, inventory) => Scenes.AnyWorld(cluster).Select(world => (cluster, inventory, world)))
            .Sample(scene =>
            {
                var plan = Planner.Plan(scene.cluster, scene.world, scene.inventory, Scenes.Now);
                var taken = plan.Steps.OfType<Step.Allocate>().Select(step => step.Machine).ToList();
                Assert.Equal(taken.Count, taken.Distinct().Count());
                Assert.All(
                    taken,
                    machine =>
                        Assert.True(
                            scene.world.Members.SingleOrDefault(seen => seen.Id == machine)
                                is not { Member.State: not MachineState.Selected }
                        )
                );
            });

    [Fact]
    public void A_control_plane_of_two_or_four_is_refused_with_what_to_write_instead()
    {
        var plan = Planner.Plan(Scenes.Cluster(2, []), Scenes.Nothing, Inventory.Empty, Scenes.Now);

        var refusal = Assert.Single(plan.Blockers);
        Assert.Equal(Reasons.SpecInvalid, refusal.Reason);
        Assert.Contains("1, 3 or 5", refusal.Message, StringComparison.Ordinal);
        Assert.Empty(plan.Steps);
    }

    [Fact]
    public void Every_step_and_every_wait_says_why() =>
        AnyCluster
            .SelectMany(cluster => Scenes.AnyWorld(cluster).Select(world => (cluster, world)))
            .Sample(scene =>
            {
                var plan = Planner.Plan(scene.cluster, scene.world, Inventory.Empty, Scenes.Now);
                Assert.All(plan.Steps, step => Assert.NotEmpty(step.Reason));
                Assert.All(plan.Pending, wait => Assert.NotEmpty(wait.Message));
                Assert.All(plan.Blockers, refusal => Assert.NotEmpty(refusal.Message));
            });

    private static Gen<ClusterSpec> AnyCluster { get; } =
        from cluster in Scenes.Clusters
        from deleted in Gen.Bool
        from force in Gen.Bool
        select deleted ? cluster with { Deletion = new Deletion(Scenes.Now.AddMinutes(-10), force) } : cluster;

    private static ClusterObservation Start(ClusterSpec cluster) =>
        cluster.Endpoint is EndpointChoice.Given given
            ? Scenes.Nothing with
            {
                Endpoint = new EndpointFacts(given.Host.Value, given.Port, []),
            }
            : Scenes.Nothing;
}
