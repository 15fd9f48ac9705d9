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
        var cluster = Expanded(new RunningCluster(1, 4));

        Assert.Equal("m001", Assert.Single(cluster.Plan().Steps.OfType<Step.Cordon>()).Machine.Value);
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

    [Fact]
    public void Surplus_control_planes_that_were_never_admitted_leave_at_once()
    {
        var cluster = Unadmitted(new RunningCluster(3, 0), "m001", "m002").WithPool(0, pool => pool with { Size = 1 });

        Assert.Equal(
            ["m001", "m002"],
            cluster.Plan().Steps.OfType<Step.Release>().Select(step => step.Machine.Value).Order(StringComparer.Ordinal)
        );
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

        Assert.Single(cluster.Plan().Steps.OfType<Step.Release>());

        cluster.WithMember("m000", member => member with { Initializes = true });
        Assert.Empty(cluster.Plan().Steps.OfType<Step.Release>());
    }

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
