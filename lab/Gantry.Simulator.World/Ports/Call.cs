using Gantry.Clusters.Model;

namespace Gantry.Simulator.Ports;

/// <summary>A call of one process to the world.</summary>
/// <param name="Operation">The name of the port's method.</param>
/// <param name="Cluster">Whose API server is asked; <c>null</c> for a call to another peer.</param>
/// <param name="Travels">How long the call is under way until it takes effect.</param>
/// <param name="Act"><c>null</c> for a call that only reads.</param>
public readonly record struct Call(Peer Peer, string Operation, ClusterId? Cluster, TimeSpan Travels, Act? Act = null)
{
    /// <summary>Whether it acts so on this machine.</summary>
    public bool Is(ActKind kind, SystemId machine) => Act is { } act && act.Kind == kind && act.Machine == machine;

    public bool Is(ActKind kind) => Act?.Kind == kind;

    public override string ToString() => $"{Operation} {Act?.Machine}";
}
