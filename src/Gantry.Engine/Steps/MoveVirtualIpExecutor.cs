using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Clusters.Steps;
using Gantry.Engine.Ledger;
using Gantry.Engine.Ports;

namespace Gantry.Engine.Steps;

/// <summary>Gives the lease of the virtual IP to another control plane.</summary>
internal sealed class MoveVirtualIpExecutor : StepExecutor<Step.MoveVirtualIp>
{
    public override async Task<StepOutcome> ExecuteAsync(
        RunScope run,
        Step.MoveVirtualIp step,
        CancellationToken cancellationToken
    )
    {
        // Stored before the call: if its answer is lost, the former holder lets go of the address from now on.
        var member = run.Member(step.Machine);
        await run.SaveAsync(
            member with
            {
                HandOver = new VirtualIpHandOver(run.Now, (member.HandOver?.Tries ?? 0) + 1),
            },
            cancellationToken
        );
        await run.RequireWorkload().MoveVirtualIpAsync(member.NodeName, step.To, cancellationToken);
        return StepOutcome.Finished;
    }
}
