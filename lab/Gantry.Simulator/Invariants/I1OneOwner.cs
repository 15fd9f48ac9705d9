using Gantry.Clusters.Model;
using Gantry.Engine.Ledger;
using Gantry.Simulator.Ports;
using Gantry.Simulator.Scenarios;

namespace Gantry.Simulator.Invariants;

/// <summary>
/// A machine belongs to at most one cluster; a machine Gantry did not allocate is never deployed, changed or released.
/// </summary>
internal sealed class I1OneOwner(Simulation run) : Invariant(run)
{
    // MAAS has no conditional writes, so a call may rest on facts up to this old.
    private static readonly TimeSpan OutOfDate = TimeSpan.FromMinutes(5);

    public override void Before(Act act)
    {
        if (act.Kind is ActKind.Allocate || Run.WasSentByAnotherLedger(act) || MachineOf(act) is not { } machine)
        {
            return;
        }

        if (Operators.IsPerson(machine.Owner) && Run.Operators.ElsewhereFor(machine.Id) > OutOfDate)
        {
            Broken($"{act.Kind} of {machine}, which {machine.Owner} has had since {Run.Operators.ElsewhereFor(machine.Id)}");
        }
        else if (Run.Ledger.HolderOf(machine.Id) is not { } holder)
        {
            // A call in flight while the machine is released is harmless if the machine has no owner.
            if (machine.Owner is not null)
            {
                Broken($"{act.Kind} of {machine}, which no cluster in the ledger holds; its owner in MAAS is {machine.Owner}");
            }
        }
        else if (act.Kind is ActKind.Deploy && Run.Documents.Find(act.Detail) is { } document && document.Cluster.Id != holder)
        {
            Broken($"{machine} is deployed for {document.Cluster.Name} and belongs to {Run.Name(holder)}");
        }
    }

    public override void LedgerSaved(
        ClusterRecord record,
        ClusterRecord? before,
        IReadOnlyList<SystemId> dropped,
        SystemId? twice
    )
    {
        if (twice is { } machine)
        {
            Broken($"{record.Spec.Name} holds {Run.Region.Find(machine)} that another cluster holds too");
        }
    }
}
