using Gantry.Clusters.Model;
using Gantry.Simulator.Ports;

namespace Gantry.Simulator.Scenarios;

/// <summary>The faults currently in force, and their effect on a call.</summary>
internal sealed class ActiveFaults(Chance chance)
{
    private readonly List<Armed> _armed = [];
    private readonly List<Fault> _storms = [];
    private readonly List<(Peer Peer, ClusterId? Cluster, Fault Why)> _partitions = [];
    private int _killIn = -1;
    private Fate _kill;
    private long _asked;

    /// <summary>The error of the gateway's clock.</summary>
    public TimeSpan ClockOffset { get; set; }

    public bool IsQuiet => _armed.Count is 0 && _storms.Count is 0 && _partitions.Count is 0 && _killIn < 0;

    public void ArmKill(Fault kill)
    {
        _killIn = kill.Subject;
        _kill = kill.Fate;
    }

    public void Disarm() => _killIn = -1;

    public void ArmCall(Fault call) => _armed.Add(new Armed(call));

    public void Begin(Fault storm) => _storms.Add(storm);

    public void End(Fault storm) => _storms.Remove(storm);

    public void Part(Fault why, ClusterId? cluster) => _partitions.Add((why.Peer, cluster, why));

    public void Join(Fault why) => _partitions.RemoveAll(partition => partition.Why == why);

    public bool IsPartitioned(Peer peer, ClusterId? cluster) =>
        _partitions.Count > 0
        && _partitions.Exists(partition => partition.Peer == peer && (partition.Cluster is null || partition.Cluster == cluster));

    /// <summary>Ends all faults.</summary>
    public void Stop()
    {
        _armed.Clear();
        _storms.Clear();
        _partitions.Clear();
        _killIn = -1;
        ClockOffset = TimeSpan.Zero;
    }

    public Fate FateOf(Peer peer, ClusterId? cluster, bool changes)
    {
        if (IsQuiet)
        {
            return Fate.Arrives;
        }

        if (_killIn >= 0 && _killIn-- is 0)
        {
            return _kill;
        }

        if (peer is Peer.Ledger)
        {
            return Fate.Arrives;
        }

        if (IsPartitioned(peer, cluster))
        {
            return Fate.Partitioned;
        }

        foreach (var storm in _storms)
        {
            if (storm.Peer == peer && chance.Is(storm.Amount / 100.0, "storm", storm.Number, _asked++))
            {
                return Fate.Unavailable;
            }
        }

        // Faults target calls that change the world, and every call of the console. Questions hang, too.
        foreach (var armed in _armed)
        {
            if (
                armed.Fault.Peer == peer
                && (changes || peer is Peer.Console || armed.Fault.Fate is Fate.Held)
                && armed.Left-- is 0
            )
            {
                _armed.Remove(armed);
                return armed.Fault.Fate;
            }
        }

        return Fate.Arrives;
    }

    private sealed class Armed(Fault fault)
    {
        public Fault Fault { get; } = fault;

        public int Left { get; set; } = fault.Subject;
    }
}
