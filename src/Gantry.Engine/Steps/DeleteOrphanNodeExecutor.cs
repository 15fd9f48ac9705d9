using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Clusters.Steps;
using Gantry.Engine.Ledger;
using Gantry.Engine.Ports;

namespace Gantry.Engine.Steps;

/// <summary>Deletes a node whose machine the cluster does not hold.</summary>
internal sealed class DeleteOrphanNodeExecutor : StepExecutor<Step.DeleteOrphanNode>
{
    public override async Task<StepOutcome> ExecuteAsync(
        RunScope run,
        Step.DeleteOrphanNode step,
        CancellationToken cancellationToken
    )
    {
        await run.RequireWorkload().DeleteNodeAsync(step.Node, cancellationToken);
        return StepOutcome.Finished;
    }
}
