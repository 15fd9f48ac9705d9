using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Engine.Ledger;
using Gantry.Engine.Ports;
using Gantry.Simulator.Ports;
using Gantry.Simulator.World;

namespace Gantry.Simulator.Invariants;

/// <summary>
/// No planned replacement drains or releases a machine before one that fits its place is certain: the machine itself, when it is
/// installed again, or a free one.
/// </summary>
internal sealed class I10NoPlaceIsLost(Simulation run) : Invariant(run)
{
    // A call rests on an observation that may be this old; what changed since cannot be blamed on the plan.
    private static readonly TimeSpan OutOfDate = TimeSpan.FromMinutes(10);

    private readonly Dictionary<(ClusterId Cluster, DnsLabel Pool), List<(MachinePool Pool, TimeSpan Until)>> _earlier = [];

    /// <summary>When each machine was last selected or taken.</summary>
    private readonly Dictionary<SystemId, TimeSpan> _taken = [];

    public override void Sent(Act act, Knowledge knowledge)
    {
        if (
            act.Kind is not (ActKind.Drain or ActKind.Release)
            || NodeOf(act) is not var (cluster, node)
            || !node.Ready
            || IsLeaving(cluster.Id, act)
            || Run.Ledger.Clusters.GetValueOrDefault(cluster.Id) is not { } record
            || record.FindMember(node.Machine.Id)
                is not { State: MachineState.Draining, Removal.Kind: RemovalKind.Replacement } member
            || (act.Kind is ActKind.Release && member.Role is PoolRole.ControlPlane)
        )
        {
            return;
        }

        var pools = DefinitionsOf(record, member.Pool);
        var staying = record.Members.Count(other => other.Pool == member.Pool && other.Stays);
        if (pools.Count is 0 || pools.Exists(pool => staying >= pool.Size || HasSuccessor(record, pool, node.Machine)))
        {
            return;
        }

        Broken(
            $"{act.Kind} of {node.Machine} leaves {staying} of {pools[^1].Size} machines in {member.Pool} of {record.Spec.Name}, "
                + "and no machine fits its place"
        );
    }

    public override void After(Act act)
    {
        if (act.Kind is ActKind.Allocate)
        {
            _taken[act.Machine!.Value] = Run.Time.Elapsed;
        }
    }

    public override void LedgerSaved(
        ClusterRecord record,
        ClusterRecord? before,
        IReadOnlyList<SystemId> dropped,
        SystemId? twice
    )
    {
        foreach (var member in record.Members.Where(member => member.State is MachineState.Selected))
        {
            _taken[member.Machine] = Run.Time.Elapsed;
        }

        if (before is null || ReferenceEquals(before.Spec, record.Spec))
        {
            return;
        }

        foreach (var pool in before.Spec.Pools)
        {
            if (!_earlier.TryGetValue((record.Spec.Id, pool.Name), out var earlier))
            {
                _earlier[(record.Spec.Id, pool.Name)] = earlier = [];
            }

            earlier.RemoveAll(one => one.Until < Run.Time.Elapsed);
            earlier.Add((pool, Run.Time.Elapsed + OutOfDate));
        }
    }

    private List<MachinePool> DefinitionsOf(ClusterRecord record, DnsLabel pool) =>
        [
            .. _earlier
                .GetValueOrDefault((record.Spec.Id, pool), [])
                .Where(one => one.Until >= Run.Time.Elapsed)
                .Select(one => one.Pool),
            .. record.Spec.Pools.Where(one => one.Name == pool),
        ];

    private bool HasSuccessor(ClusterRecord record, MachinePool pool, WorldMachine leaving) =>
        Run.Region.Machines.Any(machine =>
            !record.Spec.Replace.Contains(machine.Id)
            && (
                Run.Operators.WasChanged(machine.Id, OutOfDate)
                || (pool.Placement.Fits(machine) && (machine == leaving ? !machine.Locked : IsFree(machine)))
            )
        );

    private bool IsFree(WorldMachine machine) =>
        (_taken.TryGetValue(machine.Id, out var taken) && Run.Time.Elapsed - taken < OutOfDate)
        || (
            machine is { Status: MaasStatus.Ready, Locked: false }
            && Run.Ledger.HolderOf(machine.Id) is null
            && !Run.Ledger.Quarantine.ContainsKey(machine.Id)
        );
}
