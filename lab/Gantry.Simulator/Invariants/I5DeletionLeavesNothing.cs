using Gantry.Clusters.Model;
using Gantry.Engine.Ledger;
using Gantry.Engine.Ports;
using Gantry.Simulator.World;

namespace Gantry.Simulator.Invariants;

/// <summary>A finished deletion leaves nothing behind, or lists each orphan.</summary>
internal sealed class I5DeletionLeavesNothing(Simulation run) : Invariant(run)
{
    public override void LedgerRemoved(ClusterRecord record) => Check(record.Spec, []);

    public override void Published(ClusterStatus status)
    {
        if (status.Phase is ClusterPhase.Deleted && Run.SpecOf(status.Id) is { } spec)
        {
            Check(spec, status.Residue);
        }
    }

    private void Check(ClusterSpec spec, IReadOnlyList<string> residue)
    {
        foreach (var machine in Run.Region.Machines)
        {
            var carries =
                machine.Agent.Length > 0 && Run.Intents.TryGetValue(machine.Agent, out var cluster) && cluster == spec.Id;
            if (carries && Run.Region.IsOurs(machine) && !IsListed(machine.Id.Value) && !IsToldAsUnseen(machine))
            {
                Broken(
                    $"{spec.Name} is deleted and MAAS still has {machine} for it; what is left behind: "
                        + $"{string.Join("; ", residue)}"
                );
            }
        }

        if (spec.Endpoint is EndpointChoice.MaasDns choice)
        {
            var name = $"{spec.Name}-api.{choice.Domain}";
            if (Run.Region.FindDns(name) is not null && !IsListed(name))
            {
                Broken($"{spec.Name} is deleted and MAAS still has the record {name}");
            }
        }

        // What the account's user does not see can be told by its owner and its mark alone. It is judged again at the end.
        bool IsToldAsUnseen(WorldMachine machine) =>
            !Run.Region.List(Run.KeyOf).Any(seen => seen.Id == machine.Id)
            && residue.Any(left =>
                left.Contains($"MAAS user {machine.Owner} with", StringComparison.Ordinal)
                && left.Contains($"{MachineMark.ClusterKey}={spec.Id}:", StringComparison.Ordinal)
            );

        bool IsListed(string what) => residue.Any(left => left.Contains(what, StringComparison.Ordinal));
    }
}
