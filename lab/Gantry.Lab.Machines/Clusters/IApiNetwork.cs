using System.Net;
using System.Security.Cryptography.X509Certificates;
using Gantry.Lab.Kubernetes;
using Gantry.Lab.Machines.Clusters.Etcd;

namespace Gantry.Lab.Machines.Clusters;

/// <summary>The network between machines and API servers: real TLS on loopback, or in memory for a simulation.</summary>
internal interface IApiNetwork
{
    /// <summary>Starts an API server at an address, which it serves until disposed.</summary>
    /// <exception cref="IOException">The address is in use or outside this network.</exception>
    Task<IAsyncDisposable> ServeAsync(
        LabCluster cluster,
        IPEndPoint address,
        ApiIdentity identity,
        CancellationToken cancellationToken
    );

    /// <summary>Starts an etcd member at an address, which it serves until disposed.</summary>
    /// <exception cref="IOException">The address is in use or outside this network.</exception>
    Task<IAsyncDisposable> ServeEtcdAsync(
        EtcdGateway gateway,
        IPEndPoint address,
        EtcdIdentity identity,
        CancellationToken cancellationToken
    );

    /// <summary>
    /// Requests <c>/readyz</c>. Null if it answers and its certificate is valid for the host name; else the problem.
    /// </summary>
    Task<string?> ProbeAsync(ApiTarget target, string caPem, CancellationToken cancellationToken);

    /// <summary>The kubeconfig in the public <c>cluster-info</c>, read without verifying the server.</summary>
    /// <exception cref="HttpRequestException">The address does not answer, or answers without a cluster-info.</exception>
    Task<string> ClusterInfoAsync(ApiTarget target, CancellationToken cancellationToken);
}

/// <param name="Host">The host name the certificate must be valid for.</param>
/// <param name="Address">The address the host name resolves to.</param>
internal sealed record ApiTarget(string Host, IPEndPoint Address);

/// <summary>The serving certificate of an API server.</summary>
internal sealed record ApiIdentity(string Version, X509Certificate2 Serving, X509Certificate2 ClientAuthority)
{
    /// <summary>The etcd of its machine answers; without it the API server is up and not healthy.</summary>
    public bool HasEtcd { get; init; } = true;
}
