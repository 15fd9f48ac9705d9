using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Clusters.Steps;
using Gantry.Engine.Ledger;
using Gantry.Engine.Ports;

namespace Gantry.Engine.Steps;

/// <summary>Queries the BMC for the machine's power state and stores the answer.</summary>
internal sealed class QueryPowerExecutor : StepExecutor<Step.QueryPower>
{
    public override async Task<StepOutcome> ExecuteAsync(RunScope run, Step.QueryPower step, CancellationToken cancellationToken)
    {
        var member = run.Member(step.Machine);
        string power;
        try
        {
            power = await run.AwaitPowerAsync(
                member,
                "ask for the power of",
                () => run.Region.QueryPowerAsync(step.Machine, cancellationToken)
            );
        }
        catch (RegionException late) when (late.Failure is RegionFailure.NotAnswered)
        {
            // As long as it takes, the last answer counts: the words of the cluster do not change with every question.
            return member.Repair is { AskedAt: not null, Power: not ("on" or "off") } last
                ? new StepOutcome.Waiting(Reasons.PowerUnknown, last.UnknownPower(member.Hostname))
                : new StepOutcome.Waiting(Reasons.NodeSilent, late.Message);
        }
        catch (RegionException failure) when (failure.Failure is not RegionFailure.CredentialsRejected)
        {
            // Without an answer of the BMC the power state is unknown, which is not the same as off.
            power = "unknown";
            run.RecordEvent(
                EventSeverity.Warning,
                Reasons.PowerUnknown,
                $"the BMC of {run.Member(step.Machine).Hostname} does not answer: {failure.Message}",
                step.Machine
            );
        }

        await run.SaveRepairAsync(step.Machine, repair => repair with { Power = power, AskedAt = run.Now }, cancellationToken);
        return StepOutcome.Finished;
    }
}
