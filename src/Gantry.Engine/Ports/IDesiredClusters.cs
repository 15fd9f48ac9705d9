using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;

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

    /// <summary>
    /// The console's last report on a cluster that held machines or an address then; absent when it held nothing. Unknown until
    /// the console has answered in the life of this process. A cluster without a record in the ledger is begun on an absent one.
    /// </summary>
    Observation<ClusterStatus> FindLastReport(ClusterId cluster);

    /// <summary>
    /// Whether the console has recorded the end of a cluster that is not desired; <c>null</c> until it has answered in the life of
    /// this process. A ledger that was put back may still know such a cluster.
    /// </summary>
    bool? HasEnded(ClusterId cluster);
}

/// <summary>Receives statuses and events of the engine, after the ledger has stored them. Must not throw.</summary>
public interface IEngineReports
{
    void Report(ClusterStatus status);

    void Report(ClusterEvent happened);
}
