using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Engine.Ports;
using Gantry.Simulator.Time;

namespace Gantry.Simulator.Ports;

/// <summary>
/// The knowledge of one gateway process: the answers it received, and when. A restarted process has none. Invariants judge an act
/// by this knowledge and not by the true state.
/// </summary>
/// <param name="before">The previous process, whose stored BMC answers carry over.</param>
public sealed class Knowledge(VirtualTime time, Knowledge? before)
{
    private readonly Dictionary<SystemId, (RegionMachine Machine, TimeSpan At)> _machines = [];
    private readonly Dictionary<ClusterId, (IReadOnlyList<WorkloadNode> Nodes, TimeSpan At)> _nodes = [];
    private readonly Dictionary<ClusterId, (IReadOnlyList<EtcdMember> Members, TimeSpan At)> _etcd = [];
    private readonly Dictionary<SystemId, (string Power, TimeSpan At)> _power = before?._power ?? [];
    private IReadOnlyList<RegionMachine>? _list;
    private TimeSpan _listedAt;

    public void Listed(IReadOnlyList<RegionMachine> machines)
    {
        _list = machines;
        _listedAt = time.Elapsed;
    }

    public void Saw(RegionMachine machine) => _machines[machine.Id] = (machine, time.Elapsed);

    public void Saw(ClusterId cluster, IReadOnlyList<WorkloadNode> nodes) => _nodes[cluster] = (nodes, time.Elapsed);

    public void Saw(ClusterId cluster, IReadOnlyList<EtcdMember> members) => _etcd[cluster] = (members, time.Elapsed);

    public void Saw(SystemId machine, string power) => _power[machine] = (power, time.Elapsed);

    /// <summary>The age of the newest list of machines; <c>null</c> without one.</summary>
    public TimeSpan? ListAge => _list is null ? null : time.Elapsed - _listedAt;

    public TimeSpan? NodesAge(ClusterId cluster) => _nodes.TryGetValue(cluster, out var seen) ? time.Elapsed - seen.At : null;

    public WorkloadNode? Node(ClusterId cluster, string name) =>
        _nodes.TryGetValue(cluster, out var seen) ? seen.Nodes.FirstOrDefault(node => node.Name == name) : null;

    public (IReadOnlyList<EtcdMember> Members, TimeSpan Age)? Etcd(ClusterId cluster) =>
        _etcd.TryGetValue(cluster, out var seen) ? (seen.Members, time.Elapsed - seen.At) : null;

    public (string Power, TimeSpan Age)? Power(SystemId machine) =>
        _power.TryGetValue(machine, out var seen) ? (seen.Power, time.Elapsed - seen.At) : null;
}
