using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Clusters.Steps;
using Gantry.Engine.Ledger;
using Gantry.Engine.Ports;

namespace Gantry.Engine.Steps;

/// <summary>Takes the machine that placement chose.</summary>
internal sealed class AllocateExecutor : StepExecutor<Step.Allocate>
{
    public override async Task<StepOutcome> ExecuteAsync(RunScope run, Step.Allocate step, CancellationToken cancellationToken)
    {
        var member = run.Member(step.Machine);
        var askedBefore = run.State.MayBeKnown(member.Intent);
        if (askedBefore && await TakenMachine.FindAsync(run, member, cancellationToken) is { } taken)
        {
            run.RecordEvent(EventSeverity.Info, "Adopted", $"{member.Hostname} had been allocated before the engine was interrupted", member.Machine);
            return await TakenAsync(run, member, taken, cancellationToken);
        }

        RegionMachine given;
        try
        {
            given = await run.State.Late.WatchAsync(member.Intent, run.Region.AllocateAsync(step.Machine, member.Intent, cancellationToken));
        }
        catch (RegionException refused) when (refused.Failure is RegionFailure.Conflict or RegionFailure.NotFound or RegionFailure.Forbidden)
        {
            // An earlier call of ours whose answer was lost may have taken it in the meantime.
            if (await TakenMachine.FindAsync(run, member, cancellationToken) is { } late)
            {
                return await TakenAsync(run, member, late, cancellationToken);
            }

            if (run.State.Late.MayArrive(member.Intent, askedBefore))
            {
                return new StepOutcome.Waiting(
                    Reasons.Observing, $"MAAS does not give {member.Hostname} now ({refused.Message}), and an earlier call for it may still arrive there.");
            }

            run.State.Avoid(step.Machine);
            run.View.Distrust();
            await run.SaveAsync(member.Enter(MachineState.Released, run.Now), cancellationToken);
            return new StepOutcome.Waiting(Reasons.Observing, $"MAAS did not give {member.Hostname}: {refused.Message}");
        }

        run.View.RecordResult(given);
        if (given.Id != step.Machine)
        {
            // Early MAAS 3 could answer with another machine than the one named (LP 1990289).
            run.View.RecordResult(await run.Region.ReleaseAsync(given.Id, ErasePolicy.None, "not the machine that was asked for", cancellationToken));
            run.State.Avoid(step.Machine);
            await run.SaveAsync(member.Enter(MachineState.Released, run.Now), cancellationToken);
            return new StepOutcome.Waiting(Reasons.Observing, $"MAAS gave {given.Hostname} for {member.Hostname}; it was given back");
        }

        return await TakenAsync(run, member, given, cancellationToken);
    }

    private static async Task<StepOutcome> TakenAsync(
        RunScope run, Member member, RegionMachine taken, CancellationToken cancellationToken)
    {
        run.View.RecordResult(taken);
        await run.SaveAsync(member.Enter(MachineState.Allocated, run.Now) with { Zone = taken.Zone }, cancellationToken);
        await run.Region.AnnotateAsync(
            member.Machine,
            new Dictionary<string, string>
            {
                ["gantry-cluster"] = run.Spec.Name,
                ["gantry-cluster-id"] = run.Spec.Id.Value,
                ["gantry-pool"] = member.Pool,
                ["gantry-intent"] = member.Intent,
            },
            cancellationToken);
        return StepOutcome.Finished;
    }
}
