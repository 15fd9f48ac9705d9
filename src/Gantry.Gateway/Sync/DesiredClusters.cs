using System.Collections.Concurrent;
using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Engine.Ports;
using Gantry.Protocol;

namespace Gantry.Gateway.Sync;

/// <summary>The desired state for the engine: a copy in memory of <see cref="DesiredStore"/>.</summary>
public sealed class DesiredClusters : IDesiredClusters
{
    private readonly ConcurrentDictionary<ClusterId, ClusterSpec> _clusters;
    private readonly ConcurrentDictionary<ClusterId, Observation<ClusterStatus>> _lastReports = new();
    private readonly ConcurrentDictionary<ClusterId, bool> _ended = new();
    private long _version;

    public DesiredClusters(IEnumerable<ClusterSpec> kept) =>
        _clusters = new(kept.Select(cluster => KeyValuePair.Create(cluster.Id, cluster)));

    public IReadOnlyList<ClusterSpec> All => [.. _clusters.Values];

    public long Version => Interlocked.Read(ref _version);

    public int Count => _clusters.Count;

    public ClusterSpec? Find(ClusterId cluster) => _clusters.GetValueOrDefault(cluster);

    public Observation<ClusterStatus> FindLastReport(ClusterId cluster) =>
        _lastReports.TryGetValue(cluster, out var told) ? told
        : _clusters.ContainsKey(cluster)
            ? new Observation<ClusterStatus>.Unknown("The console has not told yet whether this cluster has run before.")
        : new Observation<ClusterStatus>.Absent();

    public bool? HasEnded(ClusterId cluster) => _ended.TryGetValue(cluster, out var ended) ? ended : null;

    /// <summary>The console has answered whether these clusters have run, and whether those have ended.</summary>
    public void Confirm(DesiredStateRequest asked, DesiredState answer)
    {
        foreach (var cluster in asked.Undesired ?? [])
        {
            _ended[cluster] = answer.Ended?.Contains(cluster) is true;
        }

        var told = (answer.LastReports ?? []).ToDictionary(status => status.Id);
        foreach (var cluster in asked.Unrecorded ?? [])
        {
            _lastReports[cluster] = told.TryGetValue(cluster, out var status)
                ? new Observation<ClusterStatus>.Present(status)
                : new Observation<ClusterStatus>.Absent();
        }

        // Kept on the disk, and in force again when the console is put back to a newer backup and tells all of its clusters anew.
        foreach (var cluster in answer.Strange ?? [])
        {
            // A run that has begun already must not conclude that the cluster never held anything.
            _lastReports[cluster] = new Observation<ClusterStatus>.Unknown("The console does not know this cluster.");
            _clusters.TryRemove(cluster, out _);
            Interlocked.Increment(ref _version);
        }
    }

    public void Apply(DesiredState state)
    {
        foreach (var cluster in state.Clusters)
        {
            _clusters[cluster.Id] = cluster;
            _ended.TryRemove(cluster.Id, out _);
        }

        foreach (var gone in state.RemovedClusters)
        {
            _clusters.TryRemove(gone, out _);
            _lastReports.TryRemove(gone, out _);
        }

        Interlocked.Increment(ref _version);
    }
}
