using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Clusters.Steps;
using Gantry.Engine.Ledger;
using Gantry.Engine.Ports;

namespace Gantry.Engine.Steps;

/// <summary>Cordons the node of a machine that leaves the cluster.</summary>
internal sealed class CordonExecutor : StepExecutor<Step.Cordon>
{
    public override async Task<StepOutcome> ExecuteAsync(RunScope run, Step.Cordon step, CancellationToken cancellationToken)
    {
        // Stored before the call: if its answer is lost, the node may be cordoned.
        var member = run.Member(step.Machine);
        var leaving = member.Enter(MachineState.Draining, run.Now) with
        {
            Removal = new Removal(step.Kind, step.Reason),
            Drained = false,
            HandOver = null,
        };
        var record = run.Record.With(leaving);
        if (step.Kind is RemovalKind.Replacement)
        {
            record = record with { LastRepaved = record.LastRepaved.With(member.Pool, run.Now) };
        }

        await run.SaveAsync(record, cancellationToken);
        await run.State.InFlight.TrackAsync(
            CallKey.Removal(step.Machine),
            run.RequireWorkload().CordonAsync(member.NodeName, cancellationToken)
        );
        return StepOutcome.Finished;
    }
}
