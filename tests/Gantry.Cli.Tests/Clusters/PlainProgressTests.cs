using Gantry.Api;
using Gantry.Cli.Api;
using Gantry.Cli.Clusters;
using Gantry.Clusters.Planning;

namespace Gantry.Cli.Tests.Clusters;

public sealed class PlainProgressTests
{
    private static readonly ReportedStatus Provisioning = new()
    {
        Id = "c1",
        ObservedGeneration = 1,
        Phase = ClusterPhases.Provisioning,
        Message = "deploying 2 machines",
        Progress = 20,
        Machines =
        [
            new ReportedMachine
            {
                SystemId = "abc123",
                Hostname = "node-1",
                Pool = "cp",
                Role = "ControlPlane",
                State = "Deploying",
                Stage = "Installing OS",
            },
        ],
    };

    [Fact]
    public void Unchanged_progress_is_not_printed_again()
    {
        var now = new ClusterProgress("c1", "demo", Provisioning);

        Assert.Equal(
            ["demo: Provisioning 20%: deploying 2 machines", "  node-1 (cp): Deploying: Installing OS"],
            PlainProgress.Changes(new ClusterProgress("c1", "demo", null), now)
        );
        Assert.Empty(PlainProgress.Changes(now, now));
    }

    [Fact]
    public void Pending_conditions_are_no_problems_and_a_stage_does_not_repeat_the_state()
    {
        var status = Provisioning with
        {
            Machines = [Provisioning.Machines[0] with { Stage = "Deploying" }],
            Conditions =
            [
                new ReportedCondition(
                    "NodesReady",
                    "False",
                    "Pending",
                    "Waiting for earlier conditions.",
                    DateTimeOffset.UnixEpoch
                ),
            ],
        };

        Assert.Equal(
            ["demo: Provisioning 20%: deploying 2 machines", "  node-1 (cp): Deploying"],
            PlainProgress.Changes(null, new ClusterProgress("c1", "demo", status))
        );
    }

    [Fact]
    public void A_timeout_says_each_reason_once()
    {
        var status = Provisioning with
        {
            Message = "pool w needs 2 machines and none fit.",
            Conditions =
            [
                new ReportedCondition(
                    "MachinesAvailable",
                    "False",
                    "TooFewMachines",
                    "pool w needs 2 machines and none fit.",
                    DateTimeOffset.UnixEpoch
                ),
                new ReportedCondition("AddonsApplied", "False", "AddonsFailed", "cni: refused.", DateTimeOffset.UnixEpoch),
                new ReportedCondition(
                    "NodesReady",
                    "False",
                    "Pending",
                    "Waiting for earlier conditions.",
                    DateTimeOffset.UnixEpoch
                ),
            ],
        };

        Assert.Equal(
            "pool w needs 2 machines and none fit; AddonsFailed: cni: refused",
            ClusterWait.Why(new ClusterProgress("c1", "demo", status))
        );
        Assert.Equal("the gateway has not reported the cluster", ClusterWait.Why(null));
    }

    [Fact]
    public void A_lost_machine_and_a_broken_condition_are_separate_lines()
    {
        var before = new ClusterProgress("c1", "demo", Provisioning);
        var now = before with
        {
            Status = Provisioning with
            {
                Machines = [],
                Conditions =
                [
                    new ReportedCondition(
                        "MachinesAvailable",
                        "False",
                        "TooFewMachines",
                        "needs 2, has 1",
                        DateTimeOffset.UnixEpoch
                    ),
                ],
            },
        };

        Assert.Equal(["  node-1 (cp): gone", "  ! TooFewMachines: needs 2, has 1"], PlainProgress.Changes(before, now));
    }

    [Fact]
    public void Each_fact_is_one_line_of_a_log()
    {
        var status = Provisioning with
        {
            Message = "MAAS deploys node-1: Installing OS.",
            Conditions =
            [
                Unmet("NodesReady", Reasons.Deploying, "MAAS deploys node-1: Installing OS."),
                Unmet("MachinesAvailable", Reasons.TooFewMachines, "needs 2, has 1"),
            ],
        };

        Assert.Equal(
            ["demo: Provisioning 20%", "  node-1 (cp): Deploying: Installing OS", "  ! TooFewMachines: needs 2, has 1"],
            PlainProgress.Changes(null, new ClusterProgress("c1", "demo", status))
        );
        Assert.Equal(
            ["demo: Provisioning 20%", "  node-1 (cp): Deploying: Installing OS", "  ! TooFewMachines: needs 2, has 1"],
            PlainProgress.Changes(null, new ClusterProgress("c1", "demo", status with { Message = "needs 2, has 1" }))
        );
    }

    private static ReportedCondition Unmet(string type, string reason, string message) =>
        new(type, "False", reason, message, DateTimeOffset.UnixEpoch);
}
