using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Clusters.Steps;
using Gantry.Engine.Ledger;
using Gantry.Engine.Ports;

namespace Gantry.Engine.Steps;

/// <summary>
/// Sets the pool's labels, annotations and taints on the node, and revokes the machine's bootstrap token, which is not needed
/// any more.
/// </summary>
internal sealed class LabelNodeExecutor : StepExecutor<Step.LabelNode>
{
    public override async Task<StepOutcome> ExecuteAsync(RunScope run, Step.LabelNode step, CancellationToken cancellationToken)
    {
        await Admission.RevokeAsync(run, step.Machine, cancellationToken);
        var member = run.Member(step.Machine);
        if (run.Spec.Pools.FirstOrDefault(pool => pool.Name == member.Pool) is { } pool)
        {
            await run.RequireWorkload().LabelAsync(member.NodeName, PoolMetadata.Of(member, pool), cancellationToken);
        }

        return StepOutcome.Finished;
    }
}
