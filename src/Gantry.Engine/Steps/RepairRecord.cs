using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Engine.Ports;

namespace Gantry.Engine.Steps;

/// <summary>What the ledger keeps of the remediation of a silent machine.</summary>
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

    /// <summary>A BMC that does not obey must not block the other steps of the cluster.</summary>
    public static StepOutcome NotSwitched(this RunScope run, SystemId machine, RegionException refused) =>
        new StepOutcome.Waiting(
            Reasons.PowerUnknown,
            $"MAAS does not switch the power of {run.Member(machine).Hostname}: {refused.Message}"
        );
}
