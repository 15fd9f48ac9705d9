using CsCheck;
using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Clusters.Queueing;
using Gantry.Clusters.Steps;
using Gantry.Clusters.Tests.Queueing;

namespace Gantry.Clusters.Tests.Planning;

/// <summary>I14: the dry run decides as the engine does on the same facts.</summary>
public sealed class DryRunTests
{
    private static readonly Limits Impatient = new()
    {
        FailuresAlike = 1,
        Backfill = TimeSpan.FromMinutes(1),
        Silence = TimeSpan.FromMinutes(1),
    };

    [Fact]
    public void The_dry_run_begins_with_the_plan_of_the_same_facts_in_any_world() =>
        Facts.Sample(facts =>
        {
            var plan = Planner.Plan(facts.Cluster, facts.Observed, facts.Inventory, Scenes.Now, facts.Limits);
            var run = DryRun.Run(facts.Cluster, facts.Observed, facts.Inventory, Scenes.Now, facts.Limits);
            var document = DryRun.Write(facts.Cluster, facts.Observed, facts.Inventory, Scenes.Now, facts.Limits);

            Assert.Equal(plan.Steps, run.First.Steps);
            Assert.Equal(plan.Pending, run.First.Pending);
            Assert.Equal(plan.Blockers, run.First.Blockers);
            Assert.Equal(plan.Lacking, run.First.Lacking);
            Assert.Equal(plan.Steps, run.Steps.Take(plan.Steps.Count));
            Assert.Equal(
                plan.Steps.Select(step => step.Reason),
                document.Steps.Take(plan.Steps.Count).Select(step => step.Reason)
            );
            Assert.Equal(plan.Pending.Select(wait => wait.Message), document.Pending.Take(plan.Pending.Count));
            Assert.Equal(plan.Blockers, document.Blockers.Take(plan.Blockers.Count));
        });

    [Fact]
    public void The_dry_run_comes_to_an_end_in_any_world() =>
        Facts.Sample(facts =>
            Assert.True(DryRun.Run(facts.Cluster, facts.Observed, facts.Inventory, Scenes.Now, facts.Limits).Steps.Count < 1000)
        );

    [Fact]
    public void A_dry_run_of_an_installation_that_failed_three_times_installs_nothing_more()
    {
        var cluster = Scenes.Cluster(1, [1]);
        var observed = Scenes.Nothing with
        {
            InstallFailures =
            [
                new InstallFailure(DnsLabel.Parse("control-plane"), 3, "Failed deployment"),
                new InstallFailure(DnsLabel.Parse("pool-0"), 3, "Failed deployment"),
            ],
        };
        var inventory = new Inventory([.. Enumerable.Range(0, 5).Select(number => Scenes.Machine(number))]);

        var document = DryRun.Write(cluster, observed, inventory, Scenes.Now);

        Assert.Contains(document.Blockers, blocker => blocker.Reason is Reasons.InstallationFails);
        Assert.DoesNotContain(document.Steps, step => step.Action is "Deploy");
    }

    [Fact]
    public void A_dry_run_assumes_that_silent_components_answer_later()
    {
        var cluster = Scenes.Cluster(1, [1]);
        var inventory = new Inventory([.. Enumerable.Range(0, 5).Select(number => Scenes.Machine(number))]);
        var formed = DryRun.Run(cluster, Scenes.Nothing, inventory, Scenes.Now).End with { Formed = true };
        var silent = formed with
        {
            Api = new Observation<ApiFacts>.Unknown("no answer"),
            Etcd = new Observation<EtcdFacts>.Unknown("no answer"),
            Members = [.. formed.Members.Select(seen => seen with { Node = new Observation<NodeFacts>.Unknown("no answer") })],
        };
        var larger = cluster with { Pools = [cluster.Pools[0], cluster.Pools[1] with { Size = 2 }] };

        var document = DryRun.Write(larger, silent, inventory, Scenes.Now);

        Assert.Contains("The API server does not answer: no answer.", document.Pending);
        Assert.Equal(["Allocate", "Deploy", "JoinWorker", "LabelNode"], document.Steps.Select(step => step.Action));
    }

    [Fact]
    public void A_pool_that_contracts_first_takes_the_machines_it_released_one_after_another()
    {
        var cluster = new RunningCluster(1, 2).WithPool(1, pool => pool with { RollingUpdate = RollingUpdate.ContractFirst });
        foreach (var machine in new[] { "m001", "m002" })
        {
            cluster
                .WithMember(machine, member => member with { Build = Older(member.Build!) })
                .WithMaas(machine, facts => facts with { Hardware = Scenes.Machine(machine is "m001" ? 1 : 2) });
        }

        cluster.Free = [];
        var run = Run(cluster);

        string[] roll = ["Cordon", "Drain", "DeleteNode", "Release", "Allocate", "Deploy", "JoinWorker", "LabelNode"];
        Assert.All(
            run.Steps.GroupBy(step => step.Target!.Value),
            machine => Assert.Equal(roll, machine.Select(step => step.Name))
        );
        Assert.Equal(
            ["Release m001", "Allocate m001", "Release m002", "Allocate m002"],
            run.Steps.Where(step => step is Step.Release or Step.Allocate).Select(step => $"{step.Name} {step.Target}")
        );
        Assert.Equal(["m000", "m001", "m002"], run.End.Members.Select(seen => seen.Id.Value).Order());
        Assert.All(run.End.Members, seen => Assert.Equal(MachineState.Ready, seen.Member.State));
        Assert.Empty(run.Stops);
    }

    [Theory]
    [InlineData(false, false, true)]
    [InlineData(true, false, false)]
    [InlineData(false, true, false)]
    public void A_machine_that_MAAS_releases_now_is_taken_again_unless_it_is_in_quarantine_or_locked(
        bool quarantined,
        bool locked,
        bool taken
    )
    {
        var cluster = new RunningCluster(1, 1)
            .WithMember("m001", member => member with { State = MachineState.Releasing, Quarantined = quarantined })
            .With("m001", seen => seen with { Node = new Observation<NodeFacts>.Absent() })
            .WithMaas(
                "m001",
                facts => facts with { Progress = MaasProgress.Releasing, Locked = locked, Hardware = Scenes.Machine(1) }
            );
        cluster.Free = [];

        var run = Run(cluster);

        Assert.Equal(taken, run.Steps.Any(step => step is Step.Allocate { Machine.Value: "m001" }));
    }

    [Fact]
    public void A_machine_that_changes_its_pool_is_listed_as_it_was_until_it_is_allocated_and_then_as_MAAS_shows_it()
    {
        var cluster = new RunningCluster(1, 1, 0)
            .WithPool(1, pool => pool with { Size = 0 })
            .WithPool(2, pool => pool with { Size = 2 })
            .WithMaas("m001", facts => facts with { Hardware = Scenes.Machine(1, zone: "az2") with { Hostname = "renamed" } });
        cluster.Free = [Scenes.Machine(100, zone: "az3")];

        var lines = Write(cluster).Steps.Select(step => $"{step.Action} {step.Hostname} {step.Pool} {step.Zone}").ToList();

        Assert.Contains("Cordon host-001 pool-0 az1", lines);
        Assert.Contains("Release host-001 pool-0 az1", lines);
        Assert.Contains("Allocate renamed pool-1 az2", lines);
        Assert.Contains("JoinWorker renamed pool-1 az2", lines);
        Assert.Contains("JoinWorker host-100 pool-1 az3", lines);
    }

    [Fact]
    public void A_blocker_that_appears_half_way_is_reported_before_the_change_begins()
    {
        var cluster = new RunningCluster(1, 2)
            .WithPool(1, pool => pool with { Size = 0 })
            .WithMaas("m001", facts => facts with { Locked = true });

        Assert.Empty(cluster.Plan().Blockers);
        Assert.Equal([Reasons.MachineLocked], Write(cluster).Blockers.Select(blocker => blocker.Reason));
    }

    [Fact]
    public void A_blocker_from_the_start_is_reported_once()
    {
        var cluster = new RunningCluster(1, 1).WithPool(1, pool => pool with { Size = 2 });
        cluster.Free = [];

        Assert.Equal(cluster.Plan().Blockers, Write(cluster).Blockers);
        Assert.Single(Write(cluster).Blockers);
    }

    [Fact]
    public void A_new_cluster_ends_with_its_version_and_one_etcd_leader()
    {
        var inventory = new Inventory([.. Enumerable.Range(0, 5).Select(number => Scenes.Machine(number))]);

        var end = DryRun.Run(Scenes.Cluster(3, [1]), Scenes.Nothing, inventory, Scenes.Now).End;

        Assert.Equal(KubernetesVersion.Parse("1.33.4"), end.Version);
        Assert.True(end.KubeadmVersion!.Is(KubernetesVersion.Parse("1.33.4")));
        Assert.Equal([true, false, false], end.Etcd.ValueOrDefault!.Members.Select(member => member.Leader));
        Assert.All(end.Members, seen => Assert.False(seen.Node.ValueOrDefault!.Unschedulable));
    }

    [Fact]
    public void The_hash_of_a_plan_changes_with_each_of_its_inputs()
    {
        string[] hashes =
        [
            Hash(_ => { }),
            Hash(cluster => cluster.Desired = cluster.Desired with { Id = new ClusterId("id-other") }),
            Hash(cluster => cluster.Desired = cluster.Desired with { Generation = cluster.Desired.Generation + 1 }),
            Hash(cluster => cluster.Free = [Scenes.Machine(200)]),
            Hash(cluster => cluster.WithNode("m001", node => node with { Ready = false, Message = "no network" })),
            Hash(cluster => cluster.WithNode("m001", node => node with { Ready = false, Message = "no disk" })),
            Hash(cluster => cluster.WithPool(0, pool => pool with { Size = 2 })),
            Hash(cluster => cluster.WithPool(0, pool => pool with { Size = 4 })),
        ];

        Assert.Equal(hashes.Length, hashes.Distinct().Count());
        Assert.Equal(hashes[0], Hash(_ => { }));

        static string Hash(Action<RunningCluster> change)
        {
            var cluster = new RunningCluster(1, 1)
                .WithMember("m001", member => member with { State = MachineState.NotReady })
                .WithPool(1, pool => pool with { Size = 2 });
            change(cluster);
            return Write(cluster).Hash;
        }
    }

    [Theory]
    [InlineData(MachineState.Joining, true, false, MachineState.Ready)]
    [InlineData(MachineState.Deploying, true, false, MachineState.Ready)]
    [InlineData(MachineState.Joining, true, true, MachineState.Joining)]
    [InlineData(MachineState.Joining, false, true, MachineState.Joining)]
    [InlineData(MachineState.Deploying, false, true, MachineState.Joining)]
    public void With_time_the_first_control_plane_comes_up_and_others_wait_for_admission(
        MachineState state,
        bool initializes,
        bool initialized,
        MachineState after
    )
    {
        var cluster = new RunningCluster(1, 0).WithMember(
            "m000",
            member => member with { State = state, Initializes = initializes, AdmittedAt = null }
        );
        var seen = cluster.Observed with { Initialized = initialized };

        Assert.Equal(after, Assert.Single(DryRun.Settle(seen, Scenes.Now).Members).Member.State);
    }

    [Fact]
    public void Time_alone_brings_no_API_server() => Assert.True(DryRun.Settle(Scenes.Nothing, Scenes.Now).Api.IsAbsent);

    [Fact]
    public void Time_keeps_what_is_observed()
    {
        var cluster = new RunningCluster(1, 1)
            .WithMaas("m001", facts => facts with { Progress = MaasProgress.OutOfService })
            .WithNode("m001", node => node with { Unschedulable = true });
        var older = KubernetesVersion.Parse("1.32.0");
        var seen = cluster.Observed with { Version = older };

        var settled = DryRun.Settle(seen, Scenes.Now);

        Assert.Equal(older, settled.Version);
        Assert.Equal(seen.Members[1], settled.Members[1]);
    }

    [Fact]
    public void What_cannot_be_observed_is_assumed_to_match_the_ledger()
    {
        var cluster = new RunningCluster(1, 1).With(
            "m001",
            seen =>
                seen with
                {
                    Maas = new Observation<MaasFacts>.Unknown("no answer"),
                    Node = new Observation<NodeFacts>.Unknown("no answer"),
                }
        );

        var settled = DryRun.Settle(cluster.Observed, Scenes.Now).Members[1];

        Assert.Equal(MaasProgress.Deployed, settled.Maas.ValueOrDefault!.Progress);
        Assert.True(settled.Node.ValueOrDefault is { Ready: true, Labelled: true, Unschedulable: false });
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_node_that_comes_back_keeps_its_labels_and_the_time_it_joined(bool labelled)
    {
        var cluster = new RunningCluster(1, 1).Silent("m001").WithNode("m001", node => node with { Labelled = labelled });
        cluster.WithMember("m001", member => member with { AdmittedAt = RunningCluster.MinutesAgo(90) });

        var settled = DryRun.Settle(cluster.Observed, Scenes.Now).Members[1];

        Assert.Equal(MachineState.Ready, settled.Member.State);
        Assert.Equal(cluster["m001"].Member.JoinedAt, settled.Member.JoinedAt);
        Assert.Equal(labelled, settled.Node.ValueOrDefault!.Labelled);
    }

    [Fact]
    public void Members_of_etcd_that_cannot_be_seen_are_assumed_to_be_the_control_planes_that_joined()
    {
        var cluster = new RunningCluster(5)
            .WithMember("m002", member => member with { State = MachineState.Releasing })
            .WithMember("m003", member => member with { State = MachineState.Joining, JoinedAt = null, AdmittedAt = null });
        var seen = cluster.Observed with { Etcd = new Observation<EtcdFacts>.Unknown("no answer") };

        var etcd = DryRun.Settle(seen, Scenes.Now).Etcd.ValueOrDefault!;

        Assert.Equal(
            [("host-000", true), ("host-001", false), ("host-004", false)],
            etcd.Members.Select(member => (member.Name, member.Leader))
        );
    }

    [Fact]
    public void A_control_plane_that_joins_becomes_a_member_of_etcd_and_a_Ready_one_that_left_does_not()
    {
        var cluster = new RunningCluster(3).WithMember(
            "m002",
            member => member with { State = MachineState.Joining, AdmittedAt = Scenes.Now }
        );
        var leader = cluster.Observed.Etcd.ValueOrDefault!.Members[0];
        var seen = cluster.Observed with { Etcd = RunningCluster.Present(new EtcdFacts([leader])) };

        var etcd = DryRun.Settle(seen, Scenes.Now).Etcd.ValueOrDefault!;

        Assert.Equal([leader, new EtcdMember("host-002", "host-002", Voting: true, Healthy: true, Leader: false)], etcd.Members);
    }

    private static NodeBuild Older(NodeBuild build) => build with { Image = ImageName.Parse("ubuntu/jammy") };

    private static DryRunResult Run(RunningCluster cluster) =>
        DryRun.Run(cluster.Desired, cluster.Observed, new Inventory(cluster.Free), RunningCluster.Now, cluster.Limits);

    private static PlanDocument Write(RunningCluster cluster) =>
        DryRun.Write(cluster.Desired, cluster.Observed, new Inventory(cluster.Free), RunningCluster.Now, cluster.Limits);

    private static Gen<(ClusterSpec Cluster, ClusterObservation Observed, Inventory Inventory, Limits Limits)> Facts { get; } =
        from cluster in Scenes.Clusters
        from observed in Scenes.AnyWorld(cluster)
        from turn in Queues.Turns
        from failures in Gen.Int[0, 4]
        from impatient in Gen.Bool
        select (
            cluster,
            observed with
            {
                InstallFailures = failures is 0 ? [] : [new InstallFailure(cluster.Pools[^1].Name, failures, "it failed")],
            },
            new Inventory(() => turn),
            impatient ? Impatient : Limits.Default
        );
}
