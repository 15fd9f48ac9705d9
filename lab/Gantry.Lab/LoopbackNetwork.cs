using System.Net;
using System.Net.Sockets;
using System.Text;
using Gantry.Lab.Store;

namespace Gantry.Lab;

/// <summary>
/// A <c>127.N.0.0/16</c> exclusive to one lab, with listenable addresses for its machines and the virtual IPs of its clusters. A
/// socket that each lab holds while it runs keeps labs on the same host from sharing a network.
/// </summary>
public sealed class LoopbackNetwork : IDisposable
{
    private const string Kind = "lab/network";
    private const int First = 64;
    private const int Count = 63;
    private const int GuardPort = 6442;

    private readonly Socket _guard;

    private LoopbackNetwork(int second, Socket guard)
    {
        Second = second;
        _guard = guard;
    }

    /// <summary>The N of <c>127.N.0.0/16</c>.</summary>
    public int Second { get; }

    public string Cidr => $"127.{Second}.0.0/16";

    /// <summary>Takes the lab's previous network, or else a free one.</summary>
    /// <param name="preferred">
    /// The start of the search for a free network, so that labs with different seeds rarely collide.
    /// </param>
    /// <exception cref="IOException">No network is free, or another process runs this lab.</exception>
    public static LoopbackNetwork Hold(ILabStore store, int preferred)
    {
        if (store.All(Kind) is [{ Value: var kept }, ..])
        {
            var second = int.Parse(Encoding.UTF8.GetString(kept));
            return new LoopbackNetwork(
                second,
                TryGuard(second)
                    ?? throw new IOException($"the lab's network 127.{second}.0.0/16 is in use by another process: end it first")
            );
        }

        for (var step = 0; step < Count; step++)
        {
            var second = First + (int)(((uint)preferred + step) % Count);
            if (TryGuard(second) is { } guard)
            {
                store.Put(Kind, "second", Encoding.UTF8.GetBytes(second.ToString()));
                return new LoopbackNetwork(second, guard);
            }
        }

        throw new IOException($"all networks from 127.{First}.0.0/16 on are in use by labs: end one of them");
    }

    public void Dispose() => _guard.Dispose();

    private static Socket? TryGuard(int second)
    {
        var guard = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ExclusiveAddressUse = true };
        try
        {
            guard.Bind(new IPEndPoint(IPAddress.Parse($"127.{second}.255.254"), GuardPort));
            guard.Listen();
            return guard;
        }
        catch (SocketException)
        {
            guard.Dispose();
            return null;
        }
    }
}
