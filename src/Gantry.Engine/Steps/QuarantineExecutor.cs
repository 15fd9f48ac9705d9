using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Clusters.Steps;
using Gantry.Engine.Ledger;
using Gantry.Engine.Ports;

namespace Gantry.Engine.Steps;

/// <summary>Puts the machine into quarantine, with MAAS's events as evidence.</summary>
internal sealed class QuarantineExecutor : StepExecutor<Step.Quarantine>
{
    public override async Task<StepOutcome> ExecuteAsync(RunScope run, Step.Quarantine step, CancellationToken cancellationToken)
    {
        var member = run.Member(step.Machine);
        var reason = ReasonOf(run, member);
        await run.State.Machines.QuarantineAsync(
            run,
            new QuarantinedMachine(
                step.Machine,
                member.Hostname,
                run.Spec.Id,
                $"{reason}: {step.Reason}",
                Evidence: [],
                run.Now,
                member.Pool,
                member.JoinedAt is null ? member.Build : null
            ),
            cancellationToken
        );
        await run.SaveAsync(member with { Quarantined = true }, cancellationToken);
        run.RecordEvent(
            EventSeverity.Error,
            reason,
            $"{member.Hostname} is quarantined: {step.Reason}; it is not chosen again until somebody clears it",
            step.Machine
        );
        return StepOutcome.FinishedAndRecorded;
    }

    private static string ReasonOf(RunScope run, Member member) =>
        member.ScriptFailed ? Reasons.ScriptFailed
        : member.AdmittedAt is null && !member.Initializes ? Reasons.DeployFailed
        : run.View.Machines.Find(member.Machine)?.Status is MaasStatus.Deployed ? Reasons.JoinTimedOut
        : Reasons.DeployFailed;
}
