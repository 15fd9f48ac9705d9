using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Engine.Ports;

namespace Gantry.Engine.Views;

/// <summary>
/// The machines of a region as MAAS listed them last. Results of Gantry's own calls are visible at once, and a list that MAAS was
/// preparing meanwhile does not overwrite them.
/// </summary>
public sealed class MachineView(TimeProvider time)
{
    private static readonly TimeSpan AllocationHolds = TimeSpan.FromMinutes(30);

    private readonly Lock _gate = new();
    private readonly Dictionary<SystemId, long> _results = [];
    private readonly Dictionary<SystemId, DateTimeOffset> _freeSince = [];
    private readonly Dictionary<ClusterId, HashSet<SystemId>> _marked = [];
    private readonly HashSet<SystemId> _unmarked = [];
    private readonly Dictionary<SystemId, (MachineMark? Mark, long At)> _allocations = [];
    private Dictionary<SystemId, RegionMachine> _machines = [];
    private (long Version, IReadOnlyList<MachineSubnet> Subnets) _subnets = (-1, []);
    private long _sequence;
    private long _version;
    private int _lists;

    /// <summary>Where this view stands before MAAS is asked: what comes to be known meanwhile is newer than the answer.</summary>
    internal (int Lists, long Sequence) Position
    {
        get
        {
            lock (_gate)
            {
                return (_lists, _sequence);
            }
        }
    }

    /// <summary>Changes with each list of machines, and with each recorded result.</summary>
    public long Version => Interlocked.Read(ref _version);

    /// <summary>Takes a list that was asked for at this position.</summary>
    internal void Replace(IReadOnlyList<RegionMachine> all, (int Lists, long Sequence) asked)
    {
        lock (_gate)
        {
            _lists++;
            var next = all.ToDictionary(machine => machine.Id);
            foreach (var (machine, sequence) in _results.ToList())
            {
                if (sequence <= asked.Sequence)
                {
                    _results.Remove(machine);
                }
                else if (_machines.TryGetValue(machine, out var ours))
                {
                    next[machine] = ours;
                }
                else
                {
                    next.Remove(machine);
                }
            }

            _machines = next;
            _marked.Clear();
            _unmarked.Clear();
            foreach (var machine in next.Values)
            {
                RememberMark(machine);
            }

            foreach (var known in _allocations.Keys.Where(known => !_unmarked.Contains(known)).ToList())
            {
                _allocations.Remove(known);
            }

            TrackFree();
            Interlocked.Increment(ref _version);
        }
    }

    /// <summary>Takes the answer to a question for some machines that was asked at this position.</summary>
    /// <param name="isLast">Whether the answer counts though a list has ended meanwhile, which may be older or newer.</param>
    /// <returns>False when it does not count for that.</returns>
    internal bool TryRecord(
        IReadOnlyCollection<SystemId> machines,
        IReadOnlyList<RegionMachine> answer,
        (int Lists, long Sequence) asked,
        bool isLast
    )
    {
        var found = answer.ToDictionary(machine => machine.Id);
        lock (_gate)
        {
            if (_lists != asked.Lists && !isLast)
            {
                return false;
            }

            // The result of a call that came meanwhile may be newer.
            foreach (var machine in machines.Where(machine => _results.GetValueOrDefault(machine) <= asked.Sequence))
            {
                if (found.TryGetValue(machine, out var now))
                {
                    RecordResult(now);
                }
                else
                {
                    Forget(machine);
                }
            }

            return true;
        }
    }

    public RegionMachine? Find(SystemId machine)
    {
        lock (_gate)
        {
            return _machines.GetValueOrDefault(machine);
        }
    }

    public IReadOnlyList<RegionMachine> All()
    {
        lock (_gate)
        {
            return [.. _machines.Values];
        }
    }

    /// <summary>The subnets in which MAAS shows machines, each with its machines, in a stable order.</summary>
    public IReadOnlyList<MachineSubnet> Subnets()
    {
        lock (_gate)
        {
            if (_subnets.Version != _version)
            {
                _subnets = (_version, SubnetsOf(_machines.Values));
            }

            return _subnets.Subnets;
        }
    }

    /// <summary>Machines with the mark of this cluster that are not free.</summary>
    public IReadOnlyList<RegionMachine> FindMarked(ClusterId cluster)
    {
        lock (_gate)
        {
            return _marked.TryGetValue(cluster, out var marked)
                ? [.. marked.Select(machine => _machines[machine]).Where(IsMarked)]
                : [];
        }

        bool IsMarked(RegionMachine machine) => machine is { Owner: not null, Mark: { } mark } && mark.Cluster == cluster;
    }

    /// <summary>Machines with the mark of any other cluster that are not free.</summary>
    public IReadOnlyList<RegionMachine> FindMarkedByOthers(ClusterId cluster)
    {
        lock (_gate)
        {
            return
            [
                .. _marked
                    .Where(others => others.Key != cluster)
                    .SelectMany(others => others.Value)
                    .Select(machine => _machines[machine])
                    .Where(machine => machine is { Owner: not null, Mark: { } mark } && mark.Cluster != cluster),
            ];
        }
    }

    /// <summary>
    /// Machines that the account's user has and that carry no mark: somebody has taken them by hand, or the call that marks them was
    /// lost.
    /// </summary>
    public IReadOnlyList<RegionMachine> FindUnmarked()
    {
        lock (_gate)
        {
            return _unmarked.Count is 0
                ? []
                : [.. _unmarked.OrderBy(machine => machine.Value, StringComparer.Ordinal).Select(machine => _machines[machine])];
        }
    }

    /// <summary>Whether the machine is one of <see cref="FindUnmarked"/>.</summary>
    internal bool IsUnmarked(SystemId machine)
    {
        lock (_gate)
        {
            return _unmarked.Contains(machine);
        }
    }

    /// <summary>Who allocated a machine without a mark, as MAAS told at most half an hour ago.</summary>
    /// <returns>False when MAAS has to be asked.</returns>
    internal bool TryGetAllocation(SystemId machine, out MachineMark? mark)
    {
        lock (_gate)
        {
            var isKnown = _allocations.TryGetValue(machine, out var known) && time.GetElapsedTime(known.At) < AllocationHolds;
            mark = isKnown ? known.Mark : null;
            return isKnown;
        }
    }

    /// <summary>Keeps the answer to <see cref="IRegion.FindAllocationAsync"/> for as long as the machine has no mark.</summary>
    /// <param name="asked">The timestamp of the question.</param>
    internal void RememberAllocation(SystemId machine, MachineMark? mark, long asked)
    {
        lock (_gate)
        {
            if (_unmarked.Contains(machine))
            {
                _allocations[machine] = (mark, asked);
            }
        }
    }

    /// <summary>
    /// When the machine became free, as far as this view has seen; the current time for a machine that is not free.
    /// </summary>
    public DateTimeOffset FreeSince(SystemId machine)
    {
        lock (_gate)
        {
            return _freeSince.TryGetValue(machine, out var since) ? since : time.GetUtcNow();
        }
    }

    /// <summary>Records that the machine left quarantine and is free from now on.</summary>
    public void RecordFreed(SystemId machine)
    {
        lock (_gate)
        {
            _freeSince[machine] = time.GetUtcNow();
            Interlocked.Increment(ref _version);
        }
    }

    /// <summary>Records the machine as MAAS answered it to one of Gantry's calls.</summary>
    public void RecordResult(RegionMachine machine)
    {
        lock (_gate)
        {
            _machines[machine.Id] = machine;
            RememberMark(machine);
            _results[machine.Id] = Interlocked.Increment(ref _sequence);
            TrackFree(machine);
            Interlocked.Increment(ref _version);
        }
    }

    private static IReadOnlyList<MachineSubnet> SubnetsOf(IEnumerable<RegionMachine> machines) =>
        [
            .. machines
                .SelectMany(machine =>
                    machine.Networks.Select(link => link.Subnet).Distinct().Select(subnet => (subnet, machine))
                )
                .GroupBy(pair => pair.subnet, pair => pair.machine)
                .OrderBy(subnet => subnet.Key.Value, StringComparer.Ordinal)
                .Select(subnet => new MachineSubnet(
                    subnet.Key,
                    [.. subnet.OrderBy(machine => machine.Hostname, StringComparer.Ordinal).Select(EngineState.AsCandidate)]
                )),
        ];

    private void Forget(SystemId machine)
    {
        _machines.Remove(machine);
        _results[machine] = Interlocked.Increment(ref _sequence);
        _unmarked.Remove(machine);
        _allocations.Remove(machine);
        _freeSince.Remove(machine);
        foreach (var marked in _marked.Values)
        {
            marked.Remove(machine);
        }

        Interlocked.Increment(ref _version);
    }

    private void RememberMark(RegionMachine machine)
    {
        if (machine is { Owner: not null, Mark: { } mark })
        {
            if (!_marked.TryGetValue(mark.Cluster, out var marked))
            {
                _marked[mark.Cluster] = marked = [];
            }

            marked.Add(machine.Id);
        }

        if (machine is { IsOurs: true, Mark: null, IsAbandoned: false, Status: not (MaasStatus.Ready or MaasStatus.New) })
        {
            _unmarked.Add(machine.Id);
        }
        else
        {
            _unmarked.Remove(machine.Id);
            _allocations.Remove(machine.Id);
        }
    }

    private void TrackFree()
    {
        foreach (var machine in _machines.Values)
        {
            TrackFree(machine);
        }

        foreach (var gone in _freeSince.Keys.Where(known => !_machines.ContainsKey(known)).ToList())
        {
            _freeSince.Remove(gone);
        }
    }

    private void TrackFree(RegionMachine machine)
    {
        if (machine.Status is MaasStatus.Ready)
        {
            _freeSince.TryAdd(machine.Id, time.GetUtcNow());
        }
        else
        {
            _freeSince.Remove(machine.Id);
        }
    }
}
