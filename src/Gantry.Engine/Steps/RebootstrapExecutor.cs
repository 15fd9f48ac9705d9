using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Clusters.Steps;
using Gantry.Engine.Ledger;
using Gantry.Engine.Ports;

namespace Gantry.Engine.Steps;

/// <summary>Removes the lost control plane from the record, so that a new one is initialized.</summary>
internal sealed class RebootstrapExecutor : StepExecutor<Step.Rebootstrap>
{
    public override async Task<StepOutcome> ExecuteAsync(RunScope run, Step.Rebootstrap step, CancellationToken cancellationToken)
    {
        var now = run.Now;
        await run.SaveAsync(
            run.Record with
            {
                Initialized = false,
                Version = null,
                KubeadmVersion = null,
                ControlPlaneSettings = [],
                AppliedAddons = null,
                AddonObjects = null,
                SilentSince = null,
                Members = [.. run.Record.Members.Select(member => WithoutControlPlane(member, step.Reason, now))],
            },
            cancellationToken
        );
        run.State.CloseWorkload(run.Spec.Id);
        run.RecordEvent(EventSeverity.Error, step.Name, step.Reason);
        return StepOutcome.FinishedAndRecorded;
    }

    // A machine that was admitted belongs to the lost control plane. A machine that still waits can join the next one.
    private static Member WithoutControlPlane(Member member, string reason, DateTimeOffset now) =>
        member switch
        {
            { Initializes: true, State: MachineState.Joining or MachineState.Ready or MachineState.NotReady } => member.Fail(
                reason,
                now
            ),
            { Initializes: true, State: MachineState.Allocated or MachineState.Deploying } => member.Fail(reason, now),
            { State: MachineState.Ready or MachineState.NotReady or MachineState.Draining } => member.Enter(
                MachineState.Releasing,
                now
            ),
            { State: MachineState.Joining, AdmittedAt: not null } => member.Enter(MachineState.Releasing, now),
            _ => member with { AdmittedAt = null, AdmittedUntil = null },
        };
}
