using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Clusters.Steps;
using Gantry.Engine.Ledger;
using Gantry.Engine.Ports;

namespace Gantry.Engine.Steps;

/// <summary>Removes the member from etcd, unless MAAS shows that another control plane has just been released.</summary>
internal sealed class RemoveEtcdMemberExecutor : StepExecutor<Step.RemoveEtcdMember>
{
    public override async Task<StepOutcome> ExecuteAsync(
        RunScope run,
        Step.RemoveEtcdMember step,
        CancellationToken cancellationToken
    )
    {
        if (step.Machine is { } leaving && await FindReleasedAsync(run, leaving, cancellationToken) is { } released)
        {
            return new StepOutcome.Waiting(
                Reasons.QuorumAtRisk,
                $"{run.Member(leaving).Hostname} stays in etcd for now: MAAS shows that {released.Hostname} was released outside "
                    + "Gantry."
            );
        }

        var removal = run.RequireWorkload().RemoveEtcdMemberAsync(step.Member, cancellationToken);
        await (step.Machine is { } machine ? run.State.InFlight.TrackAsync(CallKey.Removal(machine), removal) : removal);
        return StepOutcome.Finished;
    }

    // etcd does not notice at once that a machine was released, so MAAS is asked once more right before the removal. A machine
    // that was gone before the plan is part of the plan's facts.
    private static async Task<Member?> FindReleasedAsync(RunScope run, SystemId leaving, CancellationToken cancellationToken)
    {
        var others = run
            .Record.Members.Where(member =>
                member is { Role: PoolRole.ControlPlane, Stays: true, JoinedAt: not null } && member.Machine != leaving
            )
            .Select(member => (Member: member, WasOurs: MaasStatus.Observe(run.View.Find(member.Machine)).IsPresent))
            .ToList();

        // A slow region is asked less often otherwise, and its last list may be from before the release.
        run.View.Invalidate();
        await run.View.RefreshForRunAsync(TimeSpan.Zero, [.. others.Select(other => other.Member.Machine)], cancellationToken);
        return others
            .FirstOrDefault(other =>
                MaasStatus.Observe(run.View.Find(other.Member.Machine)) switch
                {
                    Observation<MaasFacts>.Absent => other.WasOurs,
                    Observation<MaasFacts>.Present { Value.Progress: MaasProgress.Releasing } => true,
                    _ => false,
                }
            )
            .Member;
    }
}
