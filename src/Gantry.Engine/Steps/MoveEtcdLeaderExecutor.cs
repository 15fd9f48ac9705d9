using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Clusters.Steps;
using Gantry.Engine.Ledger;
using Gantry.Engine.Ports;

namespace Gantry.Engine.Steps;

/// <summary>Transfers the leadership of etcd to another member.</summary>
internal sealed class MoveEtcdLeaderExecutor : StepExecutor<Step.MoveEtcdLeader>
{
    public override async Task<StepOutcome> ExecuteAsync(
        RunScope run,
        Step.MoveEtcdLeader step,
        CancellationToken cancellationToken
    )
    {
        await run.RequireWorkload().MoveEtcdLeaderAsync(step.To, cancellationToken);
        return StepOutcome.Finished;
    }
}
