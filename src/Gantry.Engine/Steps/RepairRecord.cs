using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Engine.Ports;

namespace Gantry.Engine.Steps;

/// <summary>The record of a silent machine's remediation.</summary>
internal static class RepairRecord
{
    public static Task SaveRepairAsync(
        this RunScope run,
        SystemId machine,
        Func<Repair, Repair> change,
        CancellationToken cancellationToken
    )
    {
        var member = run.Member(machine);
        return run.SaveAsync(member with { Repair = change(member.Repair ?? new Repair()) }, cancellationToken);
    }

    /// <summary>Makes a call that needs the machine's BMC: <see cref="PendingCalls.AwaitAsync"/>.</summary>
    public static Task<T> AwaitPowerAsync<T>(this RunScope run, Member member, string what, Func<Task<T>> call) =>
        run.State.Machines.Calls.AwaitAsync(
            new MaasCall(
                run.Spec.Id.Value,
                member.Machine.Value,
                // Each act on the power is a call of its own.
                $"{what} {member.Intent} {member.Repair?.Acts}",
                $"{what} {member.Hostname}"
            ),
            call
        );

    /// <summary>Why no call for the machine can be made now; <c>null</c> when it can. An act is counted before its call.</summary>
    public static StepOutcome? FindPowerObstacle(this RunScope run, SystemId machine) =>
        run.State.Machines.Calls.FindObstacle(run.Spec.Id.Value, machine.Value) is { } waits
            ? new StepOutcome.Waiting(Reasons.NodeSilent, waits)
            : null;

    /// <summary>The outcome when MAAS cannot switch the power. Other steps of the cluster continue.</summary>
    public static StepOutcome PowerNotSwitched(this RunScope run, SystemId machine, RegionException refused) =>
        new StepOutcome.Waiting(
            Reasons.PowerUnknown,
            $"MAAS does not switch the power of {run.Member(machine).Hostname}: {refused.Message}"
        );
}
