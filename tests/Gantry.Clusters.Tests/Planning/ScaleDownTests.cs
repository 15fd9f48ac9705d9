using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Clusters.Steps;

namespace Gantry.Clusters.Tests.Planning;

/// <summary>Removal from a living cluster: cordon, drain, leave etcd, delete the node, release the machine.</summary>
public sealed class ScaleDownTests
{
    [Fact]
    public void A_machine_whose_node_is_there_is_cordoned_first()
    {
        var cluster = Shrunk(new RunningCluster(1, 3));

        var step = Assert.IsType<Step.Cordon>(Assert.Single(cluster.Plan().Steps));
        Assert.Equal(RemovalKind.ScaleDown, step.Kind);
        Assert.Equal("3 machines for 2 places in pool-0", step.Reason);
    }

    [Fact]
    public void A_machine_without_a_node_is_given_back_at_once()
    {
        var cluster = Shrunk(new RunningCluster(1, 3)).WithMember("m001", Deploying).With("m001", WithoutNode);

        Assert.IsType<Step.Release>(Assert.Single(cluster.StepsFor("m001")));
    }

    [Fact]
    public void A_selected_machine_is_released_for_any_observation()
    {
        var cluster = Shrunk(new RunningCluster(1, 3))
            .WithMember("m001", member => Deploying(member) with { State = MachineState.Selected })
            .With(
                "m001",
                seen =>
                    seen with
                    {
                        Node = new Observation<NodeFacts>.Unknown("no answer"),
                        Maas = new Observation<MaasFacts>.Unknown("no answer"),
                    }
            );

        Assert.IsType<Step.Release>(Assert.Single(cluster.StepsFor("m001")));
        Assert.DoesNotContain(cluster.Plan().Pending, wait => wait.Reason is Reasons.Observing);
    }

    [Fact]
    public void A_machine_whose_node_cannot_be_observed_stays()
    {
        var cluster = Shrunk(new RunningCluster(1, 1))
            .WithPool(1, pool => pool with { Size = 0 })
            .With("m001", seen => seen with { Node = new Observation<NodeFacts>.Unknown("timeout") });

        Assert.Empty(cluster.StepsFor("m001"));
        Assert.Contains(
            cluster.Plan().Pending,
            wait => wait is { Reason: Reasons.Observing, Message: "The node host-001 cannot be seen: timeout." }
        );
    }

    [Fact]
    public void A_broken_machine_without_a_node_goes_into_quarantine_before_it_is_given_back()
    {
        var cluster = MarkedForReplacement(new RunningCluster(1, 3), "m001").With("m001", WithoutNode);
        Assert.True(cluster.StepsFor("m001") is [Step.Quarantine, Step.Release]);

        cluster.WithMember("m001", member => member with { Quarantined = true });
        Assert.True(cluster.StepsFor("m001") is [Step.Release]);
    }

    [Fact]
    public void A_drain_goes_on_until_every_pod_has_left()
    {
        var cluster = Drains(new RunningCluster(1, 3), "m001");
        Assert.True(cluster.StepsFor("m001") is [Step.Drain { Force: false, Reason: "another image" }]);

        cluster.WithMember("m001", member => member with { Drained = true });
        Assert.True(
            cluster.StepsFor("m001")
                is [Step.DeleteNode { Reason: "its pods have left" }, Step.Release { Reason: "another image" }]
        );

        cluster.With("m001", WithoutNode);
        Assert.True(cluster.StepsFor("m001") is [Step.Release]);
    }

    [Fact]
    public void A_drain_waits_while_the_node_cannot_be_seen()
    {
        var cluster = Drains(new RunningCluster(1, 3), "m001")
            .WithMember("m001", member => member with { Drained = true })
            .With("m001", seen => seen with { Node = new Observation<NodeFacts>.Unknown("timeout") });

        Assert.Empty(cluster.StepsFor("m001"));
        Assert.Contains(
            cluster.Plan().Pending,
            wait => wait is { Reason: Reasons.Observing, Message: "The node host-001 cannot be seen: timeout." }
        );
    }

    [Theory]
    [InlineData(RemovalKind.Repair, 5, 60, false)]
    [InlineData(RemovalKind.Repair, 5.1, 60, true)]
    [InlineData(RemovalKind.Replacement, 60, 60, false)]
    [InlineData(RemovalKind.Replacement, 60.1, 60, true)]
    [InlineData(RemovalKind.Replacement, 6000, 0, false)]
    public void A_drain_is_forced_after_the_timeout_of_the_cluster_or_five_minutes_of_a_repair(
        RemovalKind kind,
        double minutes,
        double timeout,
        bool forced
    )
    {
        var cluster = Drains(new RunningCluster(1, 3), "m001", kind, minutes);
        cluster.Desired = cluster.Desired with { DrainTimeout = TimeSpan.FromMinutes(timeout) };

        Assert.Equal(forced, Assert.Single(cluster.StepsFor("m001").OfType<Step.Drain>()).Force);
    }

    [Theory]
    [InlineData(null, 20, 20)]
    [InlineData(10, 20, 10)]
    [InlineData(0, 20, null)]
    [InlineData(10, 0, 10)]
    [InlineData(null, 0, null)]
    public void The_limit_of_a_drain_is_that_of_the_pool_and_otherwise_that_of_the_cluster(int? pool, int cluster, int? limit)
    {
        var seen = Drains(new RunningCluster(1, 3), "m001", RemovalKind.ScaleDown, minutes: 1)
            .WithPool(1, one => one with { Size = 2, DrainTimeout = pool is { } own ? TimeSpan.FromMinutes(own) : null });
        seen.Desired = seen.Desired with { DrainTimeout = TimeSpan.FromMinutes(cluster) };

        var drain = Assert.Single(seen.StepsFor("m001").OfType<Step.Drain>());
        Assert.Equal(limit is { } minutes ? RunningCluster.MinutesAgo(1) + TimeSpan.FromMinutes(minutes + 1) : null, drain.Until);
    }

    [Theory]
    [InlineData(RemovalKind.Repair, false, 0, 5)]
    [InlineData(RemovalKind.Repair, false, 2, 2)]
    [InlineData(RemovalKind.Repair, false, 60, 5)]
    [InlineData(RemovalKind.ScaleDown, true, 0, 5)]
    [InlineData(RemovalKind.ScaleDown, true, 2, 2)]
    [InlineData(RemovalKind.ScaleDown, true, 60, 5)]
    public void A_broken_machine_is_drained_for_five_minutes_at_most(RemovalKind kind, bool silent, int timeout, int limit)
    {
        var cluster = Drains(new RunningCluster(1, 3), "m001", kind, minutes: 1)
            .WithPool(1, pool => pool with { Size = 2 })
            .WithNode("m001", node => node with { Ready = !silent, Silent = silent });
        cluster.Desired = cluster.Desired with { DrainTimeout = TimeSpan.FromMinutes(timeout) };

        var drain = Assert.Single(cluster.StepsFor("m001").OfType<Step.Drain>());
        Assert.Equal(RunningCluster.MinutesAgo(1) + TimeSpan.FromMinutes(limit + 1), drain.Until);
    }

    [Fact]
    public void A_broken_machine_goes_into_quarantine_once_its_pods_have_left()
    {
        var cluster = Drains(new RunningCluster(1, 3), "m001", RemovalKind.Repair)
            .WithMember("m001", member => member with { Drained = true });
        Assert.True(cluster.StepsFor("m001") is [Step.Quarantine, Step.DeleteNode, Step.Release]);

        cluster.WithMember("m001", member => member with { Quarantined = true });
        Assert.True(cluster.StepsFor("m001") is [Step.DeleteNode, Step.Release]);
    }

    [Fact]
    public void A_machine_that_failed_is_put_into_quarantine_and_given_back()
    {
        var cluster = Failed(new RunningCluster(1, 3), "m001");
        Assert.True(
            cluster.StepsFor("m001")
                is [
                    Step.Quarantine { Reason: "no lease" },
                    Step.DeleteNode { Reason: "no lease" },
                    Step.Release { Reason: "no lease" },
                ]
        );

        cluster.With("m001", WithoutNode).WithMember("m001", member => member with { Quarantined = true, Failure = null });
        Assert.True(cluster.StepsFor("m001") is [Step.Release { Reason: "it failed" }]);
    }

    [Fact]
    public void A_failed_machine_that_MAAS_does_not_show_is_pending()
    {
        var cluster = Failed(new RunningCluster(1, 3), "m001")
            .With("m001", seen => seen with { Maas = new Observation<MaasFacts>.Unknown("timeout") });

        Assert.Empty(cluster.StepsFor("m001"));
        Assert.Contains(
            cluster.Plan().Pending,
            wait => wait is { Reason: Reasons.Observing, Message: "Whether host-001 is still ours is not known: timeout." }
        );
    }

    public static TheoryData<MaasProgress, bool, string> ShownByMaas { get; } =
        new()
        {
            { MaasProgress.Deployed, false, "released" },
            { MaasProgress.FailedReleasing, false, "released" },
            { MaasProgress.Deployed, true, Reasons.MachineLocked },
            { MaasProgress.Releasing, true, Reasons.MachineLocked },
            { MaasProgress.Releasing, false, Reasons.Releasing },
            { MaasProgress.OutOfService, false, Reasons.MachineOutOfService },
        };

    [Theory]
    [MemberData(nameof(ShownByMaas))]
    public void A_release_waits_until_MAAS_shows_a_machine_to_release(MaasProgress progress, bool locked, string expected)
    {
        var cluster = Releasing(new RunningCluster(1, 3), "m001")
            .With("m001", WithoutNode)
            .WithMaas("m001", facts => facts with { Progress = progress, Locked = locked, Message = "Erasing disks" });
        var plan = cluster.Plan();

        Assert.Equal(expected is "released", cluster.StepsFor("m001").Any(step => step is Step.Release));
        if (expected is not "released")
        {
            Assert.Contains(
                expected,
                (progress is MaasProgress.Releasing && !locked ? plan.Pending : plan.Leaving).Select(wait => wait.Reason)
            );
            Assert.Empty(plan.Blockers);
        }
    }

    [Fact]
    public void A_release_that_MAAS_gave_up_is_reported_beside_the_cluster_and_requested_again()
    {
        var cluster = Releasing(new RunningCluster(1, 3), "m001")
            .With("m001", WithoutNode)
            .WithMember("m001", member => member with { ReleaseFailure = "the BMC is silent." });

        Assert.IsType<Step.Release>(Assert.Single(cluster.StepsFor("m001")));
        var left = Assert.Single(cluster.Plan().Leaving);
        Assert.Equal(Reasons.ReleaseFailed, left.Reason);
        Assert.Equal("MAAS could not release host-001 (the BMC is silent); it is asked again until it can.", left.Message);
        Assert.DoesNotContain(cluster.Plan().Steps.Where(cluster.Plan().IsNeeded), step => step.Target == left.Machine);

        cluster.With("m001", seen => seen with { Maas = new Observation<MaasFacts>.Unknown("timeout") });
        Assert.Empty(cluster.Plan().Leaving);
    }

    [Theory]
    [InlineData(0, 0, true)]
    [InlineData(1, 9, false)]
    [InlineData(1, 10, true)]
    [InlineData(3, 39, false)]
    [InlineData(3, 40, true)]
    [InlineData(1000, 299, false)]
    [InlineData(1000, 300, true)]
    [InlineData(1000, -5, true)]
    public void The_pause_between_two_requests_for_a_release_doubles_up_to_five_minutes(int requests, int secondsAgo, bool due)
    {
        var cluster = Releasing(new RunningCluster(1, 3), "m001")
            .With("m001", WithoutNode)
            .WithMaas("m001", facts => facts with { Progress = MaasProgress.FailedReleasing })
            .WithMember(
                "m001",
                member =>
                    member with
                    {
                        ReleaseFailure = "the BMC is silent",
                        ReleaseRequests = requests,
                        ReleaseRequestedAt = requests is 0 ? null : Scenes.Now - TimeSpan.FromSeconds(secondsAgo),
                    }
            );

        Assert.Equal(due, cluster.StepsFor("m001").Any(step => step is Step.Release));
        Assert.Single(cluster.Plan().Leaving);
    }

    [Fact]
    public void A_contract_first_roll_does_not_wait_for_a_machine_that_MAAS_cannot_release()
    {
        var cluster = Releasing(new RunningCluster(1, 3), "m001")
            .With("m001", WithoutNode)
            .WithPool(1, pool => pool with { Size = 3, RollingUpdate = new RollingUpdate(0, 1) })
            .WithMaas("m001", facts => facts with { Progress = MaasProgress.FailedReleasing })
            .WithMember(
                "m001",
                member => member with { ReleaseFailure = null, Removal = new Removal(RemovalKind.Replacement, "new") }
            );
        cluster.Free = [Scenes.Machine(200)];
        Assert.DoesNotContain(cluster.Plan().Steps, step => step is Step.Allocate);

        cluster.WithMember("m001", member => member with { ReleaseFailure = "the BMC is silent" });
        Assert.Contains(cluster.Plan().Steps, step => step is Step.Allocate);
    }

    [Fact]
    public void A_node_that_registered_again_while_its_machine_is_released_is_deleted_again()
    {
        var cluster = Releasing(new RunningCluster(1, 3), "m001");

        Assert.True(cluster.StepsFor("m001") is [Step.DeleteNode { Reason: "its machine leaves the cluster" }, Step.Release]);
    }

    [Theory]
    [InlineData("fails", "no lease")]
    [InlineData("leaves", "another image")]
    [InlineData("nobody knows", "it is not needed any more")]
    public void A_release_says_why(string how, string reason)
    {
        var cluster = Releasing(new RunningCluster(1, 3), "m001")
            .WithMember(
                "m001",
                member =>
                    member with
                    {
                        Failure = how is "fails" ? "no lease" : null,
                        Removal = how is "nobody knows" ? null : member.Removal,
                    }
            );

        Assert.Equal(reason, Assert.Single(cluster.StepsFor("m001").OfType<Step.Release>()).Reason);
    }

    [Fact]
    public void A_draining_machine_that_its_pool_needs_again_is_uncordoned()
    {
        var cluster = Drains(new RunningCluster(1, 3), "m001", RemovalKind.ScaleDown);

        Assert.True(cluster.StepsFor("m001") is [Step.Uncordon { Reason: "pool-0 needs it after all" }]);
    }

    public static TheoryData<string> StillLeaves { get; } =
    [
        "it broke",
        "the pool has enough",
        "its pool is gone",
        "its node is not Ready",
        "its node cannot be seen",
        "it would be replaced again",
        "another one drains before it",
    ];

    [Theory]
    [MemberData(nameof(StillLeaves))]
    public void A_draining_machine_leaves_when(string why)
    {
        var cluster = Drains(new RunningCluster(1, 4), "m002", why is "it broke" ? RemovalKind.Repair : RemovalKind.ScaleDown);
        switch (why)
        {
            case "the pool has enough":
                cluster.WithPool(1, pool => pool with { Size = 3 });
                break;
            case "its pool is gone":
                cluster.WithMember("m002", member => member with { Pool = DnsLabel.Parse("gone") });
                break;
            case "its node is not Ready":
                cluster.WithNode("m002", node => node with { Ready = false });
                break;
            case "its node cannot be seen":
                cluster.With("m002", seen => seen with { Node = new Observation<NodeFacts>.Unknown("timeout") });
                break;
            case "it would be replaced again":
                cluster.Desired = cluster.Desired with { Replace = [new SystemId("m002")] };
                break;
            case "another one drains before it":
                Drains(cluster, "m001", RemovalKind.ScaleDown);
                break;
        }

        Assert.DoesNotContain(cluster.StepsFor("m002"), step => step is Step.Uncordon);
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(false, false)]
    public void A_draining_control_plane_comes_back_while_it_is_still_a_member_of_etcd(bool member, bool comesBack)
    {
        var cluster = Drains(new RunningCluster(3, 1), "m002", RemovalKind.ScaleDown);
        if (!member)
        {
            WithoutVote(cluster, "host-002");
        }

        Assert.Equal(comesBack, cluster.StepsFor("m002").Any(step => step is Step.Uncordon));
    }

    public static TheoryData<string, string> WaysOutOfEtcd { get; } =
        new()
        {
            { "a healthy voter", "removes" },
            { "the leader", "hands over" },
            { "no member", "goes" },
            { "etcd cannot be seen", Reasons.EtcdUnhealthy },
            { "there is no etcd", "goes" },
            { "another one is sick", Reasons.QuorumAtRisk },
            { "a learner joins", Reasons.Rolling },
            { "a sick learner is there", "removes the learner" },
            { "it never had its turn", "goes" },
            { "it had its turn and has no name yet", "removes the nameless" },
        };

    [Theory]
    [MemberData(nameof(WaysOutOfEtcd))]
    public void A_control_plane_leaves_etcd_before_its_node_is_deleted(string situation, string way)
    {
        var cluster = Drains(new RunningCluster(3, 1), situation is "the leader" ? "m000" : "m002", RemovalKind.Repair)
            .WithMember("m002", member => member with { Drained = true, Quarantined = true })
            .WithMember("m000", member => member with { Drained = true, Quarantined = true });
        switch (situation)
        {
            case "no member":
                WithoutVote(cluster, "host-002");
                break;
            case "etcd cannot be seen":
                cluster.Observed = cluster.Observed with { Etcd = new Observation<EtcdFacts>.Unknown("timeout") };
                break;
            case "there is no etcd":
                cluster.Observed = cluster.Observed with { Etcd = new Observation<EtcdFacts>.Absent() };
                break;
            case "another one is sick":
                cluster.WithEtcd(member => member.Name is "host-001" ? member with { Healthy = false } : member);
                break;
            case "a learner joins":
                WithVote(cluster, new EtcdMember("new", "host-009", Voting: false, Healthy: true, Leader: false));
                break;
            case "a sick learner is there":
                WithVote(cluster, new EtcdMember("new", "host-009", Voting: false, Healthy: false, Leader: false));
                break;
            case "it never had its turn":
                WithoutVote(cluster, "host-002")
                    .WithMember("m002", member => member with { Initializes = false, AdmittedAt = null, JoinedAt = null });
                break;
            case "it had its turn and has no name yet":
                WithVote(
                    WithoutVote(cluster, "host-002")
                        .WithMember("m002", member => member with { JoinedAt = null, AdmittedAt = RunningCluster.MinutesAgo(5) }),
                    new EtcdMember("nameless", "", Voting: false, Healthy: false, Leader: false)
                );
                break;
        }

        var plan = cluster.Plan();
        var leaving = situation is "the leader" ? "m000" : "m002";
        var removed = plan.Steps.OfType<Step.RemoveEtcdMember>().ToList();
        var moved = plan.Steps.OfType<Step.MoveEtcdLeader>().ToList();
        switch (way)
        {
            case "removes":
                Assert.Equal("m002", Assert.Single(removed).Member);
                break;
            case "removes the learner":
                Assert.Equal("m002", Assert.Single(removed).Member);
                break;
            case "removes the nameless":
                Assert.Equal("nameless", Assert.Single(removed).Member);
                break;
            case "hands over":
                Assert.Equal("m001", Assert.Single(moved).To);
                break;
            case "goes":
                Assert.Empty(removed);
                break;
            default:
                Assert.Contains(plan.Pending, wait => wait.Reason == way && wait.Machine?.Value == leaving);
                Assert.DoesNotContain(removed, step => step.Machine?.Value == leaving);
                break;
        }

        Assert.Equal(way is "hands over", moved.Count > 0);
        Assert.Equal(way is "goes", plan.Steps.Any(step => step is Step.Release && step.Target?.Value == leaving));
        Assert.Equal(way is "goes", plan.Steps.Any(step => step is Step.DeleteNode && step.Target?.Value == leaving));
    }

    [Fact]
    public void A_leader_hands_over_to_an_up_to_date_member_before_a_stale_one()
    {
        var cluster = Drains(new RunningCluster(5, 0), "m000", RemovalKind.Repair)
            .WithMember("m000", member => member with { Drained = true, Quarantined = true });
        cluster.Desired = cluster.Desired with { Replace = [new SystemId("m001")] };
        cluster.WithMember("m002", member => member with { State = MachineState.Draining, Drained = false });

        Assert.Equal("m003", Assert.Single(cluster.Plan().Steps.OfType<Step.MoveEtcdLeader>()).To);
    }

    [Fact]
    public void A_leader_without_a_healthy_successor_is_removed_as_it_is()
    {
        var cluster = Drains(new RunningCluster(3, 0), "m000", RemovalKind.Repair)
            .WithMember("m000", member => member with { Drained = true, Quarantined = true })
            .WithEtcd(member =>
                member.Name is "host-000" ? member with { Voting = false, Leader = true } : member with { Healthy = false }
            );

        Assert.Empty(cluster.Plan().Steps.OfType<Step.MoveEtcdLeader>());
        Assert.Equal("m000", Assert.Single(cluster.Plan().Steps.OfType<Step.RemoveEtcdMember>()).Member);
    }

    [Fact]
    public void One_member_leaves_etcd_in_one_plan()
    {
        var cluster = Drains(Drains(new RunningCluster(5, 0), "m003", RemovalKind.Repair), "m004", RemovalKind.Repair)
            .WithMember("m003", member => member with { Drained = true, Quarantined = true })
            .WithMember("m004", member => member with { Drained = true, Quarantined = true });

        Assert.Single(cluster.Plan().Steps.OfType<Step.RemoveEtcdMember>());
        Assert.Contains(cluster.Plan().Pending, wait => wait is { Reason: Reasons.Rolling, Machine.Value: "m004" });
    }

    [Fact]
    public void A_node_without_a_machine_of_ours_is_deleted()
    {
        var cluster = new RunningCluster(1, 1);
        cluster.Observed = cluster.Observed with { OrphanNodes = ["stray"] };
        Assert.Equal("stray", Assert.Single(cluster.Plan().Steps.OfType<Step.DeleteOrphanNode>()).Node);

        cluster.Observed = cluster.Observed with { Api = new Observation<ApiFacts>.Unknown("timeout") };
        Assert.Empty(cluster.Plan().Steps);
    }

    public static TheoryData<string, bool> OrphanVotes { get; } =
        new()
        {
            { "its machine is gone", true },
            { "its machine is being released", true },
            { "its machine has had no turn in this life", true },
            { "it is a member", false },
            { "it has no name, and one joins", false },
            { "it has no name, and one failed", false },
            { "it has no name, and nobody joins", true },
            { "another one is sick", false },
            { "a learner joins", false },
            { "it is a learner while another is sick", true },
        };

    [Theory]
    [MemberData(nameof(OrphanVotes))]
    public void The_vote_of_a_machine_that_is_not_ours_any_more_is_taken_from_etcd_when(string situation, bool removed)
    {
        var cluster = new RunningCluster(3, 1);
        var orphan = new EtcdMember(
            "orphan",
            situation.StartsWith("it has no name", StringComparison.Ordinal) ? "" : "host-900",
            true,
            true,
            false
        );
        switch (situation)
        {
            case "its machine is being released":
                orphan = orphan with { Name = "host-002" };
                WithVote(WithoutVote(cluster, "host-002"), orphan)
                    .WithMember("m002", member => member with { State = MachineState.Releasing });
                cluster.With("m002", WithoutNode).WithMaas("m002", facts => facts with { Progress = MaasProgress.Releasing });
                break;
            case "its machine has had no turn in this life":
                orphan = orphan with { Name = "host-002" };
                WithVote(WithoutVote(cluster, "host-002"), orphan)
                    .With("m002", WithoutNode)
                    .WithMember("m002", member => Deploying(member) with { Initializes = false });
                break;
            case "it is a member":
                break;
            case "another one is sick":
                WithVote(
                    cluster.WithEtcd(member =>
                        member.Name is "host-001" or "host-002" ? member with { Healthy = false } : member
                    ),
                    orphan
                );
                break;
            case "a learner joins":
                WithVote(
                    WithVote(cluster, orphan),
                    new EtcdMember("new", "host-002", Voting: false, Healthy: true, Leader: false)
                );
                WithoutVote(cluster, "host-002");
                WithVote(cluster, new EtcdMember("m002", "host-002", Voting: false, Healthy: true, Leader: false));
                break;
            case "it is a learner while another is sick":
                WithVote(
                    cluster.WithEtcd(member =>
                        member.Name is "host-001" or "host-002" ? member with { Healthy = false } : member
                    ),
                    orphan with
                    {
                        Voting = false,
                    }
                );
                break;
            case "it has no name, and one joins":
                WithVote(cluster, orphan)
                    .WithMember(
                        "m002",
                        member => member with { State = MachineState.Joining, AdmittedAt = RunningCluster.MinutesAgo(1) }
                    );
                break;
            case "it has no name, and one failed":
                WithVote(cluster, orphan)
                    .WithMember("m002", member => member with { State = MachineState.Failed, Quarantined = true })
                    .With("m002", seen => seen with { Maas = new Observation<MaasFacts>.Unknown("timeout") });
                break;
            default:
                WithVote(cluster, orphan);
                break;
        }

        Assert.Equal(removed, cluster.Plan().Steps.OfType<Step.RemoveEtcdMember>().Any(step => step.Member is "orphan"));
        Assert.Equal(
            situation is "another one is sick",
            cluster.Plan().Pending.Any(wait => wait is { Reason: Reasons.QuorumAtRisk, Machine: null })
        );
    }

    [Fact]
    public void A_worker_leaves_whatever_is_known_of_etcd()
    {
        var cluster = Drains(new RunningCluster(3, 3), "m003").WithMember("m003", member => member with { Drained = true });
        cluster.Observed = cluster.Observed with { Etcd = new Observation<EtcdFacts>.Unknown("timeout") };

        Assert.Contains(cluster.StepsFor("m003"), step => step is Step.Release);
    }

    [Theory]
    [InlineData("before there is an etcd")]
    [InlineData("before it had its turn")]
    public void A_control_plane_that_is_in_no_etcd_is_given_back_whatever_is_known_of_etcd(string when)
    {
        var cluster = Failed(new RunningCluster(3, 1), "m002").With("m002", WithoutNode);
        cluster.Observed = cluster.Observed with
        {
            Etcd = new Observation<EtcdFacts>.Unknown("timeout"),
            Initialized = when is not "before there is an etcd",
            Formed = when is not "before there is an etcd",
            Api = when is "before there is an etcd" ? new Observation<ApiFacts>.Absent() : cluster.Observed.Api,
        };
        if (when is "before it had its turn")
        {
            cluster.WithMember("m002", member => member with { Initializes = false, AdmittedAt = null, JoinedAt = null });
        }

        Assert.Contains(cluster.StepsFor("m002"), step => step is Step.Release);
    }

    [Fact]
    public void A_failed_control_plane_keeps_its_machine_and_its_node_until_its_vote_is_gone()
    {
        var steps = Failed(new RunningCluster(3, 1), "m002").Plan().Steps;

        Assert.Contains(steps, step => step is Step.RemoveEtcdMember { Member: "m002" });
        Assert.DoesNotContain(steps, step => step is Step.DeleteNode or Step.Release);
    }

    [Fact]
    public void The_vote_of_its_own_name_is_taken_before_one_without_a_name()
    {
        var cluster = WithVote(
            Failed(new RunningCluster(3, 1), "m002").WithMember("m002", member => member with { JoinedAt = null }),
            new EtcdMember("nameless", "", Voting: false, Healthy: false, Leader: false)
        );

        Assert.Equal("m002", Assert.Single(cluster.Plan().Steps.OfType<Step.RemoveEtcdMember>()).Member);
    }

    [Fact]
    public void A_machine_that_has_joined_and_left_etcd_is_not_the_one_without_a_name()
    {
        var cluster = WithVote(
            WithoutVote(Failed(new RunningCluster(3, 1), "m002"), "host-002").With("m002", WithoutNode),
            new EtcdMember("nameless", "", Voting: false, Healthy: false, Leader: false)
        );

        Assert.Contains(cluster.StepsFor("m002"), step => step is Step.Release);
    }

    [Fact]
    public void The_vote_of_an_unknown_machine_is_taken_while_another_joins()
    {
        var cluster = WithVote(new RunningCluster(3, 1), new EtcdMember("orphan", "host-900", true, true, false))
            .WithMember("m002", member => member with { State = MachineState.Joining });

        var step = Assert.Single(cluster.Plan().Steps.OfType<Step.RemoveEtcdMember>());
        Assert.Equal(("orphan", "the machine of host-900 is not ours any more"), (step.Member, step.Reason));
    }

    [Fact]
    public void The_vote_of_a_member_that_never_started_is_named_as_such() =>
        Assert.Equal(
            "the machine of a member that never started is not ours any more",
            Assert
                .Single(
                    WithVote(new RunningCluster(3, 1), new EtcdMember("orphan", "", false, false, false))
                        .Plan()
                        .Steps.OfType<Step.RemoveEtcdMember>()
                )
                .Reason
        );

    [Theory]
    [InlineData(true, false, false)]
    [InlineData(false, true, false)]
    [InlineData(false, false, true)]
    public void A_machine_that_began_or_had_its_turn_or_joined_keeps_its_vote(bool began, bool admitted, bool joined)
    {
        var cluster = new RunningCluster(3, 1).WithMember(
            "m002",
            member =>
                member with
                {
                    State = joined ? member.State : MachineState.Joining,
                    Initializes = began,
                    AdmittedAt = admitted ? RunningCluster.MinutesAgo(5) : null,
                    AdmittedUntil = admitted ? RunningCluster.Now.AddHours(1) : null,
                    JoinedAt = joined ? member.JoinedAt : null,
                }
        );

        Assert.DoesNotContain(cluster.Plan().Steps, step => step is Step.RemoveEtcdMember);
    }

    private static RunningCluster Shrunk(RunningCluster cluster) =>
        cluster.WithPool(1, pool => pool with { Size = pool.Size - 1 });

    private static RunningCluster MarkedForReplacement(RunningCluster cluster, string machine) =>
        cluster.WithMember(machine, member => member with { Repair = new Repair(MarkedForReplacement: "it broke") });

    private static RunningCluster Drains(
        RunningCluster cluster,
        string machine,
        RemovalKind kind = RemovalKind.Replacement,
        double minutes = 1
    )
    {
        cluster.WithMember(
            machine,
            member =>
                member with
                {
                    State = MachineState.Draining,
                    Since = RunningCluster.MinutesAgo(minutes),
                    Removal = new Removal(kind, "another image"),
                }
        );

        // A replacement exists, so the pool does not need the machine again.
        return kind is RemovalKind.Replacement
            ? cluster.WithPool(
                cluster[machine].Member.Role is PoolRole.Worker ? 1 : 0,
                pool => pool with { Size = Math.Max(1, pool.Size - 1) }
            )
            : cluster;
    }

    private static RunningCluster Failed(RunningCluster cluster, string machine) =>
        cluster.WithMember(machine, member => member with { State = MachineState.Failed, Failure = "no lease" });

    private static RunningCluster Releasing(RunningCluster cluster, string machine) =>
        cluster.WithMember(
            machine,
            member =>
                member with
                {
                    State = MachineState.Releasing,
                    Removal = new Removal(RemovalKind.Replacement, "another image"),
                }
        );

    private static Member Deploying(Member member) =>
        member with
        {
            State = MachineState.Deploying,
            AdmittedAt = null,
            AdmittedUntil = null,
            JoinedAt = null,
        };

    private static MemberObservation WithoutNode(MemberObservation seen) =>
        seen with
        {
            Node = new Observation<NodeFacts>.Absent(),
        };

    private static RunningCluster WithVote(RunningCluster cluster, EtcdMember voice)
    {
        cluster.Observed = cluster.Observed with
        {
            Etcd = RunningCluster.Present(new EtcdFacts([.. cluster.Observed.Etcd.ValueOrDefault!.Members, voice])),
        };
        return cluster;
    }

    private static RunningCluster WithoutVote(RunningCluster cluster, string node)
    {
        cluster.Observed = cluster.Observed with
        {
            Etcd = RunningCluster.Present(
                new EtcdFacts([.. cluster.Observed.Etcd.ValueOrDefault!.Members.Where(voice => voice.Name != node)])
            ),
        };
        return cluster;
    }
}
