using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Clusters.Steps;

namespace Gantry.Clusters.Tests.Planning;

/// <summary>The machines to take and install now, and their blockers.</summary>
public sealed class ScaleUpTests
{
    [Fact]
    public void A_control_plane_begins_anew_only_when_MAAS_has_every_machine_of_the_one_before_back()
    {
        var cluster = new RunningCluster(3)
            .With(
                "m000",
                seen =>
                    seen with
                    {
                        Member = seen.Member with
                        {
                            State = MachineState.Allocated,
                            Initializes = false,
                            AdmittedAt = null,
                            AdmittedUntil = null,
                            JoinedAt = null,
                            Build = null,
                        },
                        Maas = RunningCluster.Present(seen.Maas.ValueOrDefault! with { Progress = MaasProgress.Allocated }),
                        Node = new Observation<NodeFacts>.Absent(),
                    }
            )
            .WithMember("m001", member => member with { State = MachineState.Releasing })
            .WithMaas("m001", maas => maas with { Locked = true });
        cluster.Observed = cluster.Observed with
        {
            Initialized = false,
            Formed = false,
            Api = new Observation<ApiFacts>.Absent(),
            Members = [.. cluster.Observed.Members.Where(seen => seen.Id.Value is not "m002")],
        };

        var plan = cluster.Plan();

        Assert.DoesNotContain(plan.Steps, step => step is Step.Deploy { Bootstrap: Bootstrap.InitControlPlane });
        Assert.Contains(
            plan.Pending,
            wait => wait.Message is "host-000 becomes the first control plane when MAAS has host-001 back, which began before it."
        );
    }

    [Fact]
    public void A_new_cluster_takes_all_of_its_machines_or_none()
    {
        var cluster = New(3, 2, free: 4);

        Assert.Empty(cluster.Plan().Steps);
        Assert.Equal(Reasons.TooFewMachines, Assert.Single(cluster.Plan().Blockers).Reason);
        Assert.Equal(5, cluster.Plan().Lacking.Sum(shortfall => shortfall.Count));
    }

    [Fact]
    public void A_living_cluster_takes_the_available_machines_and_names_its_shortfall()
    {
        var cluster = new RunningCluster(1, 1).WithPool(1, pool => pool with { Size = 4 });
        cluster.Free = [.. cluster.Free.Take(1)];
        var plan = cluster.Plan();

        Assert.Single(plan.Steps.OfType<Step.Allocate>());
        Assert.Equal(2, Assert.Single(plan.Lacking).Count);
        Assert.Equal(Reasons.TooFewMachines, Assert.Single(plan.Blockers).Reason);
    }

    [Theory]
    [InlineData(3, 3, 2)]
    [InlineData(3, 4, 2)]
    [InlineData(3, 2, 1)]
    [InlineData(1, 4, 0)]
    [InlineData(0, 4, 0)]
    public void A_shortfall_counts_what_the_pool_had_and_still_wants_as_lost(int reached, int size, int lost)
    {
        var cluster = new RunningCluster(1, 1).WithPool(1, pool => pool with { Size = size });
        var pool = cluster.Desired.Pools[1].Name;
        cluster.Free = [];
        cluster.Observed = cluster.Observed with
        {
            ReachedSizes = reached is 0 ? [] : ValueMap<DnsLabel, int>.Empty.With(pool, reached),
        };

        var lacking = Assert.Single(cluster.Plan().Lacking);
        Assert.Equal((size - 1, lost), (lacking.Count, lacking.Lost));
    }

    [Fact]
    public void Machines_that_are_found_take_the_place_of_lost_ones_first()
    {
        var cluster = new RunningCluster(1, 1).WithPool(1, pool => pool with { Size = 5 });
        cluster.Observed = cluster.Observed with
        {
            ReachedSizes = ValueMap<DnsLabel, int>.Empty.With(cluster.Desired.Pools[1].Name, 3),
        };
        cluster.Free = [.. cluster.Free.Take(1)];

        var lacking = Assert.Single(cluster.Plan().Lacking);
        Assert.Equal((3, 1), (lacking.Count, lacking.Lost));
    }

    [Fact]
    public void A_plan_that_finds_all_machines_lacks_none() => Assert.Empty(New(3, 2, free: 5).Plan().Lacking);

    [Fact]
    public void The_address_is_reserved_before_the_first_machine_is_taken() =>
        Assert.True(New(1, 0, free: 1).Plan().Steps is [Step.ReserveAddress, Step.Allocate]);

    [Theory]
    [InlineData("absent")]
    [InlineData("unknown")]
    public void No_machine_is_taken_while_the_image_is(string how)
    {
        var cluster = New(1, 0, free: 1);
        cluster.Observed = cluster.Observed with
        {
            Image = how is "absent" ? new Observation<ImageName>.Absent() : new Observation<ImageName>.Unknown("timeout"),
        };
        var plan = cluster.Plan();

        Assert.Empty(plan.Steps);
        Assert.Equal(how is "absent", plan.Blockers.Any(blocker => blocker.Reason is Reasons.ImageMissing));
        Assert.Equal(how is "unknown", plan.Pending.Any(wait => wait.Reason is Reasons.Observing));
    }

    [Fact]
    public void An_unconfirmed_allocation_is_requested_again()
    {
        var cluster = new RunningCluster(1, 2)
            .WithMember(
                "m002",
                member => member with { State = MachineState.Selected, JoinedAt = null, AdmittedAt = null, Build = null }
            )
            .With(
                "m002",
                seen => seen with { Maas = new Observation<MaasFacts>.Absent(), Node = new Observation<NodeFacts>.Absent() }
            );

        Assert.True(cluster.StepsFor("m002") is [Step.Allocate { Reason: "it was chosen and its allocation is not confirmed" }]);
    }

    public static TheoryData<string, string?> Allocated { get; } =
        new()
        {
            { "as it is", null },
            { "locked", Reasons.MachineLocked },
            { "out of service", Reasons.MachineOutOfService },
            { "unseen", Reasons.Observing },
            { "its version has to wait", Reasons.Upgrading },
            { "control planes are upgraded first", Reasons.Upgrading },
            { "the endpoint is not ours yet", "" },
            { "there is no endpoint yet", "" },
            { "its pool's installations fail", "" },
            { "it is to be replaced", "" },
        };

    [Theory]
    [MemberData(nameof(Allocated))]
    public void An_allocated_machine_is_installed_unless(string situation, string? obstacle)
    {
        var cluster = Allocate(new RunningCluster(3, 2), "m004");
        switch (situation)
        {
            case "locked":
                cluster.WithMaas("m004", facts => facts with { Locked = true });
                break;
            case "out of service":
                cluster.WithMaas("m004", facts => facts with { Progress = MaasProgress.OutOfService });
                break;
            case "unseen":
                cluster.With("m004", seen => seen with { Maas = new Observation<MaasFacts>.Unknown("timeout") });
                break;
            case "its version has to wait":
                cluster.Desired = cluster.Desired with { KubernetesVersion = KubernetesVersion.Parse("1.33.5") };
                break;
            case "control planes are upgraded first":
                cluster.Desired = cluster.Desired with { KubernetesVersion = KubernetesVersion.Parse("1.33.5") };
                cluster.Observed = cluster.Observed with
                {
                    KubeadmVersion = new KubeadmVersionState.Known(KubernetesVersion.Parse("1.33.5")),
                };
                break;
            case "the endpoint is not ours yet":
                cluster.Observed = cluster.Observed with { Endpoint = cluster.Observed.Endpoint! with { Taken = false } };
                break;
            case "there is no endpoint yet":
                cluster.Observed = cluster.Observed with { Endpoint = null };
                break;
            case "its pool's installations fail":
                cluster.Observed = cluster.Observed with
                {
                    InstallFailures = [new InstallFailure(DnsLabel.Parse("pool-0"), 3, "no lease.")],
                };
                break;
            case "it is to be replaced":
                cluster.Desired = cluster.Desired with { Replace = [new SystemId("m004")] };
                break;
        }

        var plan = cluster.Plan();
        Assert.Equal(
            obstacle is null,
            plan.Steps.Any(step => step is Step.Deploy { Machine.Value: "m004", Bootstrap: Bootstrap.JoinWorker })
        );
        Assert.Equal(
            obstacle is Reasons.MachineOutOfService,
            plan.Pending.Any(wait => wait.Reason is Reasons.MachineOutOfService)
        );
        if (obstacle is { Length: > 0 })
        {
            Assert.Contains(
                obstacle,
                plan.Pending.Select(wait => wait.Reason).Concat(plan.Blockers.Select(blocker => blocker.Reason))
            );
        }
    }

    [Theory]
    [InlineData(2, false)]
    [InlineData(3, true)]
    public void After_three_machines_that_failed_alike_no_more_are_installed(int failed, bool stops)
    {
        var cluster = new RunningCluster(1, 1).WithPool(1, pool => pool with { Size = 3 });
        Allocate(cluster, "m001");
        cluster.Observed = cluster.Observed with
        {
            InstallFailures = [new InstallFailure(DnsLabel.Parse("pool-0"), failed, "no lease.")],
        };
        var plan = cluster.Plan();

        Assert.Equal(stops, plan.Steps is [Step.Release { Machine.Value: "m001" }]);
        Assert.Equal(
            stops
                ?
                [
                    "pool-0: 3 machines failed the same installation and none succeeded, the last with no lease; no more "
                        + "are installed like that",
                ]
                : [],
            plan.Blockers.Select(blocker => blocker.Message)
        );
    }

    [Fact]
    public void Failed_installations_do_not_block_a_complete_pool_or_another_pool()
    {
        var complete = new RunningCluster(1, 2);
        complete.Observed = complete.Observed with
        {
            InstallFailures = [new InstallFailure(DnsLabel.Parse("pool-0"), 3, "no lease")],
        };
        var other = new RunningCluster(1, 1, 1).WithPool(2, pool => pool with { Size = 2 });
        other.Observed = other.Observed with { InstallFailures = [new InstallFailure(DnsLabel.Parse("pool-0"), 3, "no lease")] };

        Assert.True(complete.Plan().IsSettled);
        Assert.Single(other.Plan().Steps.OfType<Step.Allocate>());
        Assert.Empty(other.Plan().Blockers);
    }

    [Fact]
    public void The_first_control_plane_runs_init_and_the_others_join()
    {
        var cluster = Beginning("m000", "m001", "m002");

        Assert.Equal(
            [Bootstrap.InitControlPlane, Bootstrap.JoinControlPlane, Bootstrap.JoinControlPlane],
            cluster.Plan().Steps.OfType<Step.Deploy>().Select(step => step.Bootstrap)
        );
    }

    [Fact]
    public void The_machine_with_init_on_record_runs_init()
    {
        var cluster = Beginning("m000", "m001", "m002").WithMember("m001", member => member with { Initializes = true });

        Assert.Equal(
            [Bootstrap.JoinControlPlane, Bootstrap.InitControlPlane, Bootstrap.JoinControlPlane],
            cluster.Plan().Steps.OfType<Step.Deploy>().Select(step => step.Bootstrap)
        );
    }

    [Fact]
    public void No_machine_runs_init_before_MAAS_has_released_the_previous_one()
    {
        var cluster = Beginning("m001", "m002")
            .WithMember("m000", member => member with { State = MachineState.Releasing, Initializes = true, JoinedAt = null })
            .WithMaas("m000", facts => facts with { Progress = MaasProgress.Releasing })
            .With("m000", seen => seen with { Node = new Observation<NodeFacts>.Absent() });
        var plan = cluster.Plan();

        Assert.DoesNotContain(plan.Steps, step => step is Step.Deploy { Bootstrap: Bootstrap.InitControlPlane });
        Assert.Contains(
            plan.Pending,
            wait =>
                wait is { Reason: Reasons.Releasing, Machine.Value: "m001" }
                && wait.Message.Contains("when MAAS has host-000 back", StringComparison.Ordinal)
        );
    }

    [Fact]
    public void Without_a_spare_machine_a_roll_says_so_and_what_helps()
    {
        var workers = Stale(new RunningCluster(1, 2), "pool-0");
        var one = Stale(new RunningCluster(1, 0), "control-plane");
        var three = Stale(new RunningCluster(3, 0), "control-plane");
        foreach (var cluster in (RunningCluster[])[workers, one, three])
        {
            cluster.Free = [];
            Assert.Empty(cluster.Plan().Steps);
            Assert.Equal(Reasons.NoSpareMachine, Assert.Single(cluster.Plan().Blockers).Reason);
        }

        Assert.EndsWith("or let the pool contract first", workers.Plan().Blockers[0].Message, StringComparison.Ordinal);
        Assert.EndsWith("a single control plane cannot contract first", one.Plan().Blockers[0].Message, StringComparison.Ordinal);
        Assert.EndsWith("or let the pool contract first", three.Plan().Blockers[0].Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_pool_that_lacks_machines_and_is_rolled_takes_one_machine_once()
    {
        var cluster = Stale(new RunningCluster(1, 2), "pool-0").WithPool(1, pool => pool with { Size = 3 });
        cluster.Free = [.. cluster.Free.Take(2)];

        Assert.Equal(
            ["m100", "m101"],
            cluster.Plan().Steps.OfType<Step.Allocate>().Select(step => step.Machine.Value).Order(StringComparer.Ordinal)
        );
        Assert.Empty(cluster.Plan().Lacking);
    }

    [Theory]
    [InlineData(MachineState.Draining, 1, 1)]
    [InlineData(MachineState.Releasing, 1, 1)]
    [InlineData(MachineState.Draining, 0, 0)]
    [InlineData(MachineState.Releasing, 0, 0)]
    public void A_successor_is_taken_while_the_old_machine_leaves_where_the_pool_may_be_above_its_size(
        MachineState leaving,
        int surge,
        int taken
    )
    {
        var cluster = new RunningCluster(1, 2)
            .WithPool(
                1,
                pool => pool with { RollingUpdate = surge is 0 ? RollingUpdate.ContractFirst : RollingUpdate.ExpandFirst }
            )
            .WithMember(
                "m002",
                member => member with { State = leaving, Removal = new Removal(RemovalKind.Replacement, "another image") }
            )
            .WithNode("m002", node => node with { Ready = false })
            .WithMaas(
                "m002",
                facts =>
                    facts with
                    {
                        Progress = leaving is MachineState.Releasing ? MaasProgress.Releasing : MaasProgress.Deployed,
                    }
            );

        Assert.Equal(taken, cluster.Plan().Steps.Count(step => step is Step.Allocate));
    }

    [Fact]
    public void A_cluster_that_lacks_nothing_needs_no_image()
    {
        var cluster = new RunningCluster(1, 2);
        cluster.Observed = cluster.Observed with { Image = new Observation<ImageName>.Absent() };

        Assert.True(cluster.Plan().IsSettled);
    }

    [Theory]
    [InlineData("absent")]
    [InlineData("unknown")]
    public void An_allocated_machine_is_not_installed_while_the_image_is(string how)
    {
        var cluster = Allocate(new RunningCluster(1, 2), "m002");
        cluster.Observed = cluster.Observed with
        {
            Image = how is "absent" ? new Observation<ImageName>.Absent() : new Observation<ImageName>.Unknown("timeout"),
        };

        Assert.Empty(cluster.Plan().Steps);
    }

    [Fact]
    public void Workers_are_taken_when_the_cluster_has_the_version_that_is_asked_for()
    {
        var cluster = new RunningCluster(1, 1).WithPool(1, pool => pool with { Size = 2 });
        cluster.Desired = cluster.Desired with { KubernetesVersion = KubernetesVersion.Parse("1.33.5") };
        cluster.Observed = cluster.Observed with
        {
            KubeadmVersion = new KubeadmVersionState.Known(KubernetesVersion.Parse("1.33.5")),
        };

        Assert.DoesNotContain(cluster.Plan().Steps, step => step is Step.Allocate { Role: PoolRole.Worker });
    }

    [Fact]
    public void What_a_pool_lacks_and_what_it_needs_for_a_roll_are_one_request()
    {
        var cluster = Stale(new RunningCluster(1, 2), "pool-0").WithPool(1, pool => pool with { Size = 3 });
        cluster.Free = [];

        Assert.Equal(2, Assert.Single(cluster.Plan().Lacking).Count);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_roll_that_goes_on_with_a_new_machine_does_not_complain_about_spare_ones(bool goesOn)
    {
        var cluster = Stale(new RunningCluster(1, 3), "pool-0")
            .WithPool(1, pool => pool with { Size = 2, RollingUpdate = new RollingUpdate(2, 0) })
            .WithMember("m003", member => member with { Build = member.Build! with { Image = ImageName.Parse("ubuntu/noble") } });
        if (goesOn)
        {
            cluster.Silent("m003", 1);
        }

        cluster.Free = [];

        Assert.Equal(!goesOn, cluster.Plan().Blockers.Any(blocker => blocker.Reason is Reasons.NoSpareMachine));
    }

    [Fact]
    public void A_machine_of_a_pool_whose_installations_fail_is_not_installed_though_its_node_cannot_be_seen()
    {
        var cluster = Allocate(new RunningCluster(1, 1, 1), "m001")
            .With("m001", seen => seen with { Node = new Observation<NodeFacts>.Unknown("timeout") });
        cluster.Observed = cluster.Observed with
        {
            InstallFailures = [new InstallFailure(DnsLabel.Parse("pool-0"), 3, "no lease")],
        };

        Assert.DoesNotContain(cluster.Plan().Steps, step => step is Step.Deploy);
    }

    [Fact]
    public void While_nobody_may_begin_the_others_are_installed_to_join()
    {
        var cluster = Beginning("m001", "m002")
            .WithMember("m000", member => member with { State = MachineState.Releasing, Initializes = true, JoinedAt = null })
            .WithMaas("m000", facts => facts with { Progress = MaasProgress.Releasing })
            .With("m000", seen => seen with { Node = new Observation<NodeFacts>.Absent() });

        Assert.Equal(
            [(new SystemId("m002"), Bootstrap.JoinControlPlane)],
            cluster.Plan().Steps.OfType<Step.Deploy>().Select(step => (step.Machine, step.Bootstrap))
        );
    }

    [Fact]
    public void A_worker_is_installed_before_the_control_plane_has_begun()
    {
        var cluster = Allocate(new RunningCluster(1, 1), "m001")
            .WithMember("m000", member => member with { State = MachineState.Releasing, Initializes = true, JoinedAt = null })
            .WithMaas("m000", facts => facts with { Progress = MaasProgress.Releasing })
            .With("m000", seen => seen with { Node = new Observation<NodeFacts>.Absent() });
        cluster.Observed = cluster.Observed with
        {
            Initialized = false,
            Formed = false,
            Api = new Observation<ApiFacts>.Absent(),
            Version = null,
            KubeadmVersion = null,
        };

        Assert.Contains(
            cluster.Plan().Steps,
            step => step is Step.Deploy { Machine.Value: "m001", Bootstrap: Bootstrap.JoinWorker }
        );
    }

    private static RunningCluster New(int controlPlanes, int workers, int free)
    {
        var cluster = new RunningCluster(controlPlanes, workers);
        cluster.Observed = Scenes.Nothing;
        cluster.Free = [.. cluster.Free.Take(free)];
        return cluster;
    }

    private static RunningCluster Allocate(RunningCluster cluster, string machine) =>
        cluster
            .WithMember(
                machine,
                member =>
                    member with
                    {
                        State = MachineState.Allocated,
                        Build = null,
                        Initializes = false,
                        AdmittedAt = null,
                        AdmittedUntil = null,
                        JoinedAt = null,
                    }
            )
            .WithMaas(machine, facts => facts with { Progress = MaasProgress.Allocated })
            .With(machine, seen => seen with { Node = new Observation<NodeFacts>.Absent() });

    /// <summary>A cluster that is not bootstrapped; these machines are allocated.</summary>
    private static RunningCluster Beginning(params string[] machines)
    {
        var cluster = new RunningCluster(3, 0);
        foreach (var machine in machines)
        {
            Allocate(cluster, machine);
        }

        cluster.Observed = cluster.Observed with
        {
            Initialized = false,
            Formed = false,
            Api = new Observation<ApiFacts>.Absent(),
            Version = null,
            KubeadmVersion = null,
        };
        return cluster;
    }

    private static RunningCluster Stale(RunningCluster cluster, string pool)
    {
        foreach (var seen in cluster.Observed.Members.Where(seen => seen.Member.Pool.Value == pool).ToList())
        {
            cluster.WithMember(
                seen.Id.Value,
                member => member with { Build = member.Build! with { Image = ImageName.Parse("ubuntu/jammy") } }
            );
        }

        return cluster;
    }
}
