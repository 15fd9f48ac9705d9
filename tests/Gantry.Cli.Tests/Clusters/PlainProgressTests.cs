using Gantry.Cli.Api;
using Gantry.Cli.Clusters;
using Gantry.Clusters.Model;

namespace Gantry.Cli.Tests.Clusters;

public sealed class PlainProgressTests
{
    private static readonly ClusterStatus s_provisioning = new()
    {
        Id = new ClusterId("c1"),
        ObservedGeneration = 1,
        Phase = ClusterPhase.Provisioning,
        Message = "deploying 2 machines",
        Progress = 20,
        Machines =
        [
            new MachineStatus
            {
                SystemId = new SystemId("abc123"), Hostname = "node-1", Pool = "cp", Role = PoolRole.ControlPlane, State = "Deploying",
                Stage = "Installing OS",
            },
        ],
    };

    [Fact]
    public void What_did_not_change_is_not_said_again()
    {
        var now = new ClusterProgress("c1", "demo", s_provisioning);

        Assert.Equal(
            ["demo: Provisioning 20%: deploying 2 machines", "  node-1 (cp): Deploying: Installing OS"],
            PlainProgress.Changes(new ClusterProgress("c1", "demo", null), now));
        Assert.Empty(PlainProgress.Changes(now, now));
    }

    [Fact]
    public void A_machine_that_left_and_a_condition_that_broke_are_lines_of_their_own()
    {
        var before = new ClusterProgress("c1", "demo", s_provisioning);
        var now = before with
        {
            Status = s_provisioning with
            {
                Machines = [],
                Conditions =
                [
                    new ClusterCondition("MachinesAvailable", ConditionStatus.False, "TooFewMachines", "needs 2, has 1", DateTimeOffset.UnixEpoch),
                ],
            },
        };

        Assert.Equal(["  node-1 (cp): gone", "  ! TooFewMachines: needs 2, has 1"], PlainProgress.Changes(before, now));
    }
}
