using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Clusters.Steps;
using Gantry.Engine.Ledger;
using Gantry.Engine.Ports;

namespace Gantry.Engine.Steps;

/// <summary>Removes the member, unless MAAS shows that another control plane is being taken away.</summary>
internal sealed class RemoveEtcdMemberExecutor : StepExecutor<Step.RemoveEtcdMember>
{
    public override async Task<StepOutcome> ExecuteAsync(
        RunScope run,
        Step.RemoveEtcdMember step,
        CancellationToken cancellationToken
    )
    {
        if (step.Machine is { } leaving && await TakenMeanwhileAsync(run, leaving, cancellationToken) is { } taken)
        {
            return new StepOutcome.Waiting(
                Reasons.QuorumAtRisk,
                $"{run.Member(leaving).Hostname} stays in etcd for now: MAAS shows that {taken.Hostname} is being taken away by "
                    + "somebody."
            );
        }

        var removal = run.RequireWorkload().RemoveEtcdMemberAsync(step.Member, cancellationToken);
        await (step.Machine is { } machine ? run.State.InFlight.WatchAsync(CallKey.Leave(machine), removal) : removal);
        return StepOutcome.Finished;
    }

    // etcd does not know yet of a machine that has just been released: MAAS is looked at once more, at the last moment. What
    // was gone before the plan was made, the plan has taken into account.
    private static async Task<Member?> TakenMeanwhileAsync(RunScope run, SystemId leaving, CancellationToken cancellationToken)
    {
        var others = run
            .Record.Members.Where(member =>
                member is { Role: PoolRole.ControlPlane, Stays: true, JoinedAt: not null } && member.Machine != leaving
            )
            .Select(member => (Member: member, WasOurs: MaasStatus.Sight(run.View.Find(member.Machine)).IsPresent))
            .ToList();
        await run.View.RefreshAsync(TimeSpan.Zero, cancellationToken);
        return others
            .FirstOrDefault(other =>
                MaasStatus.Sight(run.View.Find(other.Member.Machine)) switch
                {
                    Observation<MaasFacts>.Absent => other.WasOurs,
                    Observation<MaasFacts>.Present { Value.Progress: MaasProgress.Releasing } => true,
                    _ => false,
                }
            )
            .Member;
    }
}
