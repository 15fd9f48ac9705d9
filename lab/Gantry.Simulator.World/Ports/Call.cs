using Gantry.Clusters.Model;

namespace Gantry.Simulator.Ports;

/// <summary>A call of one process to the world.</summary>
/// <param name="Operation">The name of the port's method.</param>
/// <param name="Cluster">The cluster of the called API server; <c>null</c> for a call to another peer.</param>
/// <param name="Travels">The latency until the call takes effect.</param>
/// <c>null</c> for a read.
public readonly record struct Call(Peer Peer, string Operation, ClusterId? Cluster, TimeSpan Travels, Act? Act = null)
{
    /// <summary>Whether the call performs this act on this machine.</summary>
    public bool Is(ActKind kind, SystemId machine) => Act is { } act && act.Kind == kind && act.Machine == machine;

    public bool Is(ActKind kind) => Act?.Kind == kind;

    public override string ToString() => $"{Operation} {Act?.Machine}";
}
