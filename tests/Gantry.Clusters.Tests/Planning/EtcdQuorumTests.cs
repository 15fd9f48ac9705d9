using CsCheck;
using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Clusters.Steps;

namespace Gantry.Clusters.Tests.Planning;

/// <summary>I3: no step takes etcd below its quorum, however healthy the control planes look to Kubernetes.</summary>
public sealed class EtcdQuorumTests
{
    [Theory]
    [InlineData("hhh", 0, true)]
    [InlineData("hhs", 0, false)]
    [InlineData("hhs", 2, true)]
    [InlineData("hss", 0, false)]
    [InlineData("hss", 1, false)]
    [InlineData("hhhhs", 0, true)]
    [InlineData("hhhhs", 4, true)]
    [InlineData("hhhss", 0, false)]
    [InlineData("hhhss", 3, true)]
    [InlineData("hhsss", 4, false)]
    [InlineData("hh", 0, true)]
    [InlineData("hs", 0, false)]
    [InlineData("hs", 1, false)]
    [InlineData("h", 0, false)]
    public void A_member_may_leave_when_the_others_are_a_healthy_majority(string members, int leaving, bool may)
    {
        var etcd = Etcd(members);

        Assert.Equal(may, etcd.SurvivesRemovalOf(etcd.Members[leaving]));
    }

    [Theory]
    [InlineData("hhh", 0, true)]
    [InlineData("hhs", 0, false)]
    [InlineData("hhs", 2, true)]
    [InlineData("hhhhs", 0, true)]
    [InlineData("hhhss", 0, false)]
    [InlineData("hh", 0, false)]
    [InlineData("h", 0, false)]
    public void A_member_may_be_switched_off_when_the_others_are_a_majority_of_all(string members, int silent, bool may)
    {
        var etcd = Etcd(members);

        Assert.Equal(may, etcd.SurvivesSilenceOf(etcd.Members[silent].Name));
    }

    [Fact]
    public void Etcd_is_whole_when_every_member_votes_and_answers()
    {
        var learner = new EtcdMember("l", "l", Voting: false, Healthy: true, Leader: false);

        Assert.True(Etcd("hhh").IsWhole);
        Assert.False(Etcd("hhs").IsWhole);
        Assert.False(new EtcdFacts([.. Etcd("hhh").Members, learner]).IsWhole);
    }

    [Fact]
    public void A_learner_is_no_voter_however_healthy() =>
        Gen.Int[0, 3]
            .Sample(learners =>
            {
                var voters = Etcd("hhs");
                var etcd = new EtcdFacts([
                    .. voters.Members,
                    .. Enumerable
                        .Range(0, learners)
                        .Select(number => new EtcdMember(
                            $"l{number}",
                            $"l{number}",
                            Voting: false,
                            Healthy: true,
                            Leader: false
                        )),
                ]);

                Assert.False(etcd.SurvivesRemovalOf(etcd.Members[0]));
                Assert.True(etcd.SurvivesRemovalOf(etcd.Members[2]));
                Assert.False(etcd.SurvivesSilenceOf(etcd.Members[0].Name));
            });

    [Fact]
    public void Etcd_keeps_quorum_after_a_removal_and_loses_no_member_without_one() =>
        Gen.Select(Gen.Bool.Array[1, 7], Gen.Int[0, 6])
            .Sample(
                (healthy, index) =>
                {
                    var etcd = Etcd(string.Concat(healthy.Select(one => one ? 'h' : 's')));
                    var leaving = etcd.Members[index % healthy.Length];
                    var left = etcd.Members.Where(member => member != leaving).ToList();

                    var decides = etcd.Members.Count(member => member.Healthy) * 2 > etcd.Members.Count;
                    var decidesAfterwards = left.Count(member => member.Healthy) * 2 > left.Count;
                    Assert.Equal(decides && decidesAfterwards, etcd.SurvivesRemovalOf(leaving));
                }
            );

    [Fact]
    public void A_healthy_control_plane_is_not_replaced_while_another_member_of_three_is_sick()
    {
        var scene = new Scene("hhs");

        var plan = scene.Replace("m000");

        Assert.Contains(plan.Pending, wait => wait is { Reason: Reasons.QuorumAtRisk, Machine: { Value: "m000" } });
        Assert.DoesNotContain(plan.Steps, step => step.IsDisruptive);
    }

    [Fact]
    public void The_unhealthy_member_of_three_may_be_replaced() =>
        Assert.Contains(new Scene("hhs").Replace("m002").Steps, step => step is Step.Cordon { Machine.Value: "m002" });

    [Fact]
    public void Of_five_with_two_sick_only_a_sick_one_may_leave()
    {
        var scene = new Scene("hhhss");

        Assert.Contains(scene.Replace("m000").Pending, wait => wait.Reason is Reasons.QuorumAtRisk);
        Assert.DoesNotContain(scene.Replace("m000").Steps, step => step.IsDisruptive);
        Assert.Contains(scene.Replace("m004").Steps, step => step is Step.Cordon { Machine.Value: "m004" });
    }

    [Fact]
    public void A_drained_control_plane_stays_in_etcd_while_the_others_are_no_healthy_majority()
    {
        var scene = new Scene("hhs").Drained("m000");

        var plan = scene.Plan(scene.Cluster);

        Assert.Contains(plan.Pending, wait => wait is { Reason: Reasons.QuorumAtRisk, Machine: { Value: "m000" } });
        Assert.DoesNotContain(
            plan.Steps,
            step => step is Step.RemoveEtcdMember or Step.MoveEtcdLeader or Step.DeleteNode or Step.Release
        );
    }

    [Fact]
    public void A_leader_hands_over_to_a_healthy_voter_before_it_leaves()
    {
        var scene = new Scene("hhh").Drained("m000");

        var moves = scene.Plan(scene.Cluster);
        var step = Assert.Single(moves.Steps.OfType<Step.MoveEtcdLeader>());
        Assert.Equal("m001", step.To);
        Assert.DoesNotContain(moves.Steps, other => other is Step.RemoveEtcdMember or Step.DeleteNode or Step.Release);

        scene.Etcd = new EtcdFacts([.. scene.Etcd.Members.Select(member => member with { Leader = member.Id == step.To })]);
        Assert.Contains(scene.Plan(scene.Cluster).Steps, other => other is Step.RemoveEtcdMember { Member: "m000" });
    }

    [Fact]
    public void A_leader_does_not_hand_over_to_a_sick_voter()
    {
        // The next in order is sick; the others are a majority without the leader.
        var scene = new Scene("hshhh").Drained("m000");

        Assert.Equal("m002", Assert.Single(scene.Plan(scene.Cluster).Steps.OfType<Step.MoveEtcdLeader>()).To);
    }

    [Fact]
    public void No_member_leaves_etcd_while_a_learner_joins()
    {
        var scene = new Scene("hhh").Drained("m000");
        scene.Etcd = new EtcdFacts([
            .. scene.Etcd.Members,
            new EtcdMember("new", "new", Voting: false, Healthy: true, Leader: false),
        ]);

        var plan = scene.Plan(scene.Cluster);

        Assert.Contains(plan.Pending, wait => wait is { Reason: Reasons.Rolling, Machine: { Value: "m000" } });
        Assert.DoesNotContain(plan.Steps, step => step is Step.RemoveEtcdMember { Machine.Value: "m000" } or Step.MoveEtcdLeader);
    }

    [Fact]
    public void The_member_of_a_machine_that_was_taken_away_stays_while_the_others_are_no_healthy_majority()
    {
        var scene = new Scene("hhs").Without("m000");

        var plan = scene.Plan(scene.Cluster);

        Assert.Contains(plan.Pending, wait => wait.Reason is Reasons.QuorumAtRisk);
        Assert.DoesNotContain(plan.Steps, step => step is Step.RemoveEtcdMember);
    }

    private static EtcdFacts Etcd(string members) =>
        new([
            .. members.Select(
                (health, index) =>
                    new EtcdMember($"m{index:000}", $"host-{index:000}", Voting: true, Healthy: health is 'h', Leader: index is 0)
            ),
        ]);

    /// <summary>A running cluster whose nodes are all Ready, with etcd as it is given.</summary>
    private sealed class Scene
    {
        private ClusterObservation _observed;

        public Scene(string etcd)
        {
            Cluster = Contracting(Scenes.Cluster(etcd.Length, []));
            var inventory = new Inventory([.. Enumerable.Range(0, etcd.Length).Select(number => Scenes.Machine(number))]);
            _observed = DryRun.Run(Cluster, Scenes.Nothing, inventory, Scenes.Now).End with { Formed = true };
            Etcd = Etcd(etcd);
        }

        public ClusterSpec Cluster { get; }

        public EtcdFacts Etcd { get; set; }

        public Plan Replace(string machine) => Plan(Cluster with { Replace = [new SystemId(machine)] });

        public Plan Plan(ClusterSpec desired) =>
            Planner.Plan(
                desired,
                _observed with
                {
                    Etcd = new Observation<EtcdFacts>.Present(Etcd),
                },
                new Inventory([.. Enumerable.Range(10, 3).Select(number => Scenes.Machine(number))]),
                Scenes.Now
            );

        public Scene Drained(string machine)
        {
            _observed = _observed with
            {
                Members =
                [
                    .. _observed.Members.Select(seen =>
                        seen.Id.Value == machine
                            ? seen with
                            {
                                Member = seen.Member with
                                {
                                    State = MachineState.Draining,
                                    Drained = true,
                                    Removal = new Removal(RemovalKind.Repair, "it broke"),
                                    Quarantined = true,
                                },
                            }
                            : seen
                    ),
                ],
            };
            return this;
        }

        public Scene Without(string machine)
        {
            _observed = _observed with { Members = [.. _observed.Members.Where(seen => seen.Id.Value != machine)] };
            return this;
        }

        // When contracting first, only the health of etcd decides: no machine has to join before.
        private static ClusterSpec Contracting(ClusterSpec cluster) =>
            cluster with
            {
                Pools = [cluster.Pools[0] with { RollingUpdate = RollingUpdate.ContractFirst }],
            };
    }
}
