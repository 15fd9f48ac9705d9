using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Clusters.Steps;

namespace Gantry.Clusters.Tests.Planning;

/// <summary>What the parts of a plan know of each other.</summary>
public sealed class PlanBuilderTests
{
    [Fact]
    public void A_machine_installed_as_desired_is_not_stale() => Assert.Empty(new RunningCluster(3, 2).Plan().Stale);

    [Fact]
    public void A_replacement_that_nobody_asked_for_waits_for_approval_with_its_machines_in_order()
    {
        var cluster = new RunningCluster(1, 3);
        foreach (var machine in new[] { "m002", "m003" })
        {
            cluster.WithMember(machine, member => member with { Build = member.Build! with { Template = "old" } });
        }

        cluster.Observed = cluster.Observed with { Members = [.. cluster.Observed.Members.Reverse()] };
        var plan = cluster.Plan();

        Assert.Equal(["host-002", "host-003"], plan.Repave!.Machines);
        Assert.Equal("NodeTemplateChanged", Assert.Single(plan.Repave.Reasons).Code);
        var wait = Assert.Single(plan.Pending);
        Assert.Equal(Reasons.RepaveNeedsApproval, wait.Reason);
        Assert.StartsWith("host-002, host-003 should be replaced, because ", wait.Message, StringComparison.Ordinal);
        Assert.Empty(plan.Steps);
    }

    [Fact]
    public void A_replacement_that_an_operator_asked_for_needs_no_approval()
    {
        var cluster = new RunningCluster(1, 3);
        cluster.Desired = cluster.Desired with { Replace = [new SystemId("m002")] };
        var plan = cluster.Plan();

        Assert.Null(plan.Repave);
        Assert.DoesNotContain(plan.Pending, wait => wait.Reason is Reasons.RepaveNeedsApproval);
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public void No_control_plane_joins_while_the_plan_removes_one_that_was_admitted_or_joined(bool admitted, bool joined)
    {
        var cluster = WithWaitingControlPlane()
            .WithMember(
                "m001",
                member =>
                    member with
                    {
                        AdmittedAt = admitted ? RunningCluster.MinutesAgo(60) : null,
                        JoinedAt = joined ? RunningCluster.MinutesAgo(50) : null,
                        Repair = new Repair(MarkedForReplacement: "its node fell silent"),
                    }
            );

        Assert.Contains(cluster.StepsFor("m001"), step => step is Step.Cordon);
        Assert.Empty(cluster.StepsFor("m002"));
    }

    [Fact]
    public void A_control_plane_joins_while_the_plan_removes_a_worker()
    {
        var cluster = WithWaitingControlPlane().WithPool(1, pool => pool with { Size = 1 });

        Assert.Contains(cluster.Plan().Steps, step => step is Step.Cordon);
        Assert.IsType<Step.JoinControlPlane>(Assert.Single(cluster.StepsFor("m002")));
    }

    [Fact]
    public void One_plan_cuts_the_power_of_one_control_plane_and_of_workers_beside_it()
    {
        var cluster = new RunningCluster(5, 3);
        var on = new Repair("on", RunningCluster.MinutesAgo(0.5));
        foreach (var (machine, minutes) in new[] { ("m005", 20), ("m000", 15), ("m001", 14), ("m006", 13) })
        {
            cluster.Silent(machine, minutes, on);
        }

        cluster.Limits = new Limits { OutageShare = 1, RepairShare = 1 };

        Assert.Equal(["m005", "m000", "m006"], cluster.Plan().Steps.OfType<Step.PowerCycle>().Select(step => step.Machine.Value));
    }

    [Fact]
    public void Only_questions_to_a_BMC_count_as_such()
    {
        var cluster = new RunningCluster(1, 4).Silent("m002");
        cluster.Observed = cluster.Observed with { OrphanNodes = ["lost-1", "lost-2", "lost-3"] };

        Assert.Equal(3, cluster.Plan().Steps.OfType<Step.DeleteOrphanNode>().Count());
        Assert.IsType<Step.QueryPower>(Assert.Single(cluster.StepsFor("m002")));
    }

    private static RunningCluster WithWaitingControlPlane()
    {
        var cluster = new RunningCluster(3, 2).With(
            "m002",
            seen =>
                seen with
                {
                    Node = new Observation<NodeFacts>.Absent(),
                    Member = seen.Member with
                    {
                        State = MachineState.Joining,
                        Since = RunningCluster.MinutesAgo(5),
                        AdmittedAt = null,
                        AdmittedUntil = null,
                        JoinedAt = null,
                    },
                }
        );
        var etcd = cluster.Observed.Etcd.ValueOrDefault!.Members.Where(member => member.Id is not "m002");
        cluster.Observed = cluster.Observed with { Etcd = RunningCluster.Present(new EtcdFacts([.. etcd])) };
        return cluster;
    }
}
