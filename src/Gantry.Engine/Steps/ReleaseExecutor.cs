using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Clusters.Steps;
using Gantry.Engine.Ledger;
using Gantry.Engine.Ports;

namespace Gantry.Engine.Steps;

/// <summary>Gives a machine back, once no late call can take it again.</summary>
internal sealed class ReleaseExecutor : StepExecutor<Step.Release>
{
    private static readonly TimeSpan SoonAfterRelease = TimeSpan.FromMinutes(5);

    public override async Task<StepOutcome> ExecuteAsync(RunScope run, Step.Release step, CancellationToken cancellationToken)
    {
        var member = run.Member(step.Machine);
        var askedBefore = member is { JoinedAt: null, State: not MachineState.Releasing };
        if (member.State is MachineState.Selected)
        {
            // Only a look tells whether MAAS gave it before we were interrupted; a choice never sent needs none.
            var unsent = run.State.IsUnsent(member.Intent);
            var taken = unsent ? null : await TakenMachine.FindAsync(run, member, cancellationToken);
            if (taken is null)
            {
                if (!unsent && run.State.Late.MayArrive(member.Intent, askedBefore: true))
                {
                    return new StepOutcome.Waiting(
                        Reasons.Observing, $"An allocation of {member.Hostname} was interrupted and may still arrive in MAAS.");
                }

                run.State.MayBeKnown(member.Intent);
                await run.SaveAsync(member.Enter(MachineState.Released, run.Now), cancellationToken);
                return StepOutcome.Finished;
            }

            // MAAS forgets the intent when a release begins: from then on nobody could find it by that.
            run.View.RecordResult(taken);
            member = member.Enter(MachineState.Releasing, run.Now);
            await run.SaveAsync(member, cancellationToken);
        }

        // MAAS takes a late wish to install a machine that has become free for the wish to have it.
        if (member.State is MachineState.Allocated or MachineState.Releasing
            && run.State.Late.MayArrive(CallKey.Deploy(member), askedBefore: member is { State: MachineState.Allocated, Build: not null }))
        {
            return new StepOutcome.Waiting(Reasons.Observing, $"An installation of {member.Hostname} was interrupted and may still arrive in MAAS.");
        }

        // An earlier call for it whose answer was lost would take it again when it is free.
        if (run.State.Late.MayArrive(member.Intent, askedBefore))
        {
            return new StepOutcome.Waiting(Reasons.Observing, $"An allocation of {member.Hostname} was interrupted and may still arrive in MAAS.");
        }

        if (member.State is MachineState.Releasing && await WhereaboutsAsync(run, member, cancellationToken) is { } elsewhere)
        {
            return elsewhere;
        }

        var erase = run.Spec.Pools.FirstOrDefault(pool => pool.Name == member.Pool)?.Erase ?? ErasePolicy.None;
        try
        {
            var released = await run.Region.ReleaseAsync(step.Machine, erase, $"gantry: {step.Reason}", cancellationToken);
            run.View.RecordResult(released);
            await run.SaveAsync(member.Enter(MachineState.Releasing, run.Now), cancellationToken);
            return StepOutcome.Finished;
        }
        catch (RegionException gone) when (gone.Failure is RegionFailure.NotFound)
        {
            await run.SaveAsync(member.Enter(MachineState.Releasing, run.Now), cancellationToken);
            await run.SaveAsync(run.Member(step.Machine).Enter(MachineState.Released, run.Now), cancellationToken);
            return StepOutcome.Finished;
        }
        catch (RegionException refused) when (refused.Failure is RegionFailure.Conflict or RegionFailure.Forbidden)
        {
            run.View.Distrust();

            // MAAS answers a locked machine's release as it answers one without permission: with 403 and no words.
            return refused.Failure is RegionFailure.Forbidden
                ? new StepOutcome.Refused(
                    Reasons.MachineLocked,
                    $"MAAS does not let us release {member.Hostname}; unlock it if it is locked, or give the account's user the right to it ({refused.Message})")
                : new StepOutcome.Refused(Reasons.MachineOutOfService, $"MAAS does not release {member.Hostname}: {refused.Message}");
        }
    }

    // A release is asked for again. The machine may have become free since, and somebody with the same MAAS user may have
    // taken it: MAAS names the intent of whoever took it last, and forgets it when a release begins.
    private static async Task<StepOutcome?> WhereaboutsAsync(RunScope run, Member member, CancellationToken cancellationToken)
    {
        if (await TakenMachine.FindAsync(run, member, cancellationToken) is not null)
        {
            return null;
        }

        switch (await run.Region.FindAsync(member.Machine, cancellationToken))
        {
            case { IsOurs: true, Status: MaasStatus.FailedReleasing or MaasStatus.FailedDiskErasing }:
                return null;
            case { IsOurs: true, Status: MaasStatus.Releasing or MaasStatus.DiskErasing } seen:
                run.View.RecordResult(seen);
                return new StepOutcome.Waiting(Reasons.Releasing, $"MAAS releases {member.Hostname}: {seen.StatusName}.");

            // An installation whose answer was lost takes the machine again without an intent, and nobody is as quick as that.
            case { IsOurs: true, Status: MaasStatus.Deploying or MaasStatus.Deployed or MaasStatus.FailedDeployment }
                when member.JoinedAt is null && run.Now - member.Since < SoonAfterRelease:
                return null;
            default:
                await run.SaveAsync(member.Enter(MachineState.Released, run.Now), cancellationToken);
                return StepOutcome.Finished;
        }
    }
}
