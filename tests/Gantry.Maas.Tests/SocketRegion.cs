using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Gantry.Maas.Tests;

/// <summary>A region on a socket that answers every request with its version and records the first line of each.</summary>
internal sealed class SocketRegion : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly X509Certificate2? _certificate;
    private readonly CancellationTokenSource _ending = new();
    private readonly Task _serving;

    public SocketRegion(X509Certificate2? certificate = null)
    {
        _certificate = certificate;
        _listener.Start();
        _serving = ServeAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public List<string> Requests { get; } = [];

    /// <summary>What it answers.</summary>
    public string Answer { get; init; } =
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 19\r\nConnection: close\r\n\r\n{\"version\":\"3.7.3\"}";

    /// <summary>It answers whatever it is sent, as a web server does that is sent something else than HTTP.</summary>
    public bool AnswersAtOnce { get; init; }

    /// <summary>A self-signed certificate for 127.0.0.1, which is its own CA.</summary>
    /// <param name="until">The last year of its life.</param>
    public static X509Certificate2 SelfSigned(int until = 2040)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, critical: true));
        using var made = request.CreateSelfSigned(
            new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero),
            new DateTimeOffset(until, 1, 1, 0, 0, 0, TimeSpan.Zero)
        );
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), password: null);
    }

    public void Dispose()
    {
        _ending.Cancel();
        _serving.GetAwaiter().GetResult();
        _listener.Dispose();
        _ending.Dispose();
    }

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                using var connection = await _listener.AcceptTcpClientAsync(_ending.Token);
                await AnswerAsync(connection.GetStream());
            }
        }
        catch (OperationCanceledException)
        {
            // Disposing the region ends the loop.
        }
    }

    private async Task AnswerAsync(Stream connection)
    {
        try
        {
            await using var stream = _certificate is null ? connection : await SecureAsync(connection, _certificate);
            if (!AnswersAtOnce)
            {
                using var reader = new StreamReader(stream, Encoding.ASCII, leaveOpen: true);
                if (await reader.ReadLineAsync() is not { Length: > 0 } first)
                {
                    return;
                }

                while (await reader.ReadLineAsync() is { Length: > 0 }) { }

                Requests.Add(first);
            }

            await stream.WriteAsync(Encoding.ASCII.GetBytes(Answer));
        }
        catch (Exception refused) when (refused is IOException or AuthenticationException)
        {
            // A client that does not trust the certificate closes the connection.
        }
    }

    private static async Task<Stream> SecureAsync(Stream connection, X509Certificate2 certificate)
    {
        var secure = new SslStream(connection);
        await secure.AuthenticateAsServerAsync(certificate);
        return secure;
    }
}
