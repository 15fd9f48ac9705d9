using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Gantry.Lab.Kubernetes.Serving;

/// <summary>
/// HTTP over TLS at one address. Disposing cuts all connections and frees the address, as a power cut does.
/// </summary>
public sealed class TlsListener : IAsyncDisposable
{
    /// <summary>The services Kestrel needs for TLS; shared by all listeners to keep each one cheap.</summary>
    private static readonly IServiceProvider Services = KestrelServices();

    private readonly KestrelServer _server;

    private TlsListener(KestrelServer server, IPEndPoint endPoint)
    {
        _server = server;
        EndPoint = endPoint;
    }

    /// <summary>The bound address and port.</summary>
    public IPEndPoint EndPoint { get; }

    /// <param name="address">Port 0 selects a free port.</param>
    /// <param name="serving">With its private key.</param>
    /// <param name="admits">
    /// Accepts or refuses a client certificate at the handshake; null accepts every client, with or without certificate.
    /// </param>
    /// <exception cref="IOException">The address is in use or does not belong to this host.</exception>
    public static async Task<TlsListener> StartAsync(
        IPEndPoint address,
        X509Certificate2 serving,
        Func<X509Certificate2, bool>? admits,
        long bodyLimit,
        Func<HttpContext, Task> handle,
        CancellationToken cancellationToken
    )
    {
        var kestrel = new KestrelServerOptions { ApplicationServices = Services, AddServerHeader = false };
        kestrel.Limits.MaxRequestBodySize = bodyLimit;
        kestrel.Listen(
            address,
            listen =>
            {
                listen.Protocols = HttpProtocols.Http1AndHttp2;
                listen.UseHttps(
                    new HttpsConnectionAdapterOptions
                    {
                        ServerCertificate = serving,
                        ClientCertificateMode = admits is null
                            ? ClientCertificateMode.AllowCertificate
                            : ClientCertificateMode.RequireCertificate,
                        ClientCertificateValidation = (certificate, _, _) => admits is null || admits(certificate),
                    }
                );
            }
        );
        var transport = new SocketTransportFactory(Options.Create(new SocketTransportOptions()), NullLoggerFactory.Instance);
        var listener = new KestrelServer(Options.Create(kestrel), transport, NullLoggerFactory.Instance);
        try
        {
            await listener.StartAsync(new Application(handle), cancellationToken);
            var port = new Uri(listener.Features.Get<IServerAddressesFeature>()!.Addresses.First()).Port;
            return new TlsListener(listener, new IPEndPoint(address.Address, port));
        }
        catch
        {
            listener.Dispose();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        // A cancelled token cuts connections instead of draining them.
        await _server.StopAsync(new CancellationToken(canceled: true));
        _server.Dispose();
    }

    private static IServiceProvider KestrelServices()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration();
        return builder.Build().Services;
    }

    private sealed class Application(Func<HttpContext, Task> handle) : IHttpApplication<HttpContext>
    {
        public HttpContext CreateContext(IFeatureCollection contextFeatures) => new DefaultHttpContext(contextFeatures);

        public Task ProcessRequestAsync(HttpContext context) => handle(context);

        public void DisposeContext(HttpContext context, Exception? exception)
        {
            // The context owns no resources: requests are served without a container.
        }
    }
}
