using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Engine.Ports;

namespace Gantry.Engine.Steps;

/// <summary>The rungs of the ladder for a machine that fell silent.</summary>
internal static class RepairSteps
{
    public static async Task<StepOutcome> QueryPowerAsync(RunScope run, Step.QueryPower step, CancellationToken cancellationToken)
    {
        string power;
        try
        {
            power = await run.Region.QueryPowerAsync(step.Machine, cancellationToken);
        }
        catch (RegionException failure) when (failure.Failure is not RegionFailure.CredentialsRejected)
        {
            // A BMC that does not answer in time answers nothing: that is not the same as off.
            power = "unknown";
            run.RecordEvent(EventSeverity.Warning, Reasons.PowerUnknown, $"the BMC of {run.Member(step.Machine).Hostname} does not answer: {failure.Message}", step.Machine);
        }

        await SaveAsync(run, step.Machine, repair => repair with { Power = power, AskedAt = run.Now }, cancellationToken);
        return StepOutcome.Finished;
    }

    public static async Task<StepOutcome> PowerOnAsync(RunScope run, Step.PowerOn step, CancellationToken cancellationToken)
    {
        await SaveAsync(run, step.Machine, repair => repair with { ActedAt = run.Now, AskedAt = null, Acts = repair.Acts + 1 }, cancellationToken);
        try
        {
            await run.Region.PowerOnAsync(step.Machine, $"gantry: {step.Because}", cancellationToken);
        }
        catch (RegionException refused) when (refused.Failure is not RegionFailure.CredentialsRejected)
        {
            return NotSwitched(run, step.Machine, refused);
        }

        await SaveAsync(run, step.Machine, repair => repair with { WeCutPower = false }, cancellationToken);
        return StepOutcome.Finished;
    }

    public static async Task<StepOutcome> PowerCycleAsync(RunScope run, Step.PowerCycle step, CancellationToken cancellationToken)
    {
        if (await MachineSteps.FindTakenAsync(run, run.Member(step.Machine), cancellationToken) is null)
        {
            run.View.Distrust();
            return new StepOutcome.Waiting(Reasons.Observing, $"MAAS does not show {run.Member(step.Machine).Hostname} as taken by this cluster any more.");
        }

        // Stored before the power goes: whatever happens now, somebody has to switch it on again.
        await SaveAsync(
            run, step.Machine, repair => repair with { Cycles = repair.WeCutPower ? repair.Cycles : repair.Cycles + 1, ActedAt = run.Now, WeCutPower = true, AskedAt = null, Acts = repair.Acts + 1 },
            cancellationToken);
        try
        {
            await run.Region.PowerOffAsync(step.Machine, $"gantry: {step.Because}", cancellationToken);
            return StepOutcome.Finished;
        }
        catch (RegionException refused) when (refused.Failure is not RegionFailure.CredentialsRejected)
        {
            return NotSwitched(run, step.Machine, refused);
        }
    }

    // One BMC that does not obey must not hold up everything else that is to be done for the cluster.
    private static StepOutcome.Waiting NotSwitched(RunScope run, SystemId machine, RegionException refused) =>
        new(Reasons.PowerUnknown, $"MAAS does not switch the power of {run.Member(machine).Hostname}: {refused.Message}");

    public static async Task<StepOutcome> MarkForReplacementAsync(RunScope run, Step.MarkForReplacement step, CancellationToken cancellationToken)
    {
        var member = run.Member(step.Machine);
        if (member.State is MachineState.Joining)
        {
            await run.SaveAsync(member.Fail(step.Because, run.Now), cancellationToken);
        }
        else
        {
            await SaveAsync(run, step.Machine, repair => repair with { GivenUp = step.Because }, cancellationToken);
        }

        return StepOutcome.Finished;
    }

    private static Task SaveAsync(RunScope run, SystemId machine, Func<Repair, Repair> change, CancellationToken cancellationToken)
    {
        var member = run.Member(machine);
        return run.SaveAsync(member with { Repair = change(member.Repair ?? new Repair()) }, cancellationToken);
    }
}
