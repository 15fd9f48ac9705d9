using Gantry.Clusters.Model;
using Gantry.Clusters.Steps;

namespace Gantry.Engine.Steps;

/// <summary>Releases the machine, with the erase policy of its pool.</summary>
internal sealed class ReleaseExecutor : StepExecutor<Step.Release>
{
    public override Task<StepOutcome> ExecuteAsync(RunScope run, Step.Release step, CancellationToken cancellationToken)
    {
        var member = run.Member(step.Machine);
        var erase = run.Spec.Pools.FirstOrDefault(pool => pool.Name == member.Pool)?.Erase ?? ErasePolicy.None;
        return run.State.Machines.ReleaseAsync(run, member, erase, step.Reason, cancellationToken);
    }
}
