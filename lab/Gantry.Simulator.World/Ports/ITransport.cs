namespace Gantry.Simulator.Ports;

public enum Peer
{
    Maas,
    Cluster,
    Console,
    Ledger,
}

/// <summary>Carries the calls of one process to the world, and the answers back.</summary>
public interface ITransport
{
    /// <summary>The answers the process has received.</summary>
    Knowledge Knowledge { get; }

    /// <param name="effect">The effect of the call; throws the peer's error.</param>
    Task<T> CallAsync<T>(Call call, Func<T> effect, Action<T>? learn = null);

    /// <summary>A local call, to the ledger or the disk. The process can be killed before or after it.</summary>
    Task<T> WriteAsync<T>(string operation, Func<T> effect);
}
