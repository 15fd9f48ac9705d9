using Gantry.Clusters.Model;

namespace Gantry.Engine.Ports;

/// <summary>
/// The Kubernetes API of a cluster we built. Methods throw <see cref="WorkloadException"/> when the API server does not
/// do what was asked.
/// </summary>
public interface IWorkloadCluster : IDisposable
{
    /// <summary>Whether kubeadm has written its configuration: the first control plane is past <c>init</c>.</summary>
    Task<bool> IsInitializedAsync(CancellationToken cancellationToken);

    Task<IReadOnlyList<WorkloadNode>> ListNodesAsync(CancellationToken cancellationToken);

    /// <summary>Server-side apply of a YAML stream, with our field manager, forcing conflicts.</summary>
    Task ApplyAsync(string manifest, CancellationToken cancellationToken);

    /// <summary>Makes the token work, or work longer.</summary>
    /// <param name="token"><c>abcdef.0123456789abcdef</c>; a secret.</param>
    Task AdmitAsync(string token, DateTimeOffset expires, string description, CancellationToken cancellationToken);

    Task LabelAsync(string node, NodeMarks marks, CancellationToken cancellationToken);

    Task CordonAsync(string node, CancellationToken cancellationToken);

    /// <summary>Asks for the eviction of every pod that must leave; the answer names those that are still there.</summary>
    Task<IReadOnlyList<string>> DrainAsync(string node, CancellationToken cancellationToken);

    /// <summary>Safe to repeat.</summary>
    Task DeleteNodeAsync(string node, CancellationToken cancellationToken);
}

public interface IWorkloadSource
{
    IWorkloadCluster Open(WorkloadAccess access);
}

/// <summary>How to reach the API server of a cluster. Holds a private key.</summary>
/// <param name="Endpoint">What clients of the cluster use; its host is also the TLS name.</param>
/// <param name="ControlPlanes">Addresses to try when the endpoint is a name that only the data centre's DNS knows.</param>
public sealed record WorkloadAccess(
    ClusterId Cluster, ApiEndpoint Endpoint, IReadOnlyList<string> ControlPlanes, string CaPem, string CertificatePem, string KeyPem)
{
    public override string ToString() => $"{Cluster} at {Endpoint.Host}:{Endpoint.Port}";
}

public sealed record WorkloadNode
{
    public required string Name { get; init; }

    public bool Ready { get; init; }

    public string Message { get; init; } = "";

    public bool Unschedulable { get; init; }

    public string? ProviderId { get; init; }

    public string KubeletVersion { get; init; } = "";

    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    public IReadOnlyDictionary<string, string> Annotations { get; init; } = new Dictionary<string, string>();
}

/// <summary>What the engine puts on a node because its kubelet may not.</summary>
/// <param name="ProviderId">Written only when the node has none.</param>
public sealed record NodeMarks(
    string ProviderId, IReadOnlyDictionary<string, string> Labels, IReadOnlyDictionary<string, string> Annotations);

/// <param name="unreachable">The API server did not answer, as against answered with a refusal.</param>
public sealed class WorkloadException(bool unreachable, string message, Exception? inner = null) : Exception(message, inner)
{
    public bool Unreachable { get; } = unreachable;
}
