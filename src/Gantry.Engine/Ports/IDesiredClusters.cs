using Gantry.Clusters.Model;

namespace Gantry.Engine.Ports;

/// <summary>
/// What clusters should be. The engine reads it whenever it looks at a cluster; it is told of changes by a wake-up.
/// </summary>
public interface IDesiredClusters
{
    IReadOnlyList<ClusterSpec> All { get; }

    /// <summary>Grows with every change, after it. What was made of all clusters holds while it is the same.</summary>
    long Version { get; }

    ClusterSpec? Find(ClusterId cluster);
}

/// <summary>Where the engine tells what it does. Called after the ledger has it; must not throw.</summary>
public interface IEngineReports
{
    void Report(ClusterStatus status);

    void Report(ClusterEvent happened);
}
