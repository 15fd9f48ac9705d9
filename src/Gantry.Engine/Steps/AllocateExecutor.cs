using Gantry.Clusters.Steps;

namespace Gantry.Engine.Steps;

/// <summary>Allocates the machine that placement chose.</summary>
internal sealed class AllocateExecutor : StepExecutor<Step.Allocate>
{
    public override Task<StepOutcome> ExecuteAsync(RunScope run, Step.Allocate step, CancellationToken cancellationToken) =>
        run.State.Machines.AllocateAsync(run, run.Member(step.Machine), cancellationToken);
}
