using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Clusters.Steps;

namespace Gantry.Clusters.Tests.Planning;

/// <summary>Which machines leave a living cluster, in which order, and never more at once than the pool allows.</summary>
public sealed class ReplacementTests
{
    [Fact]
    public void The_workers_of_a_removed_pool_are_released()
    {
        var cluster = new RunningCluster(1, 1, 1);
        cluster.Desired = cluster.Desired with { Pools = [.. cluster.Desired.Pools.Take(2)] };

        Assert.Equal("the pool pool-1 is gone", Assert.IsType<Step.Cordon>(Assert.Single(cluster.Plan().Steps)).Reason);
    }

    [Fact]
    public void Expanding_first_one_machine_comes_before_one_leaves()
    {
        var cluster = Stale(new RunningCluster(1, 3), 1);

        var plan = cluster.Plan();
        Assert.Equal(
            "takes the place of another in pool-0, zone az1",
            Assert.IsType<Step.Allocate>(Assert.Single(plan.Steps)).Reason
        );
        Assert.Equal(["pool-0"], Leaving(new RunningCluster(1, 3), 0));
    }

    [Theory]
    [InlineData(1, 0, 0, 1)]
    [InlineData(2, 0, 0, 2)]
    [InlineData(0, 1, 1, 0)]
    [InlineData(0, 2, 2, 0)]
    [InlineData(1, 1, 1, 1)]
    [InlineData(2, 1, 1, 2)]
    public void A_roll_keeps_to_its_surge_and_its_unavailability(int surge, int unavailable, int leave, int come)
    {
        var cluster = Stale(new RunningCluster(1, 4), 1)
            .WithPool(1, pool => pool with { RollingUpdate = new RollingUpdate(surge, unavailable) });
        var plan = cluster.Plan();

        Assert.Equal(leave, plan.Steps.Count(step => step is Step.Cordon));
        Assert.Equal(come, plan.Steps.Count(step => step is Step.Allocate));
    }

    [Fact]
    public void Above_its_size_a_rolled_pool_removes_stale_machines()
    {
        var step = Assert.Single(Expanded(new RunningCluster(1, 4)).Plan().Steps.OfType<Step.Cordon>());

        Assert.Equal(("m001", RemovalKind.Replacement), (step.Machine.Value, step.Kind));
        Assert.Equal("image ubuntu/jammy → ubuntu/noble", step.Reason);
    }

    [Fact]
    public void Stale_machines_stay_while_the_new_machine_is_not_Ready()
    {
        var cluster = Expanded(new RunningCluster(1, 4)).Silent("m004", 1);

        Assert.Empty(cluster.Plan().Steps.OfType<Step.Cordon>());
    }

    [Fact]
    public void A_stale_machine_whose_node_is_not_Ready_leaves_first()
    {
        var cluster = Expanded(new RunningCluster(1, 4)).Silent("m002", 1);

        Assert.Equal("m002", Assert.Single(cluster.Plan().Steps.OfType<Step.Cordon>()).Machine.Value);
    }

    [Fact]
    public void A_stale_machine_that_never_was_a_node_leaves_at_once()
    {
        var cluster = Stale(new RunningCluster(1, 3), 1)
            .WithMember("m002", member => member with { State = MachineState.Deploying, AdmittedAt = null, JoinedAt = null })
            .With("m002", seen => seen with { Node = new Observation<NodeFacts>.Absent() });

        Assert.IsType<Step.Release>(Assert.Single(cluster.StepsFor("m002")));
    }

    [Fact]
    public void A_broken_machine_leaves_whatever_the_roll_allows()
    {
        var cluster = new RunningCluster(1, 3)
            .WithPool(1, pool => pool with { RollingUpdate = RollingUpdate.ExpandFirst })
            .Silent("m001", 60, new Repair(MarkedForReplacement: "it broke"));

        var step = Assert.IsType<Step.Cordon>(Assert.Single(cluster.StepsFor("m001")));
        Assert.Equal((RemovalKind.Repair, "it broke"), (step.Kind, step.Reason));
    }

    [Fact]
    public void A_broken_machine_that_is_still_Ready_uses_up_what_may_be_unavailable()
    {
        var cluster = Stale(new RunningCluster(1, 4), 1)
            .WithPool(1, pool => pool with { RollingUpdate = RollingUpdate.ContractFirst })
            .WithMember("m002", member => member with { Repair = new Repair(MarkedForReplacement: "it broke") });

        Assert.Equal(["m002"], Cordoned(cluster));
    }

    [Theory]
    [InlineData(MachineState.Joining)]
    [InlineData(MachineState.NotReady)]
    public void Expanding_first_a_stale_machine_that_was_a_node_waits_for_the_new_machine(MachineState state)
    {
        var cluster = Stale(new RunningCluster(1, 4), 1).Silent("m001", 1);
        cluster.WithMember("m001", member => member with { State = state });
        if (state is MachineState.NotReady)
        {
            cluster.With("m001", seen => seen with { Node = new Observation<NodeFacts>.Absent() });
        }

        Assert.Empty(cluster.StepsFor("m001"));
    }

    [Fact]
    public void Contracting_first_stale_machines_that_are_not_Ready_leave_one_at_a_time_too()
    {
        var cluster = Stale(new RunningCluster(1, 6), 1)
            .WithPool(1, pool => pool with { RollingUpdate = RollingUpdate.ContractFirst })
            .Silent("m001", 1)
            .Silent("m002", 1)
            .Silent("m003", 1);

        Assert.Equal(["m001"], Cordoned(cluster));
    }

    [Fact]
    public void A_stale_machine_that_is_not_Ready_leaves_beside_a_Ready_one()
    {
        var cluster = Stale(new RunningCluster(1, 6), 1)
            .WithPool(1, pool => pool with { RollingUpdate = new RollingUpdate(0, 2) })
            .Silent("m003", 1);

        Assert.Equal(["m001", "m003"], Cordoned(cluster));
    }

    [Fact]
    public void Above_its_size_a_rolled_pool_may_still_have_machines_unavailable()
    {
        var cluster = Expanded(new RunningCluster(1, 4))
            .WithPool(1, pool => pool with { RollingUpdate = new RollingUpdate(1, 1) })
            .Silent("m004", 1);

        Assert.Equal(["m001"], Cordoned(cluster));
    }

    [Fact]
    public void At_its_size_a_pool_waits_until_the_last_replaced_machine_has_left()
    {
        var cluster = Stale(new RunningCluster(1, 5), 1)
            .WithPool(1, pool => pool with { Size = 4, RollingUpdate = RollingUpdate.ContractFirst })
            .WithMember("m001", member => Draining(member, RemovalKind.Replacement));

        Assert.Empty(Cordoned(cluster));
    }

    [Fact]
    public void Before_the_cluster_is_formed_worker_pools_do_not_wait_for_each_other()
    {
        var cluster = Stale(Stale(new RunningCluster(1, 3, 3), 1), 2)
            .WithPool(1, pool => pool with { RollingUpdate = RollingUpdate.ContractFirst })
            .WithPool(2, pool => pool with { RollingUpdate = RollingUpdate.ContractFirst });
        Assert.Equal(["m001"], Cordoned(cluster));

        cluster.Observed = cluster.Observed with { Formed = false };
        Assert.Equal(["m001", "m004"], Cordoned(cluster));
    }

    [Fact]
    public void A_roll_whose_new_machines_do_not_become_Ready_stops()
    {
        var cluster = Stale(new RunningCluster(1, 6), 1)
            .WithPool(1, pool => pool with { RollingUpdate = new RollingUpdate(0, 2) });
        AsAskedFor(cluster, "m001").Silent("m001", 1);
        AsAskedFor(cluster, "m002").Silent("m002", 1);

        Assert.Empty(cluster.Plan().Steps.OfType<Step.Cordon>());
    }

    [Fact]
    public void Draining_replacements_count_for_what_is_under_way_and_those_of_a_shrinking_pool_do_not()
    {
        var cluster = Stale(new RunningCluster(1, 6), 1)
            .WithPool(1, pool => pool with { RollingUpdate = new RollingUpdate(0, 1) });
        cluster.WithMember("m001", member => Draining(member, RemovalKind.Replacement));

        Assert.Empty(cluster.Plan().Steps.OfType<Step.Cordon>());
    }

    [Theory]
    [InlineData(10, true)]
    [InlineData(9.9, false)]
    public void A_pool_waits_the_repave_interval_between_two_replacements(double minutes, bool goesOn)
    {
        var cluster = Stale(new RunningCluster(1, 4), 1)
            .WithPool(
                1,
                pool => pool with { RollingUpdate = RollingUpdate.ContractFirst, RepaveInterval = TimeSpan.FromMinutes(10) }
            );
        cluster.Observed = cluster.Observed with
        {
            LastRepaved = [new(DnsLabel.Parse("pool-0"), RunningCluster.MinutesAgo(minutes))],
        };
        var plan = cluster.Plan();

        Assert.Equal(goesOn, plan.Steps.Any(step => step is Step.Cordon));
        Assert.Equal(
            !goesOn,
            plan.Pending.Any(wait => wait.Message.EndsWith("between two replacements.", StringComparison.Ordinal))
        );
    }

    [Fact]
    public void A_pool_says_when_its_next_machine_may_be_replaced()
    {
        var cluster = Stale(new RunningCluster(1, 4), 1);

        Assert.Contains(
            Repaved(cluster, minutesAgo: 4).Plan().Pending,
            wait => wait.Message is "pool-0 waits until 08:06:00 between two replacements."
        );
    }

    [Fact]
    public void A_pool_that_shrinks_does_not_wait_for_the_repave_interval()
    {
        var cluster = Stale(new RunningCluster(1, 6), 1).WithPool(1, pool => pool with { Size = 3 });

        Assert.Equal(["m001", "m002", "m003"], Cordoned(Repaved(cluster, minutesAgo: 1)));
    }

    [Fact]
    public void A_machine_that_leaves_as_surplus_does_not_begin_the_repave_interval()
    {
        var cluster = Stale(new RunningCluster(1, 6), 1)
            .WithPool(1, pool => pool with { Size = 5, RollingUpdate = new RollingUpdate(0, 2) });

        Assert.Equal(
            [RemovalKind.ScaleDown, RemovalKind.Replacement],
            Repaved(cluster, minutesAgo: 60).Plan().Steps.OfType<Step.Cordon>().Select(step => step.Kind)
        );
    }

    [Fact]
    public void Up_to_date_machines_beyond_the_size_leave_while_stale_ones_wait_for_the_repave_interval()
    {
        var cluster = Stale(new RunningCluster(1, 6), 1)
            .WithPool(1, pool => pool with { Size = 3, RollingUpdate = new RollingUpdate(3, 0) });
        foreach (var machine in new[] { "m001", "m002", "m003", "m004" })
        {
            AsAskedFor(cluster, machine);
        }

        Assert.Equal(["m001"], Cordoned(Repaved(cluster, minutesAgo: 1)));
    }

    [Fact]
    public void With_an_interval_one_machine_leaves_at_a_time()
    {
        var cluster = Stale(new RunningCluster(1, 6), 1)
            .WithPool(
                1,
                pool => pool with { RollingUpdate = new RollingUpdate(0, 3), RepaveInterval = TimeSpan.FromMinutes(10) }
            );

        Assert.Single(cluster.Plan().Steps.OfType<Step.Cordon>());
    }

    [Fact]
    public void Without_the_image_no_machine_leaves()
    {
        var cluster = Stale(new RunningCluster(1, 4), 1)
            .WithPool(1, pool => pool with { RollingUpdate = RollingUpdate.ContractFirst });
        cluster.Observed = cluster.Observed with { Image = new Observation<ImageName>.Absent() };

        Assert.Empty(cluster.Plan().Steps);
        Assert.Equal(Reasons.ImageMissing, Assert.Single(cluster.Plan().Blockers).Reason);
    }

    [Theory]
    [InlineData(false, 1)]
    [InlineData(true, 2)]
    public void Worker_pools_are_rolled_one_after_another_or_all_at_once(bool parallel, int pools)
    {
        var cluster = Stale(Stale(new RunningCluster(1, 3, 3), 1), 2);
        cluster.Desired = cluster.Desired with { UpdateWorkerPoolsInParallel = parallel };

        Assert.Equal(pools, cluster.Plan().Steps.OfType<Step.Allocate>().Select(step => step.Pool).Distinct().Count());
    }

    [Fact]
    public void Workers_are_rolled_after_the_control_plane()
    {
        var cluster = Stale(Stale(new RunningCluster(3, 3), 0), 1);
        cluster.Desired = cluster.Desired with { UpdateWorkerPoolsInParallel = true };

        Assert.Equal(["control-plane"], cluster.Plan().Steps.OfType<Step.Allocate>().Select(step => step.Pool.Value));
    }

    [Fact]
    public void A_shrinking_pool_removes_the_least_valuable_machines_first()
    {
        var cluster = new RunningCluster(1, 6).WithPool(1, pool => pool with { Size = 5 });
        Assert.Equal("m006", Next("m006"));

        cluster.WithMember("m003", member => member with { JoinedAt = RunningCluster.MinutesAgo(1) });
        Assert.Equal("m003", Next("m003"));

        cluster.WithMember("m004", member => member with { Zone = "az2" });
        cluster.WithMember("m003", member => member with { Zone = "az2" });
        Assert.Equal("m006", Next("m006"));

        cluster.Silent("m002", 1);
        Assert.Equal("m002", Next("m002"));

        cluster
            .WithMember(
                "m001",
                member =>
                    member with
                    {
                        State = MachineState.Joining,
                        JoinedAt = null,
                        AdmittedUntil = RunningCluster.Now.AddHours(1),
                    }
            )
            .WithNode("m001", node => node with { Ready = false });
        Assert.Equal("m001", Next("m001"));

        string Next(string expected)
        {
            // All joined at the same moment, so that the id decides last: the highest counts as the youngest when told so.
            if (expected is "m006")
            {
                cluster.WithMember("m006", member => member with { JoinedAt = RunningCluster.MinutesAgo(60) });
            }

            return Assert.Single(cluster.Plan().Steps.OfType<Step.Cordon>()).Machine.Value;
        }
    }

    [Fact]
    public void A_shrinking_pool_goes_no_further_than_its_size()
    {
        var cluster = new RunningCluster(1, 6).WithPool(1, pool => pool with { Size = 4 });

        Assert.Equal(2, cluster.Plan().Steps.Count(step => step is Step.Cordon { Kind: RemovalKind.ScaleDown }));
    }

    [Fact]
    public void A_shrinking_pool_keeps_its_size_Ready()
    {
        var cluster = new RunningCluster(1, 6).WithPool(1, pool => pool with { Size = 5 }).Silent("m001", 1).Silent("m002", 1);

        // A machine that is not Ready leaves; a Ready one would be missed.
        Assert.Equal("m001", Assert.Single(cluster.Plan().Steps.OfType<Step.Cordon>()).Machine.Value);
    }

    [Fact]
    public void A_shrinking_pool_keeps_its_size_Ready_whatever_may_be_unavailable_in_a_roll()
    {
        var cluster = new RunningCluster(1, 6)
            .WithPool(1, pool => pool with { Size = 5, RollingUpdate = RollingUpdate.ContractFirst })
            .WithMember("m006", member => member with { JoinedAt = member.JoinedAt!.Value.AddDays(-1) })
            .WithNode("m006", node => node with { Ready = false });

        // The youngest would leave first, but all five that are Ready are needed.
        Assert.Equal(["m006"], Cordoned(cluster));
    }

    [Fact]
    public void A_shrinking_pool_that_may_have_machines_unavailable_goes_no_further_than_its_size()
    {
        var cluster = Stale(new RunningCluster(1, 6), 1)
            .WithPool(1, pool => pool with { Size = 3, RollingUpdate = new RollingUpdate(1, 1) });

        Assert.Equal(["m001", "m002", "m003"], Cordoned(cluster));
    }

    [Fact]
    public void A_shrinking_pool_removes_stale_machines_first_and_then_others_down_to_its_size()
    {
        var cluster = Stale(new RunningCluster(1, 5), 1).WithPool(1, pool => pool with { Size = 3 });
        foreach (var machine in new[] { "m001", "m002", "m003", "m004" })
        {
            AsAskedFor(cluster, machine);
        }

        Assert.Equal(["m001", "m005"], Cordoned(cluster));
    }

    [Fact]
    public void A_pool_that_shrinks_while_it_is_rolled_gives_back_stale_machines_as_surplus()
    {
        var cluster = Stale(new RunningCluster(1, 6), 1).WithPool(1, pool => pool with { Size = 3 });

        Assert.All(cluster.Plan().Steps.OfType<Step.Cordon>(), step => Assert.Equal(RemovalKind.ScaleDown, step.Kind));
        Assert.Equal(3, cluster.Plan().Steps.Count(step => step is Step.Cordon));
    }

    [Fact]
    public void Control_planes_expand_by_one_and_then_the_stale_one_that_is_no_leader_leaves()
    {
        var cluster = Stale(new RunningCluster(3, 0), 0)
            .WithPool(0, pool => pool with { RollingUpdate = new RollingUpdate(3, 0) });
        Assert.Single(cluster.Plan().Steps.OfType<Step.Allocate>());

        var expanded = ExpandedControlPlanes();
        Assert.Equal("m001", Assert.Single(expanded.Plan().Steps.OfType<Step.Cordon>()).Machine.Value);
    }

    [Fact]
    public void A_control_plane_leaves_by_readiness_then_health_of_its_member_then_leadership_then_zone_then_age()
    {
        var cluster = ExpandedControlPlanes();
        cluster.WithMember("m002", member => member with { JoinedAt = member.JoinedAt!.Value.AddMinutes(-1) });
        Assert.Equal("m002", Leaver());

        cluster.WithMember("m002", member => member with { Zone = "az2" });
        Assert.Equal("m001", Leaver());

        cluster.WithEtcd(member => member with { Leader = member.Name is "host-001" });
        Assert.Equal("m000", Leaver());

        cluster.WithEtcd(member => member with { Healthy = member.Name is not "host-001" });
        Assert.Equal("m001", Leaver());

        string Leaver() => Assert.Single(cluster.Plan().Steps.OfType<Step.Cordon>()).Machine.Value;
    }

    public static TheoryData<string, string> Stays { get; } =
        new()
        {
            { "another one drains", Reasons.Rolling },
            { "another one joins", Reasons.Rolling },
            { "another one failed after its turn", Reasons.Rolling },
            { "another one failed after its turn and before it joined", Reasons.Rolling },
            { "another one failed that began the control plane", Reasons.Rolling },
            { "another one is released before it joined", Reasons.Rolling },
            { "another one is not Ready", Reasons.Rolling },
            { "etcd cannot be seen", Reasons.EtcdUnhealthy },
            { "etcd would lose its quorum", Reasons.QuorumAtRisk },
        };

    [Theory]
    [MemberData(nameof(Stays))]
    public void A_stale_control_plane_stays_while(string situation, string reason)
    {
        var cluster = ExpandedControlPlanes().WithPool(0, pool => pool with { RollingUpdate = RollingUpdate.ContractFirst });
        switch (situation)
        {
            case "another one drains":
                cluster.WithMember("m002", member => Draining(member, RemovalKind.ScaleDown));
                break;
            case "another one joins":
                cluster
                    .WithMember(
                        "m003",
                        member =>
                            member with
                            {
                                State = MachineState.Joining,
                                JoinedAt = null,
                                AdmittedAt = RunningCluster.MinutesAgo(1),
                            }
                    )
                    .WithNode("m003", node => node with { Ready = false });
                break;
            case "another one failed after its turn":
                cluster
                    .WithMember(
                        "m002",
                        member => member with { State = MachineState.Failed, Quarantined = true, Initializes = false }
                    )
                    .With("m002", seen => seen with { Maas = new Observation<MaasFacts>.Unknown("timeout") });
                break;
            case "another one failed after its turn and before it joined":
                Failed(cluster, member => member with { JoinedAt = null, AdmittedAt = RunningCluster.MinutesAgo(1) });
                break;
            case "another one failed that began the control plane":
                Failed(cluster, member => member with { AdmittedAt = null });
                break;
            case "another one is released before it joined":
                cluster
                    .WithMember(
                        "m002",
                        member =>
                            member with
                            {
                                State = MachineState.Releasing,
                                JoinedAt = null,
                                AdmittedAt = RunningCluster.MinutesAgo(1),
                            }
                    )
                    .WithMaas("m002", facts => facts with { Progress = MaasProgress.Releasing })
                    .With("m002", seen => seen with { Node = new Observation<NodeFacts>.Absent() });
                break;
            case "another one is not Ready":
                cluster.Silent("m003", 1);
                break;
            case "etcd cannot be seen":
                cluster.Observed = cluster.Observed with { Etcd = new Observation<EtcdFacts>.Unknown("timeout") };
                break;
            case "etcd would lose its quorum":
                cluster.WithEtcd(member => member with { Healthy = member.Name is not ("host-002" or "host-003") });
                break;
        }

        Assert.DoesNotContain(cluster.Plan().Steps, step => step is Step.Cordon);
        Assert.Contains(cluster.Plan().Pending, wait => wait.Reason == reason);
    }

    [Fact]
    public void A_control_plane_that_has_left_etcd_and_is_locked_in_MAAS_does_not_block_others()
    {
        var cluster = ExpandedControlPlanes();
        cluster
            .WithMember("m002", member => Draining(member, RemovalKind.Replacement) with { Drained = true })
            .WithMaas("m002", facts => facts with { Locked = true })
            .With("m002", seen => seen with { Node = new Observation<NodeFacts>.Absent() });
        cluster.Observed = cluster.Observed with
        {
            Etcd = RunningCluster.Present(
                new EtcdFacts([.. cluster.Observed.Etcd.ValueOrDefault!.Members.Where(member => member.Name is not "host-002")])
            ),
        };
        cluster.WithPool(0, pool => pool with { RollingUpdate = RollingUpdate.ContractFirst });

        Assert.Contains(cluster.Plan().Steps, step => step is Step.Cordon);
    }

    [Fact]
    public void A_control_plane_that_failed_before_its_turn_does_not_block_others()
    {
        var cluster = ExpandedControlPlanes().WithPool(0, pool => pool with { RollingUpdate = RollingUpdate.ContractFirst });
        Failed(cluster, member => member with { Initializes = false, JoinedAt = null, AdmittedAt = null });

        Assert.Equal(["m001"], Cordoned(cluster));
    }

    [Fact]
    public void Control_planes_expand_first_even_when_one_may_be_unavailable()
    {
        var cluster = Stale(new RunningCluster(3, 0), 0)
            .WithPool(0, pool => pool with { RollingUpdate = new RollingUpdate(1, 1) });

        Assert.IsType<Step.Allocate>(Assert.Single(cluster.Plan().Steps));
    }

    [Fact]
    public void A_stale_control_plane_that_is_not_Ready_leaves_before_its_successor_comes() =>
        Assert.Equal(["m002"], Cordoned(Stale(new RunningCluster(3, 0), 0).Silent("m002", 1)));

    [Fact]
    public void One_control_plane_at_most_is_unavailable_whatever_the_pool_allows()
    {
        var cluster = AsAskedFor(Stale(new RunningCluster(5, 0), 0), "m004")
            .WithPool(0, pool => pool with { RollingUpdate = new RollingUpdate(0, 2) });

        Assert.Empty(Cordoned(Unadmitted(cluster, "m004")));
    }

    [Fact]
    public void A_stale_control_plane_whose_node_never_appeared_after_its_turn_is_released()
    {
        var cluster = Unadmitted(Stale(new RunningCluster(3, 0), 0), "m002")
            .WithMember("m002", member => member with { AdmittedAt = RunningCluster.MinutesAgo(1) });
        AsAskedFor(AsAskedFor(cluster, "m000"), "m001");

        Assert.IsType<Step.Release>(Assert.Single(cluster.StepsFor("m002")));
    }

    [Fact]
    public void A_broken_control_plane_leaves_before_a_stale_one()
    {
        var cluster = new RunningCluster(5, 0)
            .Silent("m001", 1)
            .Silent("m002", 1, new Repair(MarkedForReplacement: "it broke"))
            .WithMember("m001", member => member with { Build = member.Build! with { Image = ImageName.Parse("ubuntu/jammy") } })
            .WithEtcd(member => member with { Healthy = member.Name is not "host-001" });

        Assert.Equal(["m002"], Cordoned(cluster));
    }

    [Fact]
    public void Of_too_many_control_planes_one_that_is_not_Ready_leaves_first()
    {
        var cluster = new RunningCluster(5, 0).WithPool(0, pool => pool with { Size = 3 }).Silent("m002", 1);

        var step = Assert.Single(cluster.Plan().Steps.OfType<Step.Cordon>());
        Assert.Equal(("m002", "5 control planes for 3 places"), (step.Machine.Value, step.Reason));
    }

    [Fact]
    public void Of_too_many_control_planes_one_that_was_never_admitted_leaves_before_one_that_is_not_Ready()
    {
        var cluster = Unadmitted(new RunningCluster(5, 0), "m002")
            .With("m002", seen => seen with { Node = new Observation<NodeFacts>.Unknown("timeout") })
            .WithPool(0, pool => pool with { Size = 3 })
            .Silent("m001", 1)
            .WithMember("m001", member => member with { JoinedAt = member.JoinedAt!.Value.AddDays(-1) })
            .WithEtcd(member => member with { Healthy = member.Name is not "host-001" });

        Assert.Contains(
            cluster.Plan().Pending,
            wait => wait.Message is "host-002 leaves when the other control planes are Ready."
        );
    }

    [Fact]
    public void A_control_plane_without_a_member_in_etcd_leaves_first()
    {
        var cluster = ExpandedControlPlanes();
        WithoutEtcdMember(cluster, "host-002");
        Assert.Equal(["m002"], Cordoned(cluster));

        cluster = ExpandedControlPlanes().WithEtcd(member => member with { Healthy = member.Name is not "host-002" });
        WithoutEtcdMember(cluster, "host-001");
        Assert.Equal(["m001"], Cordoned(cluster));
    }

    [Fact]
    public void The_last_control_plane_that_is_Ready_stays_even_when_it_is_to_be_replaced()
    {
        var cluster = new RunningCluster(1, 0).WithMember(
            "m000",
            member => member with { Repair = new Repair(MarkedForReplacement: "it broke") }
        );

        Assert.Empty(Cordoned(cluster));
        Assert.Contains(
            cluster.Plan().Pending,
            wait => wait is { Reason: Reasons.QuorumAtRisk, Message: "host-000 is the last control plane that works; it stays." }
        );
    }

    [Fact]
    public void A_broken_control_plane_leaves_while_one_other_is_Ready()
    {
        var cluster = new RunningCluster(3, 0).Silent("m001", 1, new Repair(MarkedForReplacement: "it broke")).Silent("m002", 1);

        Assert.Equal(["m001"], Cordoned(cluster));
    }

    [Fact]
    public void The_last_control_plane_that_works_stays()
    {
        var cluster = new RunningCluster(3, 0)
            .WithPool(0, pool => pool with { Size = 1 })
            .Silent("m001", 1)
            .WithMember("m001", member => member with { Repair = new Repair(MarkedForReplacement: "it broke") })
            .Silent("m002", 1)
            .WithMember(
                "m002",
                member => member with { State = MachineState.Failed, Quarantined = true, JoinedAt = null, AdmittedAt = null }
            );
        cluster.WithMember(
            "m000",
            member => member with { State = MachineState.Draining, Removal = new Removal(RemovalKind.ScaleDown, "too many") }
        );

        Assert.DoesNotContain(cluster.Plan().Steps, step => step is Step.Cordon { Machine.Value: "m001" });
    }

    [Theory]
    [InlineData(MachineState.Selected)]
    [InlineData(MachineState.Allocated)]
    [InlineData(MachineState.Deploying)]
    [InlineData(MachineState.Joining)]
    public void Surplus_control_planes_that_were_never_admitted_leave_at_once(MachineState state)
    {
        var cluster = Unadmitted(new RunningCluster(3, 0), "m001", "m002")
            .WithPool(0, pool => pool with { Size = 1 })
            .WithMember("m001", member => member with { State = state })
            .WithMember("m002", member => member with { State = state });

        var steps = cluster.Plan().Steps.OfType<Step.Release>().ToList();
        Assert.Equal(["m001", "m002"], steps.Select(step => step.Machine.Value).Order(StringComparer.Ordinal));
        Assert.All(steps, step => Assert.Equal("3 control planes for 1 place", step.Reason));
    }

    [Fact]
    public void While_control_planes_are_missing_none_of_those_that_wait_is_released()
    {
        var cluster = Unadmitted(new RunningCluster(3, 0), "m000", "m001", "m002").WithPool(0, pool => pool with { Size = 5 });
        cluster.Observed = cluster.Observed with
        {
            Initialized = false,
            Formed = false,
            Api = new Observation<ApiFacts>.Absent(),
            Version = null,
        };

        Assert.DoesNotContain(cluster.Plan().Steps, step => step is Step.Release);
    }

    [Fact]
    public void When_all_wait_to_join_a_control_plane_without_a_first_machine_one_is_released()
    {
        var cluster = Unadmitted(new RunningCluster(3, 0), "m000", "m001", "m002");
        cluster.Observed = cluster.Observed with
        {
            Initialized = false,
            Formed = false,
            Api = new Observation<ApiFacts>.Absent(),
            Version = null,
        };

        Assert.Equal(
            "the machine that was to begin the control plane is gone; another takes its place",
            Assert.Single(cluster.Plan().Steps.OfType<Step.Release>()).Reason
        );

        cluster.WithMember("m000", member => member with { Initializes = true });
        Assert.Empty(cluster.Plan().Steps.OfType<Step.Release>());
    }

    /// <summary>The machines whose removal the plan begins.</summary>
    private static IEnumerable<string> Cordoned(RunningCluster cluster) =>
        cluster.Plan().Steps.OfType<Step.Cordon>().Select(step => step.Machine.Value).Order(StringComparer.Ordinal);

    /// <summary>Ten minutes must pass between two replacements in the worker pool, and the last was so long ago.</summary>
    private static RunningCluster Repaved(RunningCluster cluster, double minutesAgo)
    {
        cluster.Observed = cluster.Observed with
        {
            LastRepaved = [new(DnsLabel.Parse("pool-0"), RunningCluster.MinutesAgo(minutesAgo))],
        };
        return cluster.WithPool(1, pool => pool with { RepaveInterval = TimeSpan.FromMinutes(10) });
    }

    /// <summary>The control plane m002 failed, and MAAS does not answer for it.</summary>
    private static void Failed(RunningCluster cluster, Func<Member, Member> change) =>
        cluster
            .WithMember("m002", member => change(member) with { State = MachineState.Failed, Quarantined = true })
            .With("m002", seen => seen with { Maas = new Observation<MaasFacts>.Unknown("timeout") });

    private static void WithoutEtcdMember(RunningCluster cluster, string node) =>
        cluster.Observed = cluster.Observed with
        {
            Etcd = RunningCluster.Present(
                new EtcdFacts([.. cluster.Observed.Etcd.ValueOrDefault!.Members.Where(member => member.Name != node)])
            ),
        };

    private static IEnumerable<string> Leaving(RunningCluster cluster, int surge) =>
        Stale(cluster, 1)
            .WithPool(1, pool => pool with { RollingUpdate = new RollingUpdate(surge, 1) })
            .Plan()
            .Steps.OfType<Step.Cordon>()
            .Select(_ => "pool-0");

    private static Member Draining(Member member, RemovalKind kind) =>
        member with
        {
            State = MachineState.Draining,
            Since = RunningCluster.MinutesAgo(1),
            Removal = new Removal(kind, "another image"),
        };

    /// <summary>Every machine of the pool was installed from another image.</summary>
    private static RunningCluster Stale(RunningCluster cluster, int pool)
    {
        var name = cluster.Desired.Pools[pool].Name;
        foreach (var seen in cluster.Observed.Members.Where(seen => seen.Member.Pool == name).ToList())
        {
            cluster.WithMember(
                seen.Id.Value,
                member => member with { Build = member.Build! with { Image = ImageName.Parse("ubuntu/jammy") } }
            );
        }

        return cluster;
    }

    private static RunningCluster AsAskedFor(RunningCluster cluster, string machine) =>
        cluster.WithMember(machine, member => member with { Build = member.Build! with { Image = cluster.Desired.Image } });

    /// <summary>A surge machine exists, Ready and up to date.</summary>
    private static RunningCluster Expanded(RunningCluster cluster) =>
        AsAskedFor(Stale(cluster, 1), "m004").WithPool(1, pool => pool with { Size = 3 });

    /// <summary>Three stale control planes and the successor of the first, Ready.</summary>
    private static RunningCluster ExpandedControlPlanes()
    {
        var cluster = AsAskedFor(Stale(new RunningCluster(5, 0), 0), "m003").WithPool(0, pool => pool with { Size = 3 });
        cluster.Observed = cluster.Observed with
        {
            Members = [.. cluster.Observed.Members.Take(4)],
            Etcd = RunningCluster.Present(new EtcdFacts([.. cluster.Observed.Etcd.ValueOrDefault!.Members.Take(4)])),
        };
        return cluster;
    }

    private static RunningCluster Unadmitted(RunningCluster cluster, params string[] machines)
    {
        foreach (var machine in machines)
        {
            cluster.With(
                machine,
                seen =>
                    seen with
                    {
                        Member = seen.Member with
                        {
                            State = MachineState.Joining,
                            Initializes = false,
                            AdmittedAt = null,
                            AdmittedUntil = null,
                            JoinedAt = null,
                        },
                        Node = new Observation<NodeFacts>.Absent(),
                    }
            );
        }

        cluster.Observed = cluster.Observed with
        {
            Etcd = RunningCluster.Present(
                new EtcdFacts([.. cluster.Observed.Etcd.ValueOrDefault!.Members.Where(member => !machines.Contains(member.Id))])
            ),
        };
        return cluster;
    }
}
