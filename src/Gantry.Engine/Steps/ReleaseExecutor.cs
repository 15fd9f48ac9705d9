using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Clusters.Steps;

namespace Gantry.Engine.Steps;

/// <summary>
/// Releases the machine, with the erase policy of its pool. However often MAAS is asked for one machine, the history has one line
/// for the repetitions, which counts them.
/// </summary>
internal sealed class ReleaseExecutor : StepExecutor<Step.Release>
{
    public override async Task<StepOutcome> ExecuteAsync(RunScope run, Step.Release step, CancellationToken cancellationToken)
    {
        var member = run.Member(step.Machine);
        var erase = run.Spec.Pools.FirstOrDefault(pool => pool.Name == member.Pool)?.Erase ?? ErasePolicy.None;
        var outcome = await run.State.Machines.ReleaseAsync(run, member, erase, step.Reason, cancellationToken);
        if (run.Record.FindMember(step.Machine) is not { ReleaseRequests: > 1 } asked)
        {
            return outcome;
        }

        if (asked.ReleaseRequests > member.ReleaseRequests)
        {
            run.RecordRepeated(
                Reasons.ReleaseFailed,
                $"{asked.Hostname}: MAAS was asked {asked.ReleaseRequests} times to release it"
                    + (asked.ReleaseFailure is { } failure ? $"; its last answer: {failure}" : ""),
                step.Machine,
                $"{asked.Intent}-release"
            );
        }

        return outcome is StepOutcome.Done ? StepOutcome.FinishedAndRecorded : outcome;
    }
}
