using System.Collections.Concurrent;
using Gantry.Clusters.Model;
using Gantry.Engine.Ports;
using Gantry.Protocol;

namespace Gantry.Gateway.Sync;

/// <summary>The desired state for the engine: a copy in memory of <see cref="DesiredStore"/>.</summary>
public sealed class DesiredClusters : IDesiredClusters
{
    private readonly ConcurrentDictionary<ClusterId, ClusterSpec> _clusters;
    private long _version;

    public DesiredClusters(IEnumerable<ClusterSpec> kept) =>
        _clusters = new(kept.Select(cluster => KeyValuePair.Create(cluster.Id, cluster)));

    public IReadOnlyList<ClusterSpec> All => [.. _clusters.Values];

    public long Version => Interlocked.Read(ref _version);

    public int Count => _clusters.Count;

    public ClusterSpec? Find(ClusterId cluster) => _clusters.GetValueOrDefault(cluster);

    public void Apply(DesiredState state)
    {
        foreach (var cluster in state.Clusters)
        {
            _clusters[cluster.Id] = cluster;
        }

        foreach (var gone in state.RemovedClusters)
        {
            _clusters.TryRemove(gone, out _);
        }

        Interlocked.Increment(ref _version);
    }
}
