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
/// Opens clusters through their Kubernetes API. If the endpoint is a DNS name, connections go to the known control planes first,
/// because only the data centre's own DNS may resolve the name. TLS still verifies the name.
/// </summary>
public sealed class KubernetesWorkloads(IUpgradeRules rules) : IWorkloadSource
{
    private static readonly TimeSpan ConnectLimit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan CallLimit = TimeSpan.FromSeconds(30);

    public IWorkloadCluster Open(WorkloadAccess access)
    {
        var authorities = new X509Certificate2Collection();
        authorities.ImportFromPem(access.Api.CaPem);
        var host = access.Endpoint.Host.Contains(':', StringComparison.Ordinal)
            ? $"[{access.Endpoint.Host}]"
            : access.Endpoint.Host;
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
                    handler.ConnectTimeout = ConnectLimit;
                    handler.UseProxy = false;
                    handler.PooledConnectionIdleTimeout = TimeSpan.FromMinutes(2);
                    handler.ConnectCallback = (context, cancellationToken) =>
                        ConnectAsync(access, context.DnsEndPoint, cancellationToken);
                },
            }
        );
        return new KubernetesCluster(
            client,
            new EtcdCluster(access, new NodeAddresses(client)),
            new EndpointProbe(access),
            rules
        );
    }

    private static async ValueTask<Stream> ConnectAsync(
        WorkloadAccess access,
        DnsEndPoint target,
        CancellationToken cancellationToken
    )
    {
        if (IPAddress.TryParse(target.Host, out var literal))
        {
            return await ConnectAsync(literal, target.Port, cancellationToken);
        }

        Exception? last = null;
        foreach (var address in access.ControlPlanes.Select(IPAddress.Parse))
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
