using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Engine.Ports;
using Gantry.Engine.Steps;
using Gantry.Engine.Tests.Support;

namespace Gantry.Engine.Tests.Steps;

/// <summary>Which control plane was released between the plan and the removal of another one from etcd.</summary>
public sealed class RemoveEtcdMemberTests
{
    private static readonly SystemId Leaving = new("m01");

    private static readonly RegionMachine Ours = new()
    {
        Id = new SystemId("m02"),
        Hostname = "host-m02",
        Status = MaasStatus.Deployed,
        IsOurs = true,
        Owner = "gantry",
    };

    private static readonly RegionMachine Free = Ours with { Status = MaasStatus.Ready, IsOurs = false, Owner = null };

    private static readonly RegionMachine Unreadable = Free with { Status = MaasStatus.Unreadable, Unreadable = "$.owner" };

    [Fact]
    public void One_that_the_plan_counted_on_was_whatever_the_view_has_shown_since()
    {
        // Each run of the account reads the view again: it may show the free machine before this step begins.
        Assert.NotNull(Find(planned: Ours, now: Free));
        Assert.NotNull(Find(planned: Ours, now: Ours with { Status = MaasStatus.Releasing }));
    }

    [Fact]
    public void One_that_was_gone_before_the_plan_or_of_which_nothing_is_known_was_not()
    {
        Assert.Null(Find(planned: Free, now: Free));
        Assert.Null(Find(planned: Ours, now: Ours));
        Assert.Null(Find(planned: Ours, now: null));
        Assert.Null(Find(planned: Ours, now: Unreadable));
    }

    [Fact]
    public void The_one_that_leaves_is_not_looked_at() =>
        Assert.Null(Find(Ours with { Id = Leaving }, Free with { Id = Leaving }));

    private static Member? Find(RegionMachine planned, RegionMachine? now)
    {
        var member = new Member
        {
            Machine = planned.Id,
            Hostname = planned.Hostname,
            Pool = Some.Cluster().ControlPlane.Name,
            Role = PoolRole.ControlPlane,
            Since = DateTimeOffset.UnixEpoch,
            JoinedAt = DateTimeOffset.UnixEpoch,
            Intent = "intent",
            State = MachineState.Ready,
        };
        var seen = new MemberObservation(member, MaasStatus.Observe(planned), new Observation<NodeFacts>.Unknown("not asked"));
        return RemoveEtcdMemberExecutor.FindReleased([seen], Leaving, _ => now);
    }
}
