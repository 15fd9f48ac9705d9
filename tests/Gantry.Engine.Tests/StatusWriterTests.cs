using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Engine.Ledger;
using Gantry.Engine.Tests.Support;

namespace Gantry.Engine.Tests;

public sealed class StatusWriterTests
{
    private static readonly ClusterRecord Deleting = new()
    {
        Spec = Some.Cluster(1, 2) with { Deletion = new Deletion(DateTimeOffset.UnixEpoch) },
        Phase = ClusterPhase.Deleting,
    };

    private static readonly ClusterRecord Waiting = new()
    {
        Spec = Some.Cluster(1, 2),
        Conditions =
        [
            .. StatusWriter.Conditions(
                Deleting,
                [(Reasons.WaitsForTurn, "Waiting behind another cluster.")],
                sawMaas: true,
                DateTimeOffset.UnixEpoch
            ),
        ],
    };

    [Fact]
    public void The_progress_of_a_deletion_never_decreases()
    {
        int[] percents =
        [
            Percent(MachineState.Ready, MachineState.Ready, MachineState.Ready),
            Percent(MachineState.Ready, MachineState.Releasing, MachineState.Releasing),
            Percent(MachineState.Ready, MachineState.Releasing),
            Percent(MachineState.Ready),
            Percent(MachineState.Releasing),
            Percent(),
        ];

        Assert.Equal([0, 34, 50, 67, 84, 99], percents);
    }

    [Fact]
    public void A_deletion_leaves_no_condition_waiting_for_earlier_ones()
    {
        var conditions = StatusWriter.Conditions(Deleting, [], sawMaas: true, DateTimeOffset.UnixEpoch);

        Assert.DoesNotContain(conditions, condition => condition.Status is ConditionStatus.False);
        Assert.Contains(
            conditions,
            condition => condition is { Type: "NodesReady", Status: ConditionStatus.Unknown, Reason: "Deleting" }
        );
    }

    /// <summary>Drift and a drain that ended at its limit hold nothing up, and are shown beside the conditions.</summary>
    public static TheoryData<string> Obstacles { get; } =
    [
        .. typeof(Reasons)
            .GetFields()
            .Select(field => (string)field.GetRawConstantValue()!)
            .Where(reason => reason is not (Reasons.Drift or Reasons.DrainCut)),
    ];

    [Theory]
    [MemberData(nameof(Obstacles))]
    public void Every_obstacle_is_shown_by_one_condition(string reason)
    {
        var conditions = StatusWriter.Conditions(
            Deleting,
            [(reason, "It stands in the way.")],
            sawMaas: true,
            DateTimeOffset.UnixEpoch
        );

        Assert.Single(conditions, condition => condition.Reason == reason && condition.Status is ConditionStatus.False);
    }

    [Theory]
    [InlineData(Reasons.LedgerOutdated)]
    [InlineData(Reasons.OtherMaasUser)]
    [InlineData(Reasons.Observing)]
    public void A_stopped_cluster_tells_nothing_that_its_record_said_before(string reason)
    {
        var conditions = StatusWriter.Conditions(Waiting, [(reason, "It is stopped.")], sawMaas: false, DateTimeOffset.UnixEpoch);

        Assert.DoesNotContain(conditions, condition => condition.Reason is Reasons.WaitsForTurn);
        Assert.Single(conditions, condition => condition.Status is ConditionStatus.False);
    }

    [Fact]
    public void While_MAAS_is_silent_the_conditions_are_those_of_the_last_look()
    {
        var conditions = StatusWriter.Conditions(
            Waiting,
            [(Reasons.MaasUnreachable, "It is silent.")],
            sawMaas: false,
            DateTimeOffset.UnixEpoch
        );

        Assert.Contains(conditions, condition => condition.Reason is Reasons.WaitsForTurn);
    }

    [Theory]
    [InlineData(MachineState.Deploying, MaasProgress.Deploying, null, "Installing OS")]
    [InlineData(MachineState.Deploying, MaasProgress.Allocated, null, "Allocated: Installing OS")]
    [InlineData(MachineState.Joining, MaasProgress.Deployed, false, "node registered, not Ready: the kubelet's word")]
    [InlineData(MachineState.Joining, MaasProgress.Deployed, true, "node is Ready, kubeadm has not ended")]
    [InlineData(MachineState.Ready, MaasProgress.Deployed, true, "")]
    [InlineData(MachineState.NotReady, MaasProgress.Deployed, false, "the kubelet's word")]
    [InlineData(MachineState.Draining, MaasProgress.Deployed, true, "")]
    [InlineData(MachineState.Draining, MaasProgress.OutOfService, true, "OutOfService: Installing OS")]
    [InlineData(MachineState.Releasing, MaasProgress.Deployed, true, "")]
    [InlineData(MachineState.Releasing, MaasProgress.Releasing, null, "Installing OS")]
    public void A_stage_adds_to_the_state_and_is_of_now(MachineState state, MaasProgress maas, bool? isReady, string expected)
    {
        var member = Member(state, 0);
        var node = isReady is { } ready ? new NodeFacts("m0", ready, false, true, "v1.33.4", "the kubelet's word") : null;
        var facts = new MaasFacts(maas, $"{maas}: Installing OS", []) { Detail = "Installing OS" };
        var seen = new MemberObservation(
            member,
            new Observation<MaasFacts>.Present(facts),
            node is null ? new Observation<NodeFacts>.Absent() : new Observation<NodeFacts>.Present(node)
        );

        Assert.Equal(expected, StatusWriter.Stage(member, seen, node));
    }

    private static Member Member(MachineState state, int index) =>
        new()
        {
            Machine = new SystemId($"m{index}"),
            Hostname = $"m{index}",
            Pool = DnsLabel.Parse("p"),
            Role = PoolRole.Worker,
            State = state,
            Since = DateTimeOffset.UnixEpoch,
            Intent = "i",
        };

    private static int Percent(params MachineState[] left) =>
        StatusWriter.Progress(Deleting with { Members = [.. left.Select(Member)] });
}
