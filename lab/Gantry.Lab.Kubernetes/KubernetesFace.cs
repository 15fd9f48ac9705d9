using System.Net;
using System.Security.Cryptography.X509Certificates;
using Gantry.Lab.Kubernetes.Serving;

namespace Gantry.Lab.Kubernetes;

/// <summary>The address, certificates and version of an API server.</summary>
/// <param name="Address">Port 0 selects a free port.</param>
/// <param name="ServingCertificate">With its private key.</param>
/// <param name="ClientAuthorities">Client certificates signed by one of these authorities authenticate users.</param>
public sealed record KubernetesFaceOptions(
    IPEndPoint Address,
    X509Certificate2 ServingCertificate,
    IReadOnlyList<X509Certificate2> ClientAuthorities
)
{
    /// <summary>
    /// The API server's version, as <c>v1.32.4</c>; null for the cluster's. API servers differ during an upgrade.
    /// </summary>
    public string? Version { get; init; }

    /// <summary>
    /// Whether the etcd of its machine answers. Without it the process is up and completes handshakes; it reads nothing, and its health
    /// checks fail.
    /// </summary>
    public bool HasEtcd { get; init; } = true;
}

/// <summary>
/// One API server process: a TLS listener at one address in front of a cluster. A cluster has one for each control plane machine
/// and one for its virtual IP. Disposing cuts all connections and frees the address, as a power cut does.
/// </summary>
public sealed class KubernetesFace : IAsyncDisposable
{
    /// <summary>The request body limit of kube-apiserver.</summary>
    private const long BodyLimit = 3 * 1024 * 1024;

    private readonly TlsListener _listener;
    private readonly CancellationTokenSource _stopping;

    private KubernetesFace(TlsListener listener, CancellationTokenSource stopping)
    {
        _listener = listener;
        _stopping = stopping;
    }

    /// <summary>The bound address and port.</summary>
    public IPEndPoint EndPoint => _listener.EndPoint;

    /// <exception cref="IOException">The address is in use or does not belong to this host.</exception>
    public static async Task<KubernetesFace> StartAsync(
        LabCluster cluster,
        KubernetesFaceOptions options,
        CancellationToken cancellationToken
    )
    {
        var powerCut = new CancellationTokenSource();
        try
        {
            var api = new ApiServer(cluster, options, powerCut.Token);

            // The authenticator validates the certificate for each request, so that a refusal is a 401 and not a broken
            // connection.
            var started = await TlsListener.StartAsync(
                options.Address,
                options.ServingCertificate,
                admits: null,
                BodyLimit,
                api.HandleAsync,
                cancellationToken
            );
            return new KubernetesFace(started, powerCut);
        }
        catch
        {
            powerCut.Dispose();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _listener.DisposeAsync();
        _stopping.Dispose();
    }
}
