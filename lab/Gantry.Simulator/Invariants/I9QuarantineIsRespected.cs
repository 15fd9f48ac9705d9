using Gantry.Simulator.Ports;

namespace Gantry.Simulator.Invariants;

/// <summary>The engine never selects a quarantined machine.</summary>
internal sealed class I9QuarantineIsRespected(Simulation run) : Invariant(run)
{
    public override void Before(Act act)
    {
        if (act.Kind is ActKind.Allocate && Run.Ledger.Quarantine.TryGetValue(act.Machine!.Value, out var why))
        {
            Broken($"{MachineOf(act)} is asked for and is in quarantine since {why.At:HH:mm}: {why.Reason}");
        }
    }
}
