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

    [Fact]
    public void A_second_control_plane_pool_is_refused_with_the_machines_of_all()
    {
        var cluster = Scenes.Cluster(1, []);
        var two = cluster with
        {
            Pools = [cluster.Pools[0], cluster.Pools[0] with { Name = DnsLabel.Parse("second"), Size = 3 }],
        };

        var plan = Planner.Plan(two, Scenes.Nothing, Inventory.Empty, Scenes.Now);

        Assert.StartsWith(
            "pools: 2 control-plane pools with 4 machines; ",
            Assert.Single(plan.Blockers).Message,
            StringComparison.Ordinal
        );
        Assert.Empty(plan.Steps);
    }

    [Fact]
    public void The_only_control_plane_is_never_replaced_contract_first()
    {
        var cluster = new RunningCluster(1, 1).WithPool(0, pool => pool with { RollingUpdate = RollingUpdate.ContractFirst });
        cluster.Desired = cluster.Desired with { KubernetesVersion = KubernetesVersion.Parse("1.34.0") };

        var plan = cluster.Plan();

        Assert.Equal(Reasons.UnsupportedChange, Assert.Single(plan.Blockers).Reason);
        Assert.Empty(plan.Steps);
    }

    [Theory]
    [InlineData(false, true)]
    [InlineData(true, false)]
    public void A_silent_control_plane_is_bootstrapped_again_only_before_the_cluster_was_complete(bool formed, bool again)
    {
        var cluster = new RunningCluster(1, 1);
        cluster.Observed = cluster.Observed with { Formed = formed, Api = new Observation<ApiFacts>.Absent() };

        var plan = cluster.Plan();

        Assert.Equal(again, plan.Steps is [Step.Rebootstrap]);
        Assert.Equal(again, plan.Steps.Any(step => step is Step.Rebootstrap));
    }

    [Theory]
    [InlineData("", true, true, false, true)]
    [InlineData("m000", true, true, false, false)]
    [InlineData("m000 waiting", true, true, false, false)]
    [InlineData("waiting", true, true, false, true)]
    [InlineData("", true, true, true, false)]
    [InlineData("", true, false, false, false)]
    [InlineData("", false, true, false, false)]
    public void A_control_plane_is_lost_when_the_cluster_was_complete_and_no_joined_control_plane_is_left(
        string left,
        bool initialized,
        bool formed,
        bool serves,
        bool lost
    )
    {
        var cluster = new RunningCluster(3, 1).WithMember(
            "m001",
            member => member with { State = MachineState.Joining, JoinedAt = null, AdmittedAt = null }
        );
        cluster.Observed = cluster.Observed with
        {
            Initialized = initialized,
            Formed = formed,
            Api = serves ? cluster.Observed.Api : new Observation<ApiFacts>.Unknown("no answer"),
            Members =
            [
                .. cluster.Observed.Members.Where(seen =>
                    seen.Member.Role is PoolRole.Worker
                    || left.Split(' ').Contains(seen.Id.Value is "m001" ? "waiting" : seen.Id.Value)
                ),
            ],
        };

        var plan = cluster.Plan();

        Assert.Equal(lost, plan.Blockers.Any(blocker => blocker.Reason is Reasons.ControlPlaneLost));
        Assert.True(!lost || !plan.Steps.Any(step => step is Step.Allocate or Step.Deploy));
    }

    [Theory]
    [InlineData(10, false)]
    [InlineData(1, true)]
    public void A_plan_holds_the_limits_it_is_given(int minutes, bool asked)
    {
        var cluster = new RunningCluster(1, 4).Silent("m002", minutes: 2);
        cluster.Limits = new Limits { Silence = TimeSpan.FromMinutes(minutes) };

        Assert.Equal(asked, cluster.Plan().Steps.Any(step => step is Step.QueryPower));
    }

    [Fact]
    public void The_shortfall_of_a_pool_is_its_size_without_the_machines_that_stay()
    {
        var cluster = new RunningCluster(3, 2, 2)
            .WithPool(1, pool => pool with { Size = 5 })
            .WithPool(2, pool => pool with { Size = 1 });

        Assert.Equal(
            [new Shortfall(cluster.Desired.Pools[1], 3)],
            Planner.Shortfalls(cluster.Desired, cluster.Observed.Members.Select(seen => seen.Member))
        );
    }

    [Fact]
    public void A_DNS_record_names_the_first_address_of_each_control_plane_in_order()
    {
        var cluster = WithDns(new RunningCluster(3));
        foreach (var (machine, address) in new[] { ("m000", "10.0.0.3"), ("m001", "10.0.0.1"), ("m002", "10.0.0.2") })
        {
            cluster.WithMember(machine, member => member with { Addresses = [address, "192.168.0.1"] });
        }

        Assert.Equal(
            [new Step.RecordDns("demo-api.dc1.example", ["10.0.0.1", "10.0.0.2", "10.0.0.3"], "3 control planes serve the API")],
            cluster.Plan().Steps.OfType<Step.RecordDns>()
        );
    }

    [Theory]
    [InlineData(MachineState.Ready, false, true, true)]
    [InlineData(MachineState.NotReady, false, true, true)]
    [InlineData(MachineState.Joining, true, true, true)]
    [InlineData(MachineState.Joining, false, true, false)]
    [InlineData(MachineState.Deploying, true, false, true)]
    [InlineData(MachineState.Deploying, true, true, false)]
    [InlineData(MachineState.Deploying, false, false, false)]
    [InlineData(MachineState.Draining, true, true, false)]
    [InlineData(MachineState.Failed, true, true, false)]
    public void A_DNS_record_names_the_control_planes_that_serve_and_the_one_that_will(
        MachineState state,
        bool initializes,
        bool initialized,
        bool named
    )
    {
        var cluster = WithDns(new RunningCluster(1))
            .WithMember("m000", member => member with { State = state, Initializes = initializes, Addresses = ["10.0.0.1"] });
        cluster.Observed = cluster.Observed with { Initialized = initialized };

        Assert.Equal(
            named ? [new Step.RecordDns("demo-api.dc1.example", ["10.0.0.1"], "1 control plane serves the API")] : [],
            cluster.Plan().Steps.OfType<Step.RecordDns>()
        );
    }

    [Fact]
    public void A_lost_virtual_IP_is_reserved_again_while_a_control_plane_stays_although_no_machine_is_free()
    {
        var cluster = new RunningCluster(3, 1)
            .WithPool(0, pool => pool with { Size = 1 })
            .WithPool(1, pool => pool with { Size = 2 })
            .WithMember("m002", member => member with { State = MachineState.Draining });
        cluster.Observed = cluster.Observed with { Endpoint = null };
        cluster.Free = [];

        Assert.Single(cluster.Plan().Steps.OfType<Step.ReserveAddress>());
    }

    [Fact]
    public void A_plan_with_a_step_a_wait_or_a_blocker_is_not_settled()
    {
        Assert.True(Plan.Nothing.IsSettled);
        Assert.False((Plan.Nothing with { Steps = [new Step.Rebootstrap("it fell silent")] }).IsSettled);
        Assert.False((Plan.Nothing with { Pending = [new Wait(Reasons.Joining, "It joins.")] }).IsSettled);
        Assert.False((Plan.Nothing with { Blockers = [new Blocker(Reasons.SpecInvalid, "it is wrong")] }).IsSettled);
    }

    private static RunningCluster WithDns(RunningCluster cluster)
    {
        cluster.Desired = cluster.Desired with { Endpoint = new EndpointChoice.MaasDns(DnsName.Parse("dc1.example")) };
        cluster.Observed = cluster.Observed with { Endpoint = new EndpointFacts("demo-api.dc1.example", 6443, []) };
        return cluster;
    }

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
