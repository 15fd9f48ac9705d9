using System.Net;
using System.Security.Cryptography.X509Certificates;
using Gantry.Lab.Kubernetes.Serving;
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

namespace Gantry.Lab.Kubernetes;

/// <summary>Where and as whom a face serves.</summary>
/// <param name="Address">Port 0 takes a free one.</param>
/// <param name="ServingCertificate">With its private key.</param>
/// <param name="ClientAuthorities">Client certificates signed by one of these identify users.</param>
public sealed record KubernetesFaceOptions(
    IPEndPoint Address, X509Certificate2 ServingCertificate, IReadOnlyList<X509Certificate2> ClientAuthorities)
{
    /// <summary>As <c>v1.32.4</c>; null for the cluster's. During an upgrade each API server has its own.</summary>
    public string? Version { get; init; }
}

/// <summary>
/// One API server process: a TLS listener at one address in front of a cluster. A cluster has one for each control plane
/// machine and one for its virtual IP. Disposing cuts all connections and frees the address, as a power cut does.
/// </summary>
public sealed class KubernetesFace : IAsyncDisposable
{
    /// <summary>What a real API server takes at most.</summary>
    private const long BodyLimit = 3 * 1024 * 1024;

    /// <summary>What TLS connections of Kestrel need of a host; shared, so that a face costs a listener and no more.</summary>
    private static readonly IServiceProvider Services = KestrelServices();

    private readonly KestrelServer server;
    private readonly CancellationTokenSource stopping;

    private KubernetesFace(KestrelServer server, CancellationTokenSource stopping, IPEndPoint endPoint)
    {
        this.server = server;
        this.stopping = stopping;
        EndPoint = endPoint;
    }

    /// <summary>The address with the port that was taken.</summary>
    public IPEndPoint EndPoint { get; }

    /// <exception cref="IOException">The address is in use or not of this host.</exception>
    public static async Task<KubernetesFace> StartAsync(LabCluster cluster, KubernetesFaceOptions options, CancellationToken cancellationToken)
    {
        var powerCut = new CancellationTokenSource();
        var kestrel = new KestrelServerOptions { ApplicationServices = Services, AddServerHeader = false };
        kestrel.Limits.MaxRequestBodySize = BodyLimit;
        kestrel.Listen(options.Address, listen =>
        {
            listen.Protocols = HttpProtocols.Http1AndHttp2;
            listen.UseHttps(new HttpsConnectionAdapterOptions
            {
                ServerCertificate = options.ServingCertificate,
                ClientCertificateMode = ClientCertificateMode.AllowCertificate,

                // Whether a certificate holds is decided with the request, so that a refusal is a 401 and not a broken connection.
                ClientCertificateValidation = (_, _, _) => true,
            });
        });
        var transport = new SocketTransportFactory(Options.Create(new SocketTransportOptions()), NullLoggerFactory.Instance);
        var listener = new KestrelServer(Options.Create(kestrel), transport, NullLoggerFactory.Instance);
        try
        {
            var api = new ApiServer(cluster, [.. options.ClientAuthorities], options.Version, powerCut.Token);
            await listener.StartAsync(new Application(api), cancellationToken);
            var port = new Uri(listener.Features.Get<IServerAddressesFeature>()!.Addresses.First()).Port;
            return new KubernetesFace(listener, powerCut, new IPEndPoint(options.Address.Address, port));
        }
        catch
        {
            listener.Dispose();
            powerCut.Dispose();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();

        // A cancelled token: connections are cut, not drained.
        await server.StopAsync(stopping.Token);
        server.Dispose();
        stopping.Dispose();
    }

    private static IServiceProvider KestrelServices()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration();
        return builder.Build().Services;
    }

    private sealed class Application(ApiServer api) : IHttpApplication<HttpContext>
    {
        public HttpContext CreateContext(IFeatureCollection contextFeatures) => new DefaultHttpContext(contextFeatures);

        public Task ProcessRequestAsync(HttpContext context) => api.HandleAsync(context);

        public void DisposeContext(HttpContext context, Exception? exception)
        {
            // The context owns nothing: requests are served without a container.
        }
    }
}
