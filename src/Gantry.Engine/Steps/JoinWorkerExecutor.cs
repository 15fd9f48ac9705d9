using Gantry.Clusters.Steps;

namespace Gantry.Engine.Steps;

/// <summary>Admits a worker that waits to join.</summary>
internal sealed class JoinWorkerExecutor : StepExecutor<Step.JoinWorker>
{
    public override Task<StepOutcome> ExecuteAsync(RunScope run, Step.JoinWorker step, CancellationToken cancellationToken) =>
        Admission.AdmitAsync(run, step.Machine, cancellationToken);
}
