using System.Net;
using System.Security.Cryptography.X509Certificates;
using Gantry.Lab.Kubernetes;
using Gantry.Lab.Machines.Clusters.Etcd;

namespace Gantry.Lab.Machines.Clusters;

/// <summary>The network between machines and API servers: real TLS on loopback, or none at all for a simulation.</summary>
internal interface IApiNetwork
{
    /// <summary>An API server listens at an address until it is disposed.</summary>
    /// <exception cref="IOException">The address is taken, or is none of this network.</exception>
    Task<IAsyncDisposable> ServeAsync(
        LabCluster cluster,
        IPEndPoint address,
        ApiIdentity identity,
        CancellationToken cancellationToken
    );

    /// <summary>A member of etcd listens at an address until it is disposed.</summary>
    /// <exception cref="IOException">The address is taken, or is none of this network.</exception>
    Task<IAsyncDisposable> ServeEtcdAsync(
        EtcdGateway gateway,
        IPEndPoint address,
        EtcdIdentity identity,
        CancellationToken cancellationToken
    );

    /// <summary>Asks for <c>/healthz</c>. Null: it answers and its certificate holds for this name; else what is wrong.</summary>
    Task<string?> ProbeAsync(ApiTarget target, string caPem, CancellationToken cancellationToken);

    /// <summary>The kubeconfig in the public <c>cluster-info</c>, from a server not trusted yet.</summary>
    /// <exception cref="HttpRequestException">The address does not answer, or not with a cluster-info.</exception>
    Task<string> ClusterInfoAsync(ApiTarget target, CancellationToken cancellationToken);
}

/// <param name="Host">As the caller names it: the name the certificate must hold.</param>
/// <param name="Address">Where the name leads.</param>
internal sealed record ApiTarget(string Host, IPEndPoint Address);

/// <summary>The serving certificate of an API server.</summary>
internal sealed record ApiIdentity(string Version, X509Certificate2 Serving, X509Certificate2 ClientAuthority);
