using System.Net;
using System.Net.Sockets;

namespace Gantry.Engine.Tests.Lab;

/// <summary>A load balancer of TCP connections that goes round.</summary>
internal sealed class Balancer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly Task _serving;
    private int _next;

    public Balancer()
    {
        _listener.Start();
        _serving = ServeAsync();
    }

    /// <summary>The addresses that its operator has put behind it.</summary>
    public IReadOnlyList<string> Addresses
    {
        get => Volatile.Read(ref field);
        set => Volatile.Write(ref field, value);
    } = [];

    public int Port { get; set; } = 6443;

    public IPEndPoint EndPoint => (IPEndPoint)_listener.LocalEndpoint;

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Dispose();
        await _serving;
        _end.Dispose();
    }

    private async Task ServeAsync()
    {
        var open = new List<Task>();
        try
        {
            while (true)
            {
                open.Add(PassAsync(await _listener.AcceptSocketAsync(_end.Token)));
            }
        }
        catch (Exception over) when (over is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(open);
        }
    }

    private async Task PassAsync(Socket client)
    {
        using var near = client;
        using var far = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (Addresses is { Count: > 0 } addresses)
            {
                await far.ConnectAsync(IPAddress.Parse(addresses[_next++ % addresses.Count]), Port, _end.Token);
                await using var here = new NetworkStream(near);
                await using var there = new NetworkStream(far);
                await Task.WhenAny(here.CopyToAsync(there, _end.Token), there.CopyToAsync(here, _end.Token));
            }
        }
        catch (Exception over) when (over is SocketException or IOException or OperationCanceledException)
        {
            // The connection ends.
        }
    }
}
