using Gantry.Clusters.Model;

namespace Gantry.Simulator.Ports;

public enum Peer
{
    Maas,
    Cluster,
    Console,
    Ledger,
}

/// <summary>How the calls of one client reach the world, and its answers the client.</summary>
public interface ITransport
{
    /// <summary>What the client has been answered.</summary>
    Knowledge Knowledge { get; }

    /// <param name="travels">How long the call is under way until it takes effect.</param>
    /// <param name="act"><c>null</c> for a call that only reads.</param>
    /// <param name="effect">Throws what the other side answers instead.</param>
    Task<T> CallAsync<T>(Peer peer, ClusterId? cluster, TimeSpan travels, Act? act, Func<T> effect, Action<T>? learn = null);
}
