using Gantry.Clusters.Model;

namespace Gantry.Engine.Ports;

/// <summary>
/// The desired state of all clusters. The engine reads it at every reconcile; <see cref="ClusterEngine.Enqueue"/> announces a
/// change.
/// </summary>
public interface IDesiredClusters
{
    IReadOnlyList<ClusterSpec> All { get; }

    /// <summary>Grows after every change. Results computed from all clusters stay valid while it is the same.</summary>
    long Version { get; }

    ClusterSpec? Find(ClusterId cluster);
}

/// <summary>Receives statuses and events of the engine, after the ledger has stored them. Must not throw.</summary>
public interface IEngineReports
{
    void Report(ClusterStatus status);

    void Report(ClusterEvent happened);
}
