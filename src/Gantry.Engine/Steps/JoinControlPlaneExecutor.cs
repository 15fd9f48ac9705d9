using Gantry.Clusters.Steps;

namespace Gantry.Engine.Steps;

/// <summary>Admits a control plane that waits to join.</summary>
internal sealed class JoinControlPlaneExecutor : StepExecutor<Step.JoinControlPlane>
{
    public override Task<StepOutcome> ExecuteAsync(
        RunScope run,
        Step.JoinControlPlane step,
        CancellationToken cancellationToken
    ) => Admission.AdmitAsync(run, step.Machine, cancellationToken);
}
