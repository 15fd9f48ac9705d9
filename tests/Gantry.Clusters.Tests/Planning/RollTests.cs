using CsCheck;
using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Clusters.Steps;

namespace Gantry.Clusters.Tests.Planning;

/// <summary>Changes of running clusters, round by round, in a world where every step succeeds.</summary>
public sealed class RollTests
{
    [Fact]
    public void A_roll_ends_with_every_machine_up_to_date_and_stays_within_the_pools_bounds() =>
        Worlds.Sample(world =>
        {
            var roll = new Rounds(world.Cluster, world.Spare);
            roll.Run(world.Cluster with { Image = ImageName.Parse("ubuntu/questing") });
            Assert.All(roll.Observed.Members, seen => Assert.Equal("ubuntu/questing", seen.Member.Build!.Image.Value));
        });

    [Fact]
    public void A_change_during_a_roll_keeps_the_bounds_and_reaches_the_last_desired_state() =>
        Gen.Select(Worlds, Gen.Int[0, 60])
            .Sample(
                (world, rounds) =>
                {
                    var roll = new Rounds(world.Cluster, world.Spare);
                    roll.Run(world.Cluster with { Image = ImageName.Parse("ubuntu/questing") }, rounds);
                    roll.Run(world.Cluster with { Image = ImageName.Parse("ubuntu/resolute") });
                    Assert.All(roll.Observed.Members, seen => Assert.Equal("ubuntu/resolute", seen.Member.Build!.Image.Value));
                }
            );

    [Fact]
    public void A_reverted_roll_replaces_only_already_replaced_machines() =>
        Gen.Select(Worlds, Gen.Int[0, 60])
            .Sample(
                (world, rounds) =>
                {
                    var roll = new Rounds(world.Cluster, world.Spare);
                    roll.Run(world.Cluster with { Image = ImageName.Parse("ubuntu/questing") }, rounds);
                    var untouched = roll
                        .Observed.Members.Where(seen =>
                            seen.Member is { State: MachineState.Ready } && seen.Member.Build!.Image == world.Cluster.Image
                        )
                        .Select(seen => seen.Id)
                        .ToList();
                    roll.Run(world.Cluster);
                    Assert.All(untouched, machine => Assert.Contains(roll.Observed.Members, seen => seen.Id == machine));
                }
            );

    [Fact]
    public void Sizes_of_control_planes_go_up_and_down_by_one_member_of_etcd_at_a_time() =>
        Gen.Select(Scenes.One(1, 3, 5), Scenes.One(1, 3, 5))
            .Sample(
                (from, to) =>
                {
                    var cluster = Scenes.Cluster(from, [1]);
                    var rounds = new Rounds(cluster, spare: 5);
                    rounds.Run(cluster with { Pools = [cluster.Pools[0] with { Size = to }, cluster.Pools[1]] });
                    Assert.Equal(to, rounds.Observed.Etcd.ValueOrDefault!.Members.Count);
                }
            );

    [Fact]
    public void Control_planes_are_upgraded_before_any_worker_and_add_ons_in_between() =>
        Gen.Select(Scenes.One(1, 3, 5), Gen.Int[1, 4])
            .Sample(
                (controlPlanes, workers) =>
                {
                    var cluster = Scenes.Cluster(controlPlanes, [workers]);
                    var rounds = new Rounds(cluster, spare: 1);
                    rounds.Run(cluster with { KubernetesVersion = KubernetesVersion.Parse("1.34.1") });
                    var steps = rounds.Steps;
                    var prepared = steps.FindIndex(step => step is Step.PrepareJoin);
                    var addons = steps.FindIndex(step => step is Step.UpgradeAddons);
                    var taken = steps.Select((step, index) => (step, index)).Where(pair => pair.step is Step.Allocate).ToList();
                    Assert.All(taken, pair => Assert.True(pair.index > prepared));
                    Assert.All(
                        taken,
                        pair => Assert.Equal(((Step.Allocate)pair.step).Role is PoolRole.Worker, pair.index > addons)
                    );
                }
            );

    [Fact]
    public void Labels_and_taints_change_on_the_running_node()
    {
        var cluster = Scenes.Cluster(1, [2]);
        var rounds = new Rounds(cluster, spare: 1);
        rounds.Run(
            cluster with
            {
                Pools =
                [
                    cluster.Pools[0],
                    cluster.Pools[1] with
                    {
                        Labels = [new(LabelKey.Parse("tier"), LabelValue.Parse("gold"))],
                        Taints = [Taint.Parse("a=b:NoSchedule")],
                    },
                ],
            }
        );
        Assert.DoesNotContain(rounds.Steps, step => step is Step.Allocate or Step.Cordon);
    }

    [Fact]
    public void A_constraint_that_all_machines_meet_replaces_none_and_one_that_some_miss_replaces_those()
    {
        var cluster = Scenes.Cluster(1, [3]);
        var rounds = new Rounds(cluster, spare: 4, cpu: number => number % 2 is 0 ? 8 : 16);
        var missing = rounds.Observed.Members.Count(seen =>
            seen.Member.Role is PoolRole.Worker && seen.Maas.ValueOrDefault!.Hardware!.CpuCount < 16
        );

        rounds.Run(
            cluster with
            {
                Pools = [cluster.Pools[0], cluster.Pools[1] with { Placement = new PoolPlacement { MinCpu = 4 } }],
            }
        );
        Assert.Empty(rounds.Steps.OfType<Step.Allocate>());

        rounds.Run(
            cluster with
            {
                Pools = [cluster.Pools[0], cluster.Pools[1] with { Placement = new PoolPlacement { MinCpu = 16 } }],
            }
        );
        Assert.True(missing > 0);
        Assert.Equal(missing, rounds.Steps.OfType<Step.Allocate>().Count());
    }

    [Theory]
    [InlineData("1.35.0", Reasons.VersionSkipped)]
    [InlineData("1.32.9", Reasons.DowngradeRefused)]
    [InlineData("1.33.1", Reasons.DowngradeRefused)]
    public void A_version_that_cannot_follow_is_refused_and_nothing_is_touched(string version, string reason)
    {
        var cluster = Scenes.Cluster(3, [2]);
        var observed = new Rounds(cluster, spare: 4).Observed;

        var plan = Planner.Plan(
            cluster with
            {
                KubernetesVersion = KubernetesVersion.Parse(version),
            },
            observed,
            Inventory.Empty,
            Scenes.Now
        );

        Assert.Equal(reason, Assert.Single(plan.Blockers).Reason);
        Assert.Empty(plan.Steps);
    }

    [Fact]
    public void Contracting_first_with_a_single_control_plane_is_refused()
    {
        var cluster = Scenes.Cluster(1, []);
        var observed = new Rounds(cluster, spare: 4).Observed;
        var wanted = cluster with
        {
            Image = ImageName.Parse("ubuntu/questing"),
            Pools = [cluster.Pools[0] with { RollingUpdate = RollingUpdate.ContractFirst }],
        };

        var plan = Planner.Plan(wanted, observed, Inventory.Empty, Scenes.Now);

        Assert.Equal(Reasons.UnsupportedChange, Assert.Single(plan.Blockers).Reason);
        Assert.Empty(plan.Steps);
    }

    [Fact]
    public void Without_a_spare_machine_the_plan_says_so_before_anything_begins_and_offers_to_contract_first()
    {
        var cluster = Scenes.Cluster(3, [2]);
        var observed = new Rounds(cluster, spare: 0).Observed;

        var plan = Planner.Plan(
            cluster with
            {
                Image = ImageName.Parse("ubuntu/questing"),
            },
            observed,
            Inventory.Empty,
            Scenes.Now
        );

        var refusal = Assert.Single(plan.Blockers);
        Assert.Equal(Reasons.NoSpareMachine, refusal.Reason);
        Assert.Contains("contract first", refusal.Message, StringComparison.Ordinal);
        Assert.Empty(plan.Steps);
    }

    [Fact]
    public void A_member_of_etcd_whose_leaving_would_cost_the_quorum_stays()
    {
        var cluster = Scenes.Cluster(3, []);
        var observed = new Rounds(cluster, spare: 1).Observed;
        var sick = observed with
        {
            Etcd = new Observation<EtcdFacts>.Present(
                new EtcdFacts([
                    .. observed.Etcd.ValueOrDefault!.Members.Select((voice, index) => voice with { Healthy = index is 0 }),
                ])
            ),
        };

        var plan = Planner.Plan(cluster with { Pools = [cluster.Pools[0] with { Size = 1 }] }, sick, Inventory.Empty, Scenes.Now);

        Assert.DoesNotContain(plan.Steps, step => step.IsDisruptive);
        Assert.Contains(plan.Pending, wait => wait.Reason is Reasons.QuorumAtRisk);
    }

    [Fact]
    public void After_an_outage_at_most_three_BMCs_are_queried_per_reconciliation()
    {
        var cluster = Scenes.Cluster(1, [20]);
        var observed = new Rounds(cluster, spare: 1).Observed;
        var silent = observed with
        {
            Members =
            [
                .. observed.Members.Select(seen =>
                    seen.Member.Role is PoolRole.ControlPlane
                        ? seen
                        : seen with
                        {
                            Member = seen.Member.Enter(MachineState.NotReady, Scenes.Now - TimeSpan.FromHours(1)),
                            Node = new Observation<NodeFacts>.Present(
                                new NodeFacts(seen.Member.NodeName, Ready: false, false, true, "v1.33.4", Silent: true)
                            ),
                        }
                ),
            ],
        };

        var plan = Planner.Plan(cluster, silent, Inventory.Empty, Scenes.Now);

        Assert.Equal(3, plan.Steps.Count(step => step is Step.QueryPower));
        Assert.Equal(17, plan.Pending.Count(wait => wait.Reason is Reasons.NodeSilent));
    }

    [Fact]
    public void A_voter_does_not_leave_etcd_while_another_member_joins_it()
    {
        var cluster = Scenes.Cluster(3, []);
        var observed = new Rounds(cluster, spare: 1).Observed;
        var leaving = observed.Members[0].Member.Enter(MachineState.Draining, Scenes.Now) with
        {
            Drained = true,
            Removal = new Removal(RemovalKind.Repair, "it broke"),
        };
        var joining = observed with
        {
            Members = [observed.Members[0] with { Member = leaving }, .. observed.Members.Skip(1)],
            Etcd = new Observation<EtcdFacts>.Present(
                new EtcdFacts([
                    .. observed.Etcd.ValueOrDefault!.Members,
                    new EtcdMember("99", "host-099", Voting: false, Healthy: true, Leader: false),
                ])
            ),
        };

        var plan = Planner.Plan(cluster, joining, Inventory.Empty, Scenes.Now);

        Assert.DoesNotContain(plan.Steps, step => step is Step.RemoveEtcdMember { Machine: not null } or Step.MoveEtcdLeader);
        Assert.Contains(plan.Pending, wait => wait.Machine == leaving.Machine);
    }

    [Fact]
    public void The_vote_of_a_machines_earlier_life_is_taken_from_etcd_when_the_machine_comes_back()
    {
        var cluster = Scenes.Cluster(3, []);
        var observed = new Rounds(cluster, spare: 1).Observed;
        var back = observed.Members[0].Member with
        {
            State = MachineState.Joining,
            Initializes = false,
            AdmittedAt = null,
            AdmittedUntil = null,
            JoinedAt = null,
        };
        var dead = observed with
        {
            Members =
            [
                observed.Members[0] with
                {
                    Member = back,
                    Node = new Observation<NodeFacts>.Absent(),
                },
                .. observed.Members.Skip(1),
            ],
            Etcd = new Observation<EtcdFacts>.Present(
                new EtcdFacts([
                    .. observed.Etcd.ValueOrDefault!.Members.Select(voice =>
                        voice.Name == back.NodeName ? voice with { Healthy = false, Leader = false } : voice
                    ),
                ])
            ),
        };

        var plan = Planner.Plan(cluster, dead, Inventory.Empty, Scenes.Now);

        Assert.Contains(plan.Steps, step => step is Step.RemoveEtcdMember { Machine: null });
        Assert.DoesNotContain(plan.Steps, step => step is Step.JoinControlPlane);
    }

    [Fact]
    public void Control_planes_that_joined_without_a_turn_on_record_let_the_next_one_join()
    {
        var cluster = Scenes.Cluster(3, []);
        var observed = new Rounds(cluster, spare: 1).Observed;
        var waiting = observed.Members[2].Member with
        {
            State = MachineState.Joining,
            Initializes = false,
            AdmittedAt = null,
            AdmittedUntil = null,
            JoinedAt = null,
        };
        var etcd = observed.Etcd.ValueOrDefault!.Members.Where(voice => voice.Name != waiting.NodeName).ToList();
        var without = observed with
        {
            Members =
            [
                .. observed
                    .Members.Take(2)
                    .Select(seen =>
                        seen with
                        {
                            Member = seen.Member with { Initializes = false, AdmittedAt = null, AdmittedUntil = null },
                        }
                    ),
                observed.Members[2] with
                {
                    Member = waiting,
                    Node = new Observation<NodeFacts>.Absent(),
                },
            ],
            Etcd = new Observation<EtcdFacts>.Present(new EtcdFacts(etcd)),
        };

        var plan = Planner.Plan(cluster, without, Inventory.Empty, Scenes.Now);

        Assert.Equal(waiting.Machine, Assert.Single(plan.Steps.OfType<Step.JoinControlPlane>()).Machine);
    }

    [Fact]
    public void A_plan_holds_no_other_step_for_a_machine_that_it_releases() =>
        Gen.Select(Scenes.One(3, 5), Gen.Int[0, 60])
            .Sample(
                (controlPlanes, rounds) =>
                {
                    var cluster = Scenes.Cluster(controlPlanes, [2]);
                    var world = new Rounds(Scenes.Cluster(1, []), spare: 8);
                    world.Run(cluster, rounds);
                    var plan = Planner.Plan(Scenes.Cluster(1, []), world.Observed, Inventory.Empty, Scenes.Now);
                    var leaves = plan
                        .Steps.Where(step => step is Step.Release or Step.Cordon)
                        .Select(step => step.Target)
                        .ToHashSet();
                    Assert.DoesNotContain(
                        plan.Steps,
                        step =>
                            step is Step.Deploy or Step.JoinControlPlane or Step.JoinWorker or Step.Allocate
                            && leaves.Contains(step.Target)
                    );
                }
            );

    [Fact]
    public void A_machine_that_an_operator_replaces_is_not_taken_again()
    {
        var cluster = Scenes.Cluster(1, [1]);
        var replaced = Scenes.Machine(0);

        var choice = Placement.Choose(
            cluster with
            {
                Replace = [replaced.Machine],
            },
            [new Shortfall(cluster.Pools[1], 1)],
            Scenes.Nothing,
            new Inventory([replaced])
        );

        Assert.Empty(choice.Picks);
        Assert.Single(choice.Blockers);
    }

    [Fact]
    public void While_one_control_plane_is_a_minor_version_behind_the_next_one_is_refused()
    {
        var cluster = Scenes.Cluster(3, []);
        var observed = new Rounds(cluster, spare: 1).Observed;
        var mixed = observed with
        {
            KubeadmVersion = new KubeadmVersionState.Known(KubernetesVersion.Parse("1.34.1")),
            Members =
            [
                .. observed.Members.Select(
                    (seen, index) =>
                        index is 0
                            ? seen
                            : seen with
                            {
                                Member = seen.Member with
                                {
                                    Build = seen.Member.Build! with { KubernetesVersion = KubernetesVersion.Parse("1.34.1") },
                                },
                            }
                ),
            ],
        };

        var plan = Planner.Plan(
            cluster with
            {
                KubernetesVersion = KubernetesVersion.Parse("1.35.0"),
            },
            mixed,
            Inventory.Empty,
            Scenes.Now
        );

        Assert.Equal(Reasons.VersionSkipped, Assert.Single(plan.Blockers).Reason);
        Assert.Empty(plan.Steps);
    }

    private static Gen<(ClusterSpec Cluster, int Spare)> Worlds { get; } =
        from controlPlanes in Scenes.One(1, 3, 5)
        from sizes in Gen.Int[0, 5].Array[0, 2]
        from surge in Gen.Int[0, 3]
        from unavailable in Gen.Int[0, 3]
        from contracts in Gen.Bool
        from parallel in Gen.Bool
        let update = surge + unavailable is 0 ? RollingUpdate.ExpandFirst : new RollingUpdate(surge, unavailable)
        let cluster = Scenes.Cluster(controlPlanes, sizes)
        select (
            cluster with
            {
                UpdateWorkerPoolsInParallel = parallel,
                Pools =
                [
                    .. cluster.Pools.Select(pool =>
                        pool.Role is PoolRole.Worker
                            ? pool with
                            {
                                RollingUpdate = update,
                            }
                            : pool with
                            {
                                RollingUpdate =
                                    contracts && controlPlanes > 1 ? RollingUpdate.ContractFirst : RollingUpdate.ExpandFirst,
                            }
                    ),
                ],
            },
            8
        );

    /// <summary>Plans and executes until no step is left, and checks the bounds after each round.</summary>
    private sealed class Rounds
    {
        private readonly List<Candidate> _free;
        private readonly Dictionary<SystemId, Candidate> _hardware;

        public Rounds(ClusterSpec cluster, int spare, Func<int, int>? cpu = null)
        {
            _free =
            [
                .. Enumerable
                    .Range(0, cluster.Pools.Sum(pool => pool.Size) + spare)
                    .Select(number => Scenes.Machine(number, cpu?.Invoke(number) ?? 8, $"az{number % 3}")),
            ];
            _hardware = _free.ToDictionary(machine => machine.Machine);
            Observed = Scenes.Nothing with
            {
                Endpoint = cluster.Endpoint is EndpointChoice.Given given
                    ? new EndpointFacts(given.Host.Value, given.Port, [])
                    : null,
            };
            Run(cluster, watch: false);
            Observed = Observed with { Formed = true };
            Steps.Clear();
        }

        public ClusterObservation Observed { get; private set; }

        public List<Step> Steps { get; } = [];

        public void Run(ClusterSpec desired, int most = 2000, bool watch = true)
        {
            for (var round = 0; round < most; round++)
            {
                var plan = Planner.Plan(desired, Observed, new Inventory(_free), Scenes.Now);
                Assert.Empty(plan.Blockers);
                var before = Observed;
                foreach (var step in plan.Steps)
                {
                    Take(step);
                    Observed = WithHardware(step.Apply(Observed, desired, Scenes.Now));
                    Steps.Add(step);
                }

                if (watch)
                {
                    Watch(desired, before);
                }

                Observed = DryRun.Settle(Observed, Scenes.Now);
                if (plan.Steps.Count is 0 && Observed.Members.SequenceEqual(before.Members))
                {
                    Assert.Equal(desired.Pools.Sum(pool => pool.Size), Observed.Members.Count);
                    Assert.All(Observed.Members, seen => Assert.Equal(MachineState.Ready, seen.Member.State));
                    return;
                }
            }

            Assert.NotEqual(2000, most);
        }

        private void Take(Step step)
        {
            switch (step)
            {
                case Step.Allocate allocate:
                    _free.RemoveAll(machine => machine.Machine == allocate.Machine);
                    break;
                case Step.Release release:
                    _free.Add(_hardware[release.Machine]);
                    break;
            }
        }

        private ClusterObservation WithHardware(ClusterObservation seen) =>
            seen with
            {
                Members =
                [
                    .. seen.Members.Select(member =>
                        member.Maas is Observation<MaasFacts>.Present { Value: { Hardware: null } facts }
                            ? member with
                            {
                                Maas = new Observation<MaasFacts>.Present(facts with { Hardware = _hardware[member.Id] }),
                            }
                            : member
                    ),
                ],
            };

        private void Watch(ClusterSpec desired, ClusterObservation before)
        {
            foreach (var pool in desired.Pools)
            {
                var members = Observed.Members.Where(seen => seen.Member.Pool == pool.Name).ToList();
                var wasReady = before.Members.Count(seen =>
                    seen.Member.Pool == pool.Name && seen.Member.State is MachineState.Ready
                );
                var ready = members.Count(seen => seen.Member.State is MachineState.Ready);
                var surge =
                    pool.Role is PoolRole.ControlPlane ? Math.Min(1, pool.RollingUpdate.MaxSurge) : pool.RollingUpdate.MaxSurge;
                var unavailable =
                    pool.Role is PoolRole.ControlPlane
                        ? Math.Min(1, pool.RollingUpdate.MaxUnavailable)
                        : pool.RollingUpdate.MaxUnavailable;
                var floor = Math.Min(pool.Size - unavailable, wasReady);
                Assert.True(
                    ready >= floor,
                    $"{ready} of {pool.Name} are Ready, {pool.Size} with {unavailable} unavailable were asked for"
                );
                var beforeCount = before.Members.Count(seen => seen.Member.Pool == pool.Name);
                Assert.True(
                    members.Count <= Math.Max(pool.Size + surge, beforeCount),
                    $"{members.Count} in {pool.Name} of {pool.Size} with a surge of {surge}"
                );
            }

            var etcd = Observed.Etcd.ValueOrDefault!.Members.Count;
            Assert.True(Math.Abs(etcd - before.Etcd.ValueOrDefault!.Members.Count) <= 1);
            Assert.True(etcd >= 1);
        }
    }
}
