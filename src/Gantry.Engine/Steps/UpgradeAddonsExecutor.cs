using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Clusters.Steps;
using Gantry.Engine.Ledger;
using Gantry.Engine.Ports;

namespace Gantry.Engine.Steps;

/// <summary>Upgrades kube-proxy and CoreDNS.</summary>
internal sealed class UpgradeAddonsExecutor : StepExecutor<Step.UpgradeAddons>
{
    public override async Task<StepOutcome> ExecuteAsync(
        RunScope run,
        Step.UpgradeAddons step,
        CancellationToken cancellationToken
    )
    {
        await run.RequireWorkload().UpgradeAddonsAsync(step.Version, cancellationToken);
        await run.SaveAsync(run.Record with { Version = step.Version }, cancellationToken);
        return StepOutcome.Finished;
    }
}
