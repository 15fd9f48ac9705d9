using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Clusters.Steps;

namespace Gantry.Clusters.Tests.Planning;

/// <summary>Everything is released, in an order that leaves no address and no name pointing at other users' machines.</summary>
public sealed class DeletionPlanTests
{
    [Fact]
    public void Without_a_drain_every_machine_is_released_at_once()
    {
        var plan = Deleted(new RunningCluster(3, 2)).Plan();

        Assert.Equal(5, plan.Steps.Count);
        Assert.All(plan.Steps, step => Assert.IsType<Step.Release>(step));
    }

    [Fact]
    public void A_virtual_IP_is_given_back_after_the_last_machine()
    {
        var cluster = Deleted(new RunningCluster(1, 0));
        Assert.DoesNotContain(cluster.Plan().Steps, step => step is Step.ReleaseEndpoint);

        cluster.Observed = cluster.Observed with { Members = [] };
        Assert.IsType<Step.ReleaseEndpoint>(Assert.Single(cluster.Plan().Steps));

        cluster.Observed = cluster.Observed with { Endpoint = null };
        Assert.Empty(cluster.Plan().Steps);
    }

    [Fact]
    public void A_DNS_record_is_given_back_before_the_first_machine()
    {
        var cluster = Deleted(new RunningCluster(1, 1));
        cluster.Desired = cluster.Desired with { Endpoint = new EndpointChoice.MaasDns(DnsName.Parse("dc1.example")) };

        Assert.True(cluster.Plan().Steps is [Step.ReleaseEndpoint, Step.Release, Step.Release]);

        cluster.Observed = cluster.Observed with { Endpoint = null };
        Assert.True(cluster.Plan().Steps is [Step.Release, Step.Release]);
    }

    [Fact]
    public void An_operators_own_address_is_not_released()
    {
        var cluster = Deleted(new RunningCluster(1, 0));
        cluster.Desired = cluster.Desired with { Endpoint = new EndpointChoice.Given(HostAddress.Parse("api.example")) };
        cluster.Observed = cluster.Observed with { Members = [] };

        Assert.Empty(cluster.Plan().Steps);
    }

    [Fact]
    public void On_request_workers_are_drained_first_and_the_control_plane_serves_until_then()
    {
        var plan = Deleted(new RunningCluster(1, 2), drain: true).Plan();

        Assert.Equal(["m001", "m002"], plan.Steps.OfType<Step.Cordon>().Select(step => step.Machine.Value));
        Assert.Equal(2, plan.Steps.Count);
        Assert.Equal(
            new Wait(Reasons.DrainBlocked, "host-000 serves until the workers are drained.", new SystemId("m000")),
            Assert.Single(plan.Pending)
        );
    }

    [Theory]
    [InlineData(MachineState.Ready, typeof(Step.Cordon))]
    [InlineData(MachineState.NotReady, typeof(Step.Cordon))]
    [InlineData(MachineState.Joining, typeof(Step.Cordon))]
    [InlineData(MachineState.Draining, typeof(Step.Drain))]
    [InlineData(MachineState.Failed, typeof(Step.Release))]
    public void A_worker_is_drained_by_its_state(MachineState state, Type step)
    {
        var cluster = Deleted(new RunningCluster(1, 1), drain: true).WithMember("m001", member => member with { State = state });

        Assert.IsType(step, Assert.Single(cluster.StepsFor("m001")));
    }

    [Fact]
    public void A_drain_of_a_deletion_is_not_forced() =>
        Assert.False(
            Assert
                .IsType<Step.Drain>(
                    Assert.Single(
                        Deleted(new RunningCluster(1, 1), drain: true, minutes: 14)
                            .WithMember(
                                "m001",
                                member => member with { State = MachineState.Draining, Since = RunningCluster.MinutesAgo(600) }
                            )
                            .StepsFor("m001")
                    )
                )
                .Force
        );

    [Fact]
    public void A_worker_is_still_drained_in_the_fifteenth_minute() =>
        Assert.IsType<Step.Cordon>(Assert.Single(Deleted(new RunningCluster(1, 1), drain: true, minutes: 15).StepsFor("m001")));

    public static TheoryData<string> NotDrained { get; } =
    [
        "the deletion is forced",
        "the API server is silent",
        "its node is gone",
        "fifteen minutes are over",
        "it is drained",
        "nobody asked for a drain",
    ];

    [Theory]
    [MemberData(nameof(NotDrained))]
    public void A_worker_is_released_without_a_drain_when(string why)
    {
        var cluster = Deleted(
            new RunningCluster(1, 1),
            drain: why is not "nobody asked for a drain",
            force: why is "the deletion is forced",
            minutes: why is "fifteen minutes are over" ? 15.1 : 1
        );
        cluster.WithMember(
            "m001",
            member => why is "it is drained" ? member with { State = MachineState.Draining, Drained = true } : member
        );
        if (why is "the API server is silent")
        {
            cluster.Observed = cluster.Observed with { Api = new Observation<ApiFacts>.Unknown("timeout") };
        }

        if (why is "its node is gone")
        {
            cluster.With("m001", seen => seen with { Node = new Observation<NodeFacts>.Absent() });
        }

        Assert.IsType<Step.Release>(Assert.Single(cluster.StepsFor("m001")));
        Assert.IsType<Step.Release>(Assert.Single(cluster.StepsFor("m000")));
    }

    [Fact]
    public void A_control_plane_that_is_being_released_or_is_in_the_residue_does_not_serve()
    {
        var releasing = Deleted(new RunningCluster(1, 1), drain: true)
            .WithMember("m000", member => member with { State = MachineState.Releasing });
        var residue = Deleted(new RunningCluster(1, 1), drain: true)
            .WithMember("m000", member => member with { Residue = "it was locked" });

        Assert.IsType<Step.Release>(Assert.Single(releasing.StepsFor("m000")));
        Assert.IsType<Step.Release>(Assert.Single(residue.StepsFor("m000")));
    }

    [Theory]
    [InlineData(true, 15.1, true)]
    [InlineData(true, 15, false)]
    [InlineData(false, 600, false)]
    public void A_forced_deletion_abandons_after_fifteen_minutes_machines_that_cannot_be_released(
        bool force,
        double minutes,
        bool letsGo
    )
    {
        var cluster = Deleted(new RunningCluster(1, 1), force: force, minutes: minutes)
            .WithMaas("m001", facts => facts with { Locked = true });

        Assert.Equal(letsGo, cluster.StepsFor("m001") is [Step.Abandon { Reason: "it is locked" }]);
        Assert.Equal(!letsGo, cluster.Plan().Blockers.Any(blocker => blocker.Reason is Reasons.MachineLocked));
        Assert.IsType<Step.Release>(Assert.Single(cluster.StepsFor("m000")));
    }

    public static TheoryData<string, string?> Obstacles { get; } =
        new()
        {
            { "locked", "it is locked" },
            { "out of service", "Rescue mode" },
            { "unknown", "MAAS does not answer" },
            { "absent", "it is not ours any more" },
            { "releasing", "Erasing disks" },
            { "chosen", null },
            { "deployed", null },
        };

    [Theory]
    [MemberData(nameof(Obstacles))]
    public void The_residue_of_a_forced_deletion_is_named_with_its_obstacle(string shown, string? obstacle)
    {
        var cluster = Deleted(new RunningCluster(1, 1), force: true, minutes: 20)
            .WithMaas(
                "m001",
                facts =>
                    facts with
                    {
                        Locked = shown is "locked",
                        Progress = shown switch
                        {
                            "out of service" => MaasProgress.OutOfService,
                            "releasing" => MaasProgress.Releasing,
                            _ => MaasProgress.Deployed,
                        },
                        Message = shown is "out of service" ? "Rescue mode" : "Erasing disks",
                    }
            );
        cluster.WithMember(
            "m001",
            member =>
                member with
                {
                    State = shown switch
                    {
                        "releasing" => MachineState.Releasing,
                        "chosen" => MachineState.Selected,
                        _ => member.State,
                    },
                }
        );
        if (shown is "unknown" or "chosen")
        {
            cluster.With("m001", seen => seen with { Maas = new Observation<MaasFacts>.Unknown("MAAS does not answer") });
        }
        else if (shown is "absent")
        {
            cluster.With("m001", seen => seen with { Maas = new Observation<MaasFacts>.Absent() });
        }

        var step = Assert.Single(cluster.StepsFor("m001"));
        Assert.Equal(obstacle, step is Step.Abandon abandon ? abandon.Reason : null);
        Assert.Equal(obstacle is null, step is Step.Release);
    }

    [Theory]
    [InlineData("deployed", true)]
    [InlineData("chosen", true)]
    [InlineData("failed to release", true)]
    [InlineData("locked", false)]
    [InlineData("releasing", false)]
    [InlineData("out of service", false)]
    [InlineData("unknown", false)]
    public void What_is_in_the_residue_is_released_as_soon_as_its_obstacle_is_gone(string shown, bool released)
    {
        var cluster = Deleted(new RunningCluster(1, 1), force: true, minutes: 20)
            .WithMember(
                "m001",
                member =>
                    member with
                    {
                        Residue = "it was locked",
                        State = shown is "chosen" ? MachineState.Selected : member.State,
                    }
            )
            .WithMaas(
                "m001",
                facts =>
                    facts with
                    {
                        Locked = shown is "locked",
                        Progress = shown switch
                        {
                            "releasing" => MaasProgress.Releasing,
                            "out of service" => MaasProgress.OutOfService,
                            "failed to release" => MaasProgress.FailedReleasing,
                            _ => MaasProgress.Deployed,
                        },
                    }
            );
        if (shown is "unknown" or "chosen")
        {
            cluster.With("m001", seen => seen with { Maas = new Observation<MaasFacts>.Unknown("timeout") });
        }

        Assert.Equal(released, cluster.StepsFor("m001") is [Step.Release { Reason: "what kept it is gone" }]);
        Assert.Equal(released, cluster.StepsFor("m001").Count > 0);
    }

    private static RunningCluster Deleted(RunningCluster cluster, bool drain = false, bool force = false, double minutes = 1)
    {
        cluster.Desired = cluster.Desired with { Deletion = new Deletion(RunningCluster.MinutesAgo(minutes), force, drain) };
        return cluster;
    }
}
