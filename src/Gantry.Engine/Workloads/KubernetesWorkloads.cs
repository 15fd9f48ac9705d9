using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Gantry.Clusters.Distributions;
using Gantry.Engine.Ports;
using k8s;

namespace Gantry.Engine.Workloads;

/// <summary>
/// Opens clusters through their Kubernetes API. If the endpoint is a DNS name, connections go to a known control plane that is ready,
/// because only the data centre's own DNS may resolve the name. TLS still verifies the name.
/// </summary>
public sealed class KubernetesWorkloads(IUpgradeRules rules) : IWorkloadSource
{
    private static readonly TimeSpan ConnectLimit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan CallLimit = TimeSpan.FromSeconds(30);

    // A control plane that is not ready any more is left then.
    private static readonly TimeSpan NamedConnectionLife = TimeSpan.FromMinutes(2);

    public IWorkloadCluster Open(WorkloadAccess access)
    {
        var authorities = new X509Certificate2Collection();
        authorities.ImportFromPem(access.Api.CaPem);
        var host = access.Endpoint.Host.Contains(':', StringComparison.Ordinal)
            ? $"[{access.Endpoint.Host}]"
            : access.Endpoint.Host;
        var servers = new ApiServerProbe(access);
        var isNamed = !IPAddress.TryParse(access.Endpoint.Host, out _);
        var client = new Kubernetes(
            new KubernetesClientConfiguration
            {
                Host = $"https://{host}:{access.Endpoint.Port}",
                SslCaCerts = authorities,
                ClientCertificateData = Convert.ToBase64String(Encoding.UTF8.GetBytes(access.Api.CertificatePem)),
                ClientCertificateKeyData = Convert.ToBase64String(Encoding.UTF8.GetBytes(access.Api.KeyPem)),
                HttpClientTimeout = CallLimit,
                UserAgent = "gantry",
                FirstMessageHandlerSetup = handler =>
                {
                    handler.ConnectTimeout = isNamed ? 2 * ConnectLimit : ConnectLimit;
                    handler.PooledConnectionLifetime = isNamed ? NamedConnectionLife : Timeout.InfiniteTimeSpan;
                    handler.UseProxy = false;
                    handler.PooledConnectionIdleTimeout = TimeSpan.FromMinutes(2);
                    handler.ConnectCallback = (context, cancellationToken) =>
                        ConnectAsync(access, servers, context.DnsEndPoint, cancellationToken);
                },
            }
        );
        return new KubernetesCluster(
            client,
            new EtcdCluster(access, new NodeAddresses(client)),
            new EndpointProbe(access, servers),
            rules
        );
    }

    private static async ValueTask<Stream> ConnectAsync(
        WorkloadAccess access,
        ApiServerProbe servers,
        DnsEndPoint target,
        CancellationToken cancellationToken
    )
    {
        if (IPAddress.TryParse(target.Host, out var literal))
        {
            return await ConnectAsync(literal, target.Port, cancellationToken);
        }

        // Where none is ready, the answer of one tells more than that.
        IPAddress[] known = [.. access.ControlPlanes.Select(IPAddress.Parse)];
        if (known.Length > 1 && await servers.FindReadyAsync(known, target.Port, cancellationToken) is { } ready)
        {
            return await ConnectAsync(ready, target.Port, cancellationToken);
        }

        Exception? last = null;
        foreach (var address in known)
        {
            try
            {
                return await ConnectAsync(address, target.Port, cancellationToken);
            }
            catch (SocketException failure)
            {
                last = failure;
            }
        }

        foreach (var address in await Dns.GetHostAddressesAsync(target.Host, cancellationToken))
        {
            try
            {
                return await ConnectAsync(address, target.Port, cancellationToken);
            }
            catch (SocketException failure)
            {
                last = failure;
            }
        }

        throw new HttpRequestException($"No address of {target.Host} accepts connections on port {target.Port}.", last);
    }

    private static async Task<Stream> ConnectAsync(IPAddress address, int port, CancellationToken cancellationToken)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(new IPEndPoint(address, port), cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
