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

    // etcd does not notice at once that a machine was released, so MAAS is asked once more right before the removal.
    private static async Task<Member?> FindReleasedAsync(RunScope run, SystemId leaving, CancellationToken cancellationToken)
    {
        // A slow region is asked less often otherwise, and its last list may be from before the release.
        run.View.Invalidate();
        await run.View.RefreshForRunAsync(
            TimeSpan.Zero,
            [.. run.Record.Members.Where(member => member.Role is PoolRole.ControlPlane).Select(member => member.Machine)],
            cancellationToken
        );
        return FindReleased(run.Planned.Members, leaving, run.View.Machines.Find);
    }

    /// <summary>A control plane that stays and that was released since the plan, which knows those that were gone before.</summary>
    /// <param name="planned">What the plan rests on. The view of the region may have been read again since, and not by this run.</param>
    /// <param name="find">The machine as MAAS shows it now.</param>
    internal static Member? FindReleased(
        IEnumerable<MemberObservation> planned,
        SystemId leaving,
        Func<SystemId, RegionMachine?> find
    ) =>
        planned
            .Where(seen => seen.Member is { Role: PoolRole.ControlPlane, Stays: true, JoinedAt: not null } && seen.Id != leaving)
            .FirstOrDefault(seen =>
                MaasStatus.Observe(find(seen.Id)) switch
                {
                    Observation<MaasFacts>.Absent => seen.Maas.IsPresent,
                    Observation<MaasFacts>.Present { Value.Progress: MaasProgress.Releasing } => true,
                    _ => false,
                }
            )
            ?.Member;
}
