using System.Reflection;
using CsCheck;
using Gantry.Clusters.Explaining;
using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Clusters.Tests.Planning;

namespace Gantry.Clusters.Tests.Explaining;

public sealed class ExplainTests
{
    private static readonly Surroundings Fine = new("dc1", GatewayOnline: true, GatewaySince: null, AccountPresent: true);
    private static readonly ClusterSpec Cluster = Scenes.Cluster(1, [2]);

    public static TheoryData<string> EveryReason { get; } =
    [
        .. typeof(Reasons)
            .GetFields(BindingFlags.Public | BindingFlags.Static)
            .Select(field => (string)field.GetRawConstantValue()!),
    ];

    [Theory]
    [MemberData(nameof(EveryReason))]
    public void Every_reason_of_the_planner_has_an_action_of_its_own(string reason)
    {
        Assert.Contains(reason, Explain.KnownReasons);

        var explanation = Write(Status(reason, "the words of the planner"));

        Assert.Equal(reason, explanation.Reason);
        Assert.Equal("the words of the planner.", explanation.Cause);
        Assert.NotEqual(Write(Status("Unheard", "the words")).NextAction, explanation.NextAction);
        Assert.EndsWith(".", explanation.NextAction, StringComparison.Ordinal);
        Assert.Equal(Scenes.Now, explanation.Since);
    }

    [Fact]
    public void An_explanation_always_has_a_cause_and_a_next_action() =>
        AnyStatus.Sample(
            (status, around, generation, repair) =>
            {
                var explanation = Explain.Write(
                    Cluster with
                    {
                        Generation = generation,
                        AutoRepair = repair,
                    },
                    status,
                    around,
                    Scenes.Now
                );
                Assert.NotEmpty(explanation.Reason);
                Assert.NotEmpty(explanation.Cause);
                Assert.NotEmpty(explanation.NextAction);
            }
        );

    [Fact]
    public void Only_a_cluster_in_its_desired_state_has_no_cause() =>
        AnyStatus.Sample(
            (status, around, generation, repair) =>
            {
                var explanation = Explain.Write(
                    Cluster with
                    {
                        Generation = generation,
                        AutoRepair = repair,
                    },
                    status,
                    around,
                    Scenes.Now
                );
                if (explanation.Reason is Explain.AsItShouldBe && status is not { Phase: ClusterPhase.Deleted })
                {
                    Assert.True(around is { Gateway: not null, GatewayOnline: true, AccountPresent: true });
                    Assert.Equal(ClusterPhase.Running, status!.Phase);
                    Assert.True(status.ObservedGeneration >= generation);
                    Assert.All(status.Conditions, condition => Assert.Equal(ConditionStatus.True, condition.Status));
                    Assert.Empty(status.Drift);
                    Assert.False(explanation.ActionRequired);
                }
            }
        );

    [Fact]
    public void The_cause_that_blocks_the_others_is_named()
    {
        // Each cause hides all that follow.
        string[] order =
        [
            Reasons.CredentialsRejected,
            Reasons.MaasUnreachable,
            Reasons.SpecInvalid,
            Reasons.TooFewMachines,
            Reasons.AddressUnavailable,
            Reasons.ApiNotReachable,
            Reasons.AddonsFailed,
            Reasons.DrainBlocked,
            Reasons.RepaveNeedsApproval,
            Reasons.Deploying,
            Reasons.Drift,
        ];
        for (var first = 0; first < order.Length; first++)
        {
            var status = Running() with
            {
                Conditions = [.. order[first..].Reverse().Select(reason => Condition(reason, reason))],
            };
            Assert.Equal(order[first], Write(status).Reason);
            Assert.Equal(
                Explain.GatewayOffline,
                Explain.Write(Cluster, status, Fine with { GatewayOnline = false }, Scenes.Now).Reason
            );
            Assert.Equal(
                Reasons.AccountUnknown,
                Explain.Write(Cluster, status, Fine with { AccountPresent = false }, Scenes.Now).Reason
            );
        }
    }

    [Fact]
    public void A_cluster_in_its_desired_state_requires_no_action() =>
        Assert.Equal(
            new Explanation(Explain.AsItShouldBe, "The cluster is as it should be.", "Nothing is to be done.", false, null),
            Write(Running())
        );

    [Fact]
    public void A_gateway_that_is_off_line_is_named_with_since_when()
    {
        var explanation = Explain.Write(
            Cluster,
            Running(),
            Fine with
            {
                GatewayOnline = false,
                GatewaySince = Scenes.Now,
            },
            Scenes.Now
        );

        Assert.Equal("The gateway dc1 is offline since 2026-11-01 08:00 UTC.", explanation.Cause);
        Assert.True(explanation.ActionRequired);
        Assert.Equal(Scenes.Now, explanation.Since);
    }

    [Fact]
    public void A_status_of_an_older_generation_does_not_explain_the_newest_desired_state()
    {
        var status = Status(Reasons.TooFewMachines, "worker needs 2 machines and 0 free ones fit");
        var explanation = Explain.Write(Cluster with { Generation = 2 }, status, Fine, Scenes.Now);

        Assert.Equal(Explain.NotTakenUp, explanation.Reason);
        Assert.False(explanation.ActionRequired);
        Assert.Equal(Explain.NotTakenUp, Explain.Write(Cluster, null, Fine, Scenes.Now).Reason);
    }

    [Fact]
    public void A_silent_node_requires_action_only_when_repair_is_switched_off()
    {
        var status = Status(Reasons.NodeSilent, "host-002 has been silent for 12 minutes");
        var off = Explain.Write(Cluster with { AutoRepair = false }, status, Fine, Scenes.Now);

        Assert.False(Write(status).ActionRequired);
        Assert.True(off.ActionRequired);
        Assert.Contains("off for this cluster", off.NextAction, StringComparison.Ordinal);
    }

    [Fact]
    public void A_new_node_that_is_not_ready_is_progress_and_one_that_was_ready_is_a_problem()
    {
        var status = Running() with
        {
            Conditions =
            [
                Condition(Reasons.Deploying, "MAAS deploys host-003."),
                Condition(Reasons.NodeNotReady, "host-002 is not Ready."),
            ],
        };
        var broken = status with
        {
            Machines =
            [
                new MachineStatus
                {
                    SystemId = new SystemId("m002"),
                    Hostname = "host-002",
                    Pool = DnsLabel.Parse("pool-0"),
                    Role = PoolRole.Worker,
                    State = "NotReady",
                },
            ],
        };

        Assert.Equal(Reasons.Deploying, Write(status).Reason);
        Assert.Equal(Reasons.NodeNotReady, Write(broken).Reason);
        Assert.Equal("The node host-002 is not Ready.", Write(broken with { Conditions = [] }).Cause);
    }

    [Fact]
    public void A_repave_waits_for_approval_until_it_is_approved()
    {
        var status = Running() with
        {
            Repave = new RepaveNeed("abc", [new RepaveReason("CertificatesEnd", "certificates end in 29 days")], ["host-001"]),
        };

        Assert.Equal("1 machine is to be replaced and nobody has agreed yet: certificates end in 29 days.", Write(status).Cause);
        Assert.Equal(
            Explain.AsItShouldBe,
            Explain.Write(Cluster with { ApprovedRepave = "abc" }, status, Fine, Scenes.Now).Reason
        );
    }

    [Fact]
    public void Addresses_to_change_behind_an_endpoint_that_its_operator_keeps_are_told_and_nothing_waits_for_them()
    {
        var status = Running() with
        {
            Endpoint = new ApiEndpoint("api.example", 6443),
            Backends = new EndpointBackends(["10.0.0.1", "10.0.0.2"], ["10.0.0.1"], ["10.0.0.2"], ["10.0.0.9"]),
        };

        var explanation = Write(status);

        Assert.Equal((Explain.EndpointBackends, false), (explanation.Reason, explanation.ActionRequired));
        Assert.Equal(
            "Behind api.example:6443 belong 10.0.0.1, 10.0.0.2; never met there: 10.0.0.2; to take away: 10.0.0.9.",
            explanation.Cause
        );
        Assert.Equal(
            Explain.AsItShouldBe,
            Write(status with { Backends = new EndpointBackends(["10.0.0.1"], ["10.0.0.1"], [], []) }).Reason
        );
    }

    [Fact]
    public void A_ready_node_with_a_problem_is_named()
    {
        var troubled = new MachineStatus
        {
            SystemId = new SystemId("m001"),
            Hostname = "host-001",
            Pool = DnsLabel.Parse("workers"),
            Role = PoolRole.Worker,
            State = "Ready",
            Problems = ["DiskPressure: kubelet has disk pressure"],
        };

        var explanation = Write(Running() with { Machines = [troubled] });

        Assert.Equal(Explain.NodeTroubled, explanation.Reason);
        Assert.Contains("DiskPressure", explanation.Cause, StringComparison.Ordinal);
    }

    [Fact]
    public void Drift_is_named_when_nothing_else_is_wrong()
    {
        var status = Running() with
        {
            Drift = [new DriftNote(new SystemId("m001"), "host-001", "the tag gpu was removed", "it would not be chosen again")],
        };

        Assert.Equal(Reasons.Drift, Write(status).Reason);
        Assert.Equal("host-001: the tag gpu was removed; it would not be chosen again.", Write(status).Cause);
    }

    [Theory]
    [InlineData(5, "may be forced in 10 minutes")]
    [InlineData(14, "may be forced in 1 minute.")]
    [InlineData(20, "may be forced now")]
    public void A_deletion_says_when_it_may_be_forced(int minutes, string says)
    {
        var deleting = Cluster with { Deletion = new Deletion(Scenes.Now.AddMinutes(-minutes)) };
        var status = Status(Reasons.MachineLocked, "host-001 is locked in MAAS") with { Phase = ClusterPhase.Deleting };

        Assert.Contains(says, Explain.Write(deleting, status, Fine, Scenes.Now).NextAction, StringComparison.Ordinal);
    }

    [Fact]
    public void A_deleted_cluster_is_explained_by_its_residue()
    {
        var status = Running() with { Phase = ClusterPhase.Deleted };

        Assert.Equal(Explain.AsItShouldBe, Explain.Write(Cluster, status, Fine with { Gateway = null }, Scenes.Now).Reason);
        Assert.Equal(Explain.Residue, Write(status with { Residue = ["machine host-001 (m001): Releasing"] }).Reason);
    }

    [Fact]
    public void Work_in_progress_is_explained_by_the_gateways_message()
    {
        var status = Running() with
        {
            Phase = ClusterPhase.Provisioning,
            Progress = 40,
            Message = "MAAS deploys 3 machines.",
            Conditions = [Condition("Pending", "Waiting for earlier conditions.")],
        };

        Assert.Equal(
            (Explain.InProgress, "MAAS deploys 3 machines."),
            Write(status) is var written ? (written.Reason, written.Cause) : default
        );
    }

    private static Gen<(ClusterStatus? Status, Surroundings Around, long Generation, bool Repair)> AnyStatus { get; } =
        from present in Gen.Int[0, 5]
        from phase in Regions.One(Enum.GetValues<ClusterPhase>())
        from health in Regions.One(Enum.GetValues<Health>())
        from conditions in Gen.Select(
                Regions.One([.. EveryReason.Select(row => row.Data), "Pending", "Unheard"]),
                Regions.One("words", ""),
                Regions.One(Enum.GetValues<ConditionStatus>())
            )
            .Select((reason, words, status) => Condition(reason, words) with { Status = status })
            .Array[0, 3]
        from states in Regions.One(Enum.GetNames<MachineState>()).Array[0, 3]
        from facts in Gen.Bool.Array[6]
        from generation in Gen.Long[1, 2]
        from progress in Gen.Int[98, 100]
        select (
            present is 0
                ? null
                : Running() with
                {
                    Phase = phase,
                    Health = health,
                    Conditions = [.. conditions],
                    Progress = progress,
                    Machines =
                    [
                        .. states.Select(state => new MachineStatus
                        {
                            SystemId = new SystemId("m001"),
                            Hostname = "host-001",
                            Pool = DnsLabel.Parse("worker"),
                            Role = PoolRole.Worker,
                            State = state,
                        }),
                    ],
                    Residue = facts[0] ? [] : ["address 10.0.0.1"],
                    Drift = facts[1] ? [] : [new DriftNote(new SystemId("m001"), "host-001", "what", "effect")],
                    Repave = facts[2] ? null : new RepaveNeed("abc", [], []),
                },
            new Surroundings(facts[3] ? "dc1" : null, facts[4], null, facts[5]),
            generation,
            facts[1]
        );

    private static ClusterStatus Running() =>
        new()
        {
            Id = Cluster.Id,
            ObservedGeneration = 1,
            Phase = ClusterPhase.Running,
            Health = Health.Healthy,
            Progress = 100,
            ReportedAt = Scenes.Now,
        };

    private static ClusterStatus Status(string reason, string message) =>
        Running() with
        {
            Conditions = [Condition(reason, message)],
        };

    private static ClusterCondition Condition(string reason, string message) =>
        new("Any", ConditionStatus.False, reason, message, Scenes.Now);

    private static Explanation Write(ClusterStatus status) => Explain.Write(Cluster, status, Fine, Scenes.Now);
}
