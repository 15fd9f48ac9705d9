using Gantry.Clusters.Distributions;
using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;

namespace Gantry.Engine.Ports;

/// <summary>
/// The Kubernetes API and the etcd of a cluster. Methods throw <see cref="WorkloadException"/> when the API server or etcd
/// refuses a call or does not answer.
/// </summary>
public interface IWorkloadCluster : IDisposable
{
    /// <summary>Whether kubeadm has stored its configuration in the cluster, which <c>kubeadm init</c> does.</summary>
    Task<bool> IsInitializedAsync(CancellationToken cancellationToken);

    Task<IReadOnlyList<WorkloadNode>> ListNodesAsync(CancellationToken cancellationToken);

    /// <summary>Applies a YAML stream server-side, with Gantry's field manager and forced conflicts.</summary>
    Task ApplyAsync(string manifest, CancellationToken cancellationToken);

    /// <summary>Which of these objects the cluster does not have.</summary>
    Task<IReadOnlyList<AddonObject>> ListMissingAsync(IReadOnlyList<AddonObject> objects, CancellationToken cancellationToken);

    /// <summary>
    /// Deletes an object that we applied, with what its controllers made of it. One that is gone, or that somebody else has made
    /// anew, is left as it is. Safe to repeat.
    /// </summary>
    Task DeleteAsync(AddonObject old, CancellationToken cancellationToken);

    /// <summary>Creates the bootstrap token, or extends its validity.</summary>
    /// <param name="token">For example <c>abcdef.0123456789abcdef</c>. Secret.</param>
    Task AdmitAsync(string token, DateTimeOffset expires, string description, CancellationToken cancellationToken);

    /// <summary>Deletes the bootstrap token before it expires. Safe to repeat.</summary>
    /// <param name="token">As for <see cref="AdmitAsync"/>. Secret.</param>
    Task RevokeAsync(string token, CancellationToken cancellationToken);

    Task LabelAsync(string node, NodeMetadata metadata, CancellationToken cancellationToken);

    /// <summary>Cordons the node, and marks it as cordoned by Gantry. Safe to repeat.</summary>
    Task CordonAsync(string node, CancellationToken cancellationToken);

    /// <summary>Uncordons the node, and removes the mark. Safe to repeat.</summary>
    Task UncordonAsync(string node, CancellationToken cancellationToken);

    /// <summary>
    /// Evicts every pod that must leave the node. On a node whose kubelet is silent, a terminating pod counts as gone, and the
    /// drain does not wait for volumes.
    /// </summary>
    /// <param name="force">
    /// Deletes pods instead of evicting them, gives them half a minute at most to end, and does not wait for volumes.
    /// </param>
    /// <returns>
    /// The pods that are still on the node, each with the reason. Without such pods: the volumes that are still attached, except
    /// those of pods that stay.
    /// </returns>
    Task<IReadOnlyList<string>> DrainAsync(string node, bool force, CancellationToken cancellationToken);

    /// <summary>
    /// Which control planes are ready at their own address, and which of them connections through the endpoint meet.
    /// </summary>
    /// <exception cref="WorkloadException">The name of the endpoint cannot be resolved here.</exception>
    Task<EndpointReach> ProbeEndpointAsync(IReadOnlyList<string> controlPlanes, CancellationToken cancellationToken);

    /// <summary>Who holds the lease of the virtual IP; <c>null</c> when there is none.</summary>
    Task<VirtualIpFacts?> FindVirtualIpAsync(CancellationToken cancellationToken);

    /// <summary>Gives the lease of the virtual IP to another node, unless a third one holds it by now. Safe to repeat.</summary>
    /// <param name="from">The node that holds it.</param>
    /// <param name="to">The node that serves the virtual IP next.</param>
    Task MoveVirtualIpAsync(string from, string to, CancellationToken cancellationToken);

    /// <summary>Lists the members of etcd. A member that does not answer is not healthy.</summary>
    /// <exception cref="WorkloadException">No member answers, or the members disagree on the membership.</exception>
    Task<IReadOnlyList<EtcdMember>> ListEtcdAsync(CancellationToken cancellationToken);

    /// <summary>Transfers the leadership to another voting member.</summary>
    /// <param name="to">The member's <see cref="EtcdMember.Id"/>.</param>
    Task MoveEtcdLeaderAsync(string to, CancellationToken cancellationToken);

    /// <summary>Removes the member. Safe to repeat.</summary>
    /// <param name="id">The member's <see cref="EtcdMember.Id"/>.</param>
    Task RemoveEtcdMemberAsync(string id, CancellationToken cancellationToken);

    /// <summary>
    /// Writes version and arguments into kubeadm's configuration in the cluster, in the form of that version, and creates the
    /// role bindings that its kubeadm needs. The next machine that joins reads it. Safe to repeat.
    /// </summary>
    Task SetKubeadmSettingsAsync(KubeadmSettings settings, CancellationToken cancellationToken);

    /// <summary>Upgrades kube-proxy and CoreDNS to the images that kubeadm of this version installs. Safe to repeat.</summary>
    Task UpgradeAddonsAsync(KubernetesVersion version, CancellationToken cancellationToken);

    /// <summary>Deletes the node. Safe to repeat.</summary>
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

    /// <summary>
    /// The kubelet has not reported for longer than the node controller allows; the Ready condition is then <c>Unknown</c>.
    /// </summary>
    public bool Silent { get; init; }

    /// <summary>
    /// Node conditions other than Ready that show a problem, for example <c>DiskPressure: kubelet has disk pressure</c>.
    /// </summary>
    public ValueList<string> Problems { get; init; } = [];

    /// <summary>Its kubelet reports that no network plug-in has set up its machine.</summary>
    public bool AwaitsNetwork { get; init; }

    /// <summary>When <see cref="Ready"/> last changed.</summary>
    public DateTimeOffset? ReadySince { get; init; }

    public ValueList<Taint> Taints { get; init; } = [];

    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    public IReadOnlyDictionary<string, string> Annotations { get; init; } = new Dictionary<string, string>();
}

/// <summary>The metadata that the engine sets on a node, because a kubelet may not set all of it.</summary>
/// <param name="ProviderId">Set only when the node has none.</param>
/// <param name="Taints">
/// The pool's taints. Outdated taints of Gantry are removed; taints of others stay.
/// </param>
public sealed record NodeMetadata(
    string ProviderId,
    ValueMap<string, string> Labels,
    ValueMap<string, string> Annotations,
    ValueList<Taint> Taints
)
{
    /// <summary>
    /// Whether a control plane runs ordinary workloads, and so lacks kubeadm's taint. <c>null</c> leaves the taint unchanged.
    /// </summary>
    public bool? Schedulable { get; init; }
}

/// <param name="unreachable">The API server did not answer; <c>false</c> when it refused.</param>
public sealed class WorkloadException(bool unreachable, string message, Exception? inner = null) : Exception(message, inner)
{
    public bool Unreachable { get; } = unreachable;
}
