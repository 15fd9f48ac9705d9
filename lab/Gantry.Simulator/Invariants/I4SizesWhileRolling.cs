using Gantry.Clusters.Model;
using Gantry.Engine.Ledger;
using Gantry.Engine.Ports;
using Gantry.Simulator.Ports;
using Gantry.Simulator.World;

namespace Gantry.Simulator.Invariants;

/// <summary>
/// During a roll, ready nodes ≥ size for expand first and machines ≤ size for contract first (faults aside). In general: ready
/// nodes ≥ size − maximum unavailable, and machines ≤ size + surge.
/// </summary>
internal sealed class I4SizesWhileRolling(Simulation run) : Invariant(run)
{
    private static readonly TimeSpan FaultEffect = TimeSpan.FromHours(3);

    /// <summary>Earlier pool definitions that a reconcile in progress may still use.</summary>
    private readonly Dictionary<(ClusterId Cluster, DnsLabel Pool), List<(MachinePool Pool, TimeSpan Until)>> _earlier = [];

    // The maximum age of the observation a call rests on.
    private static readonly TimeSpan ObservationAge = TimeSpan.FromSeconds(5);

    /// <summary>When each leaving node was first cordoned.</summary>
    private readonly Dictionary<(ClusterId Cluster, string Node), DateTimeOffset> _leaving = [];

    public override void Sent(Act act, Knowledge knowledge)
    {
        if (
            act.Kind is ActKind.Cordon
            && NodeOf(act) is var (cluster, node)
            && !(_leaving.TryGetValue((cluster.Id, node.Name), out var first) && Run.Time.Now - first < FaultEffect)
        )
        {
            _leaving[(cluster.Id, node.Name)] = Run.Time.Now;
        }
    }

    public override void Before(Act act)
    {
        if (
            act.Kind is not (ActKind.Cordon or ActKind.Release or ActKind.PowerOff or ActKind.DeleteNode or ActKind.Drain)
            || NodeOf(act) is not var (cluster, node)
            || !node.Ready
            || IsReleased(node)
            || WasUnreadyWhenRemovalBegan(cluster, node)
            || node.Unschedulable
            || !cluster.WasComplete
            || IsLeaving(cluster.Id, act)
            || Run.Ledger.Clusters.GetValueOrDefault(cluster.Id) is not { } record
            || record.FindMember(node.Machine.Id) is not { } member
        )
        {
            return;
        }

        var desired = DesiredOf(record, member.Pool);
        if (desired.Count is 0 || HasFaults(record, member.Pool))
        {
            return;
        }

        var least = desired.Min(pool => pool.Size - pool.RollingUpdate.MaxUnavailable);
        var serving = record.Members.Count(other =>
            other.Pool == member.Pool
            && cluster.Nodes.TryGetValue(Node(other), out var its)
            && its is { Ready: true, Unschedulable: false }
        );
        if (serving - 1 < least)
        {
            Broken(
                $"{act.Kind} of {node.Machine} leaves {serving - 1} ready nodes in {member.Pool} of {record.Spec.Name}; "
                    + $"{least} must stay"
            );
        }
    }

    public override void After(Act act)
    {
        if (
            act.Kind is not ActKind.Allocate
            || Run.Ledger.HolderOf(act.Machine!.Value) is not { } holder
            || Run.Ledger.Clusters[holder] is not { } record
            || record.FindMember(act.Machine.Value) is not { } member
        )
        {
            return;
        }

        var desired = DesiredOf(record, member.Pool);
        if (desired.Count is 0 || HasFaults(record, member.Pool))
        {
            return;
        }

        var most = desired.Max(pool => pool.Size + pool.RollingUpdate.MaxSurge);
        var machines = record.Members.Count(other =>
            other.Pool == member.Pool
            && other.State
                is not (Gantry.Clusters.Planning.MachineState.Releasing or Gantry.Clusters.Planning.MachineState.Failed)
            && Run.Region.Find(other.Machine) is { } machine
            && Run.Region.IsOurs(machine)
        );
        if (machines > most)
        {
            Broken($"{member.Pool} of {record.Spec.Name} has {machines} machines; {most} are the most");
        }
    }

    public override void LedgerSaved(
        ClusterRecord record,
        ClusterRecord? before,
        IReadOnlyList<SystemId> dropped,
        SystemId? twice
    )
    {
        if (before is not null && ReferenceEquals(before.Spec, record.Spec))
        {
            return;
        }

        foreach (var pool in before?.Spec.Pools ?? [])
        {
            if (!_earlier.TryGetValue((record.Spec.Id, pool.Name), out var earlier))
            {
                _earlier[(record.Spec.Id, pool.Name)] = earlier = [];
            }

            earlier.RemoveAll(one => one.Until < Run.Time.Elapsed);
            earlier.Add((pool, Run.Time.Elapsed + TimeSpan.FromMinutes(10)));
        }
    }

    // A call may take longer than a node needs to become Ready, and a removal that has begun continues.
    private bool WasUnreadyWhenRemovalBegan(WorldCluster cluster, WorldNode node) =>
        _leaving.TryGetValue((cluster.Id, node.Name), out var began) && node.Since > began - ObservationAge;

    // A node whose machine MAAS is releasing does not serve, whatever the API server shows.
    private static bool IsReleased(WorldNode node) =>
        node.Machine.Status is MaasStatus.Releasing or MaasStatus.DiskErasing or MaasStatus.Ready;

    private static string Node(Gantry.Clusters.Planning.Member member) => member.Hostname;

    private List<MachinePool> DesiredOf(ClusterRecord record, DnsLabel pool)
    {
        var now = Run.Time.Elapsed;
        List<MachinePool> desired = [];
        if (_earlier.TryGetValue((record.Spec.Id, pool), out var earlier))
        {
            desired.AddRange(earlier.Where(one => one.Until >= now).Select(one => one.Pool));
        }

        desired.AddRange(record.Spec.Pools.Where(one => one.Name == pool));
        if (Run.SpecOf(record.Spec.Id) is { } newest)
        {
            desired.AddRange(newest.Pools.Where(one => one.Name == pool));

            // A pool removed from the desired state has no size to keep.
            if (newest.Pools.All(one => one.Name != pool))
            {
                return [];
            }
        }

        return desired;
    }

    private bool HasFaults(ClusterRecord record, DnsLabel pool) =>
        record.Members.Any(member =>
            member.Pool == pool && (member.Failure is not null || Run.Operators.HadFaults(member.Machine, FaultEffect))
        );
}
