using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Clusters.Steps;
using Gantry.Engine.Ledger;
using Gantry.Engine.Ports;

namespace Gantry.Engine.Steps;

/// <summary>Writes the version into kubeadm's configuration.</summary>
internal sealed class PrepareVersionExecutor : StepExecutor<Step.PrepareVersion>
{
    public override async Task<StepOutcome> ExecuteAsync(
        RunScope run,
        Step.PrepareVersion step,
        CancellationToken cancellationToken
    )
    {
        if (
            run.State.InFlight.MayArrive(Preparation(run), askedBefore: run.Record.KubeadmVersion is KubeadmVersionState.Changing)
        )
        {
            return new StepOutcome.Waiting(
                Reasons.Observing,
                "A change of kubeadm's configuration was interrupted and may still arrive."
            );
        }

        // Before the call: a call whose answer is lost has changed it all the same, and the desired version may be another one by
        // then.
        await run.SaveAsync(
            run.Record with
            {
                KubeadmVersion = new KubeadmVersionState.Changing(step.Version),
            },
            cancellationToken
        );
        await run.State.InFlight.WatchAsync(
            Preparation(run),
            run.RequireWorkload().SetKubernetesVersionAsync(step.Version, cancellationToken)
        );
        await run.SaveAsync(run.Record with { KubeadmVersion = new KubeadmVersionState.Known(step.Version) }, cancellationToken);
        return StepOutcome.Finished;
    }

    private static string Preparation(RunScope run) => $"kubeadm's configuration of {run.Spec.Id}";
}
