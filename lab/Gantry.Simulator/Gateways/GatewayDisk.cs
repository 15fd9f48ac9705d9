using Gantry.Clusters.Model;
using Gantry.Gateway.Sync;
using Gantry.Protocol;

namespace Gantry.Simulator.Gateways;

/// <summary>The gateway's disk beside the ledger, which outlives every process.</summary>
internal sealed class GatewayDisk : IDesiredStore, IEventOutbox
{
    private readonly Dictionary<ClusterId, ClusterSpec> _clusters = [];
    private readonly List<SealedAccount> _accounts = [];
    private readonly Dictionary<SystemId, DateTimeOffset> _releases = [];
    private readonly Queue<(long Number, ClusterEvent Event)> _events = new();
    private readonly List<string> _instances = [];
    private long _next;

    public long Revision { get; private set; }

    public IReadOnlyDictionary<ClusterId, ClusterSpec> Clusters => _clusters;

    public string? Epoch { get; private set; }

    public KeptState Load() => new(Revision, [.. _clusters.Values], [.. _accounts], Epoch);

    public void Apply(DesiredState state)
    {
        foreach (var cluster in state.Clusters)
        {
            _clusters[cluster.Id] = cluster;
        }

        foreach (var account in state.Accounts)
        {
            _accounts.RemoveAll(known => known.Id == account.Id);
            _accounts.Add(account);
        }

        foreach (var gone in state.RemovedClusters)
        {
            _clusters.Remove(gone);
        }

        Revision = state.Revision;
        Epoch = state.Epoch ?? Epoch;
    }

    public string? FindProblem() => null;

    public IReadOnlyList<string> BeginInstance(string id, int atMost)
    {
        IReadOnlyList<string> former = [.. _instances.TakeLast(atMost)];
        _instances.Add(id);
        return former;
    }

    /// <summary>The data folder as it is now, which later writes do not change.</summary>
    public GatewayDisk Copy()
    {
        var copy = new GatewayDisk
        {
            Revision = Revision,
            Epoch = Epoch,
            _next = _next,
        };
        foreach (var (id, cluster) in _clusters)
        {
            copy._clusters[id] = cluster;
        }

        copy._accounts.AddRange(_accounts);
        copy._instances.AddRange(_instances);
        return copy;
    }

    public int? BookRelease(SystemId machine, DateTimeOffset now, DateTimeOffset since, int atMost)
    {
        var others = _releases.Count(release => release.Value > since && release.Key != machine);
        if (others >= atMost)
        {
            return others;
        }

        foreach (var old in _releases.Where(release => release.Value <= since).Select(release => release.Key).ToList())
        {
            _releases.Remove(old);
        }

        _releases[machine] = now;
        return null;
    }

    public int Add(ClusterEvent happened)
    {
        _events.Enqueue((++_next, happened));
        return 0;
    }

    public (IReadOnlyList<ClusterEvent> Events, long UpTo) Peek(int atMost)
    {
        if (_events.Count is 0)
        {
            return ([], 0);
        }

        List<ClusterEvent> oldest = [];
        var upTo = 0L;
        foreach (var (number, happened) in _events.Take(atMost))
        {
            oldest.Add(happened);
            upTo = number;
        }

        return (oldest, upTo);
    }

    public void Delivered(long upTo)
    {
        while (_events.TryPeek(out var oldest) && oldest.Number <= upTo)
        {
            _events.Dequeue();
        }
    }
}
