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

    /// <summary>The outcome when MAAS cannot switch the power. Other steps of the cluster continue.</summary>
    public static StepOutcome PowerNotSwitched(this RunScope run, SystemId machine, RegionException refused) =>
        new StepOutcome.Waiting(
            Reasons.PowerUnknown,
            $"MAAS does not switch the power of {run.Member(machine).Hostname}: {refused.Message}"
        );
}
