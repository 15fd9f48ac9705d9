using System.Net.Security;
using System.Net.Sockets;
using System.Text;

namespace Gantry.Server.Tests.Hosting;

/// <summary>A TLS connection to a console on which a test writes HTTP/1.1 by itself, whole or not.</summary>
public sealed class RawConnection : IAsyncDisposable
{
    private readonly TcpClient _tcp;
    private readonly SslStream _tls;

    private RawConnection(TcpClient tcp, SslStream tls)
    {
        _tcp = tcp;
        _tls = tls;
    }

    public static async Task<RawConnection> OpenAsync(ConsoleHost console)
    {
        var tcp = new TcpClient();
        await tcp.ConnectAsync(console.Url.Host, console.Url.Port, TestContext.Current.CancellationToken);
        var tls = new SslStream(tcp.GetStream(), leaveInnerStreamOpen: false, (_, _, _, _) => true);
        await tls.AuthenticateAsClientAsync("127.0.0.1");
        return new RawConnection(tcp, tls);
    }

    public async Task WriteAsync(string text)
    {
        await _tls.WriteAsync(Encoding.ASCII.GetBytes(text), TestContext.Current.CancellationToken);
        await _tls.FlushAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>What the console has sent when it has sent this, or closed the connection.</summary>
    public async Task<string> ReadUntilAsync(string end)
    {
        var text = new StringBuilder();
        var buffer = new byte[4096];
        while (!text.ToString().Contains(end, StringComparison.Ordinal))
        {
            var count = await _tls.ReadAsync(buffer, TestContext.Current.CancellationToken);
            if (count is 0)
            {
                break;
            }

            text.Append(Encoding.UTF8.GetString(buffer, 0, count));
        }

        return text.ToString();
    }

    public async ValueTask DisposeAsync()
    {
        await _tls.DisposeAsync();
        _tcp.Dispose();
    }
}
