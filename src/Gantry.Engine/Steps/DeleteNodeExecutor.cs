using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Clusters.Steps;
using Gantry.Engine.Ledger;
using Gantry.Engine.Ports;

namespace Gantry.Engine.Steps;

/// <summary>Deletes the node of a machine that leaves the cluster.</summary>
internal sealed class DeleteNodeExecutor : StepExecutor<Step.DeleteNode>
{
    public override async Task<StepOutcome> ExecuteAsync(RunScope run, Step.DeleteNode step, CancellationToken cancellationToken)
    {
        await run.State.InFlight.TrackAsync(
            CallKey.Removal(step.Machine),
            run.RequireWorkload().DeleteNodeAsync(run.Member(step.Machine).NodeName, cancellationToken)
        );
        return StepOutcome.Finished;
    }
}
