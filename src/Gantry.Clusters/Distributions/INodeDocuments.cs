using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;

namespace Gantry.Clusters.Distributions;

/// <summary>Certificates and documents of a cluster, made from its keys alone.</summary>
public interface INodeDocuments
{
    /// <summary>
    /// The revision of the node documents. Raise it only for a change that running nodes must get as well: each of them is
    /// replaced, once an operator has approved.
    /// </summary>
    string Template { get; }

    /// <summary>New certificate authorities for a cluster, in JSON that only this interface reads. A secret.</summary>
    string CreatePki(ClusterSpec cluster, DateTimeOffset now);

    /// <summary>The cloud-init document of a machine. A secret.</summary>
    /// <exception cref="FormatException">The spec cannot be written as a document; the message names the field.</exception>
    string Render(NodeDocument node, string pki, DateTimeOffset now);

    /// <summary>The bootstrap token of a machine, derived from key and intent, so that no token is stored.</summary>
    /// <param name="key">32 random bytes of the cluster; a secret.</param>
    /// <returns>A secret.</returns>
    string JoinToken(byte[] key, string intent);

    /// <summary>The engine's own credentials for the cluster's API server.</summary>
    WorkloadAccess Access(
        ClusterId cluster,
        ApiEndpoint endpoint,
        IReadOnlyList<string> controlPlanes,
        string pki,
        DateTimeOffset now
    );

    /// <summary>A kubeconfig for an operator.</summary>
    IssuedAccess Issue(ClusterSpec cluster, ApiEndpoint endpoint, string pki, string user, DateTimeOffset now, TimeSpan validity);
}

/// <param name="Token">
/// The machine's bootstrap token. No machine joins with that of the machine that runs <c>kubeadm init</c>, which would
/// otherwise make one that works for a day.
/// </param>
public sealed record NodeDocument(
    ClusterSpec Cluster,
    MachinePool Pool,
    NodeIdentity Node,
    ApiEndpoint Endpoint,
    Bootstrap Bootstrap,
    string Token
)
{
    /// <summary>Where the machine is a node; <c>null</c> leaves it to kubeadm.</summary>
    public NodeNetwork? Network { get; init; }

    public override string ToString() => $"{Bootstrap} document of {Node.Hostname}";
}

/// <param name="Hostname">The host name in MAAS; the node's name is the same in lower case.</param>
public sealed record NodeIdentity(SystemId Machine, string Hostname, string Zone);

/// <param name="Kubeconfig">YAML; holds a private key.</param>
public sealed record IssuedAccess(string Kubeconfig, DateTimeOffset ExpiresAt)
{
    public override string ToString() => $"kubeconfig, expires {ExpiresAt:O}";
}

/// <summary>Addresses and credentials of a cluster's API server. Holds a private key.</summary>
/// <param name="Endpoint">The endpoint for the cluster's clients; its host is also the TLS name.</param>
/// <param name="ControlPlanes">
/// Addresses to try when the endpoint is a name that only the data centre's DNS knows, those of the nodes first; etcd listens at one
/// address of each machine.
/// </param>
/// <param name="Etcd"><c>null</c> when the distribution does not run etcd.</param>
public sealed record WorkloadAccess(
    ClusterId Cluster,
    ApiEndpoint Endpoint,
    IReadOnlyList<string> ControlPlanes,
    ClientCredentials Api,
    ClientCredentials? Etcd = null
)
{
    public override string ToString() => $"{Cluster} at {Endpoint.Host}:{Endpoint.Port}";
}

/// <summary>A client certificate and the authority of the server it is for. Holds a private key.</summary>
public sealed record ClientCredentials(string CaPem, string CertificatePem, string KeyPem)
{
    public override string ToString() => "client credentials";
}
