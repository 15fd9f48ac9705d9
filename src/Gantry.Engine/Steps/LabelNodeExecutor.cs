using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Clusters.Steps;
using Gantry.Engine.Ledger;
using Gantry.Engine.Ports;

namespace Gantry.Engine.Steps;

/// <summary>Ends the machine's bootstrap token, which a node with a kubelet does not need, and writes the pool's metadata.</summary>
internal sealed class LabelNodeExecutor : StepExecutor<Step.LabelNode>
{
    public override async Task<StepOutcome> ExecuteAsync(RunScope run, Step.LabelNode step, CancellationToken cancellationToken)
    {
        await Admission.EndAsync(run, step.Machine, cancellationToken);
        var member = run.Member(step.Machine);
        if (run.Spec.Pools.FirstOrDefault(pool => pool.Name == member.Pool) is { } pool)
        {
            await run.RequireWorkload().LabelAsync(member.NodeName, PoolMetadata.Of(member, pool), cancellationToken);
        }

        return StepOutcome.Finished;
    }
}
