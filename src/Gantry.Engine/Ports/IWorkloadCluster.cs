using Gantry.Clusters.Distributions;
using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;

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

    /// <summary>Ends the token before its time. Safe to repeat.</summary>
    /// <param name="token">As for <see cref="AdmitAsync"/>; a secret.</param>
    Task RevokeAsync(string token, CancellationToken cancellationToken);

    Task LabelAsync(string node, NodeMetadata metadata, CancellationToken cancellationToken);

    Task CordonAsync(string node, CancellationToken cancellationToken);

    Task UncordonAsync(string node, CancellationToken cancellationToken);

    /// <summary>
    /// Asks for the eviction of every pod that must leave; the answer names those that are still there and what blocks
    /// them. When none is, it names the volumes that are still attached to the node, but for those of pods that stay. On a
    /// node whose kubelet is silent, pods that were told to end count as gone, and volumes are not waited for.
    /// </summary>
    /// <param name="force">Delete what does not let itself be evicted and wait for no volume: its time is over.</param>
    Task<IReadOnlyList<string>> DrainAsync(string node, bool force, CancellationToken cancellationToken);

    /// <summary>Every member of etcd as its control planes show them; a member that does not answer is not healthy.</summary>
    /// <exception cref="WorkloadException">None of them answers, or they do not agree on who is a member.</exception>
    Task<IReadOnlyList<EtcdMember>> ListEtcdAsync(CancellationToken cancellationToken);

    /// <summary>Lets another voting member lead.</summary>
    Task MoveEtcdLeaderAsync(string to, CancellationToken cancellationToken);

    /// <summary>Safe to repeat.</summary>
    /// <param name="id">As <see cref="EtcdMember.Id"/>.</param>
    Task RemoveEtcdMemberAsync(string id, CancellationToken cancellationToken);

    /// <summary>
    /// Writes version and arguments into kubeadm's configuration in the cluster, in that version's own form, with the rights
    /// its kubeadm needs: what the next machine that joins will read. Safe to repeat.
    /// </summary>
    Task SetKubeadmSettingsAsync(KubeadmSettings settings, CancellationToken cancellationToken);

    /// <summary>Brings kube-proxy and CoreDNS to what kubeadm of this version would install. Safe to repeat.</summary>
    Task UpgradeAddonsAsync(KubernetesVersion version, CancellationToken cancellationToken);

    /// <summary>Safe to repeat.</summary>
    Task DeleteNodeAsync(string node, CancellationToken cancellationToken);
}

public interface IWorkloadSource
{
    IWorkloadCluster Open(WorkloadAccess access);
}

public sealed record WorkloadNode
{
    public required string Name { get; init; }

    public bool Ready { get; init; }

    public string Message { get; init; } = "";

    public bool Unschedulable { get; init; }

    public string? ProviderId { get; init; }

    public string KubeletVersion { get; init; } = "";

    /// <summary>Its kubelet has not reported for longer than the node controller allows; Ready is then <c>Unknown</c>.</summary>
    public bool Silent { get; init; }

    /// <summary>
    /// What the node complains of beside being Ready or not, such as <c>DiskPressure: kubelet has disk pressure</c>.
    /// </summary>
    public ValueList<string> Problems { get; init; } = [];

    /// <summary>Since when <see cref="Ready"/> is as it is.</summary>
    public DateTimeOffset? ReadySince { get; init; }

    public ValueList<Taint> Taints { get; init; } = [];

    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    public IReadOnlyDictionary<string, string> Annotations { get; init; } = new Dictionary<string, string>();
}

/// <summary>What the engine puts on a node because its kubelet may not.</summary>
/// <param name="ProviderId">Written only when the node has none.</param>
/// <param name="Taints">
/// Of the pool. What an earlier call put there and is not named any more is taken away; what others put there stays.
/// </param>
public sealed record NodeMetadata(
    string ProviderId,
    ValueMap<string, string> Labels,
    ValueMap<string, string> Annotations,
    ValueList<Taint> Taints
)
{
    /// <summary>
    /// Whether a control plane runs ordinary workloads: without kubeadm's taint, or with it. <c>null</c> leaves the taint alone.
    /// </summary>
    public bool? Schedulable { get; init; }
}

/// <param name="unreachable">The API server did not answer, as against answered with a refusal.</param>
public sealed class WorkloadException(bool unreachable, string message, Exception? inner = null) : Exception(message, inner)
{
    public bool Unreachable { get; } = unreachable;
}
