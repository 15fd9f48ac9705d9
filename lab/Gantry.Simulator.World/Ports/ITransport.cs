namespace Gantry.Simulator.Ports;

public enum Peer
{
    Maas,
    Cluster,
    Console,
    Ledger,
}

/// <summary>How the calls of one process reach the world, and its answers the process.</summary>
public interface ITransport
{
    /// <summary>What the process has been answered.</summary>
    Knowledge Knowledge { get; }

    /// <param name="effect">Throws what the other side answers instead.</param>
    Task<T> CallAsync<T>(Call call, Func<T> effect, Action<T>? learn = null);

    /// <summary>
    /// A call that does not travel: the ledger and the disk. It can be the last thing that happens, before or after.
    /// </summary>
    Task<T> WriteAsync<T>(string operation, Func<T> effect);
}
