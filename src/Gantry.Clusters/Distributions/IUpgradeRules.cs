using Gantry.Clusters.Model;

namespace Gantry.Clusters.Distributions;

/// <summary>What changes inside a cluster of this distribution when its Kubernetes version does.</summary>
public interface IUpgradeRules
{
    /// <summary>
    /// Where the distribution keeps its configuration of the cluster: there once the first control plane is past its bootstrap.
    /// </summary>
    ConfigMapEntry Configuration { get; }

    /// <summary>What must hold before a machine of this version joins.</summary>
    JoinPreparation PrepareJoin(KubernetesVersion version);

    /// <summary>The images of the distribution's own add-ons, in the order in which they are changed.</summary>
    /// <param name="version">That of the whole control plane.</param>
    IReadOnlyList<AddonImage> AddonImages(KubernetesVersion version);
}

public sealed record ConfigMapEntry(string Namespace, string Name, string Key);

/// <param name="Bindings">Rights that the version's machines need; created where they are missing.</param>
/// <param name="Edit">
/// The configuration as this version reads it. Throws <see cref="FormatException"/> when it cannot read the old one.
/// </param>
public sealed record JoinPreparation(IReadOnlyList<RoleGrant> Bindings, Func<string, string> Edit);

/// <summary>A <c>ClusterRoleBinding</c> with one subject.</summary>
/// <param name="Kind"><c>Group</c> or <c>User</c>.</param>
public sealed record RoleGrant(string Name, string ClusterRole, string Kind, string Subject);

public enum AddonWorkload
{
    DaemonSet,
    Deployment,
}

/// <summary>
/// One add-on and the tag its image gets, in the registry it comes from. A cluster that has replaced or removed it is left
/// so.
/// </summary>
/// <param name="Name">Of the workload and of its container.</param>
/// <param name="Replaces">Whether the tag that is there gives way.</param>
public sealed record AddonImage(AddonWorkload Workload, string Namespace, string Name, string Tag, Func<string, bool> Replaces)
{
    /// <summary>
    /// The ConfigMap of the same name is kept under <c>name-backup-tag</c> first: a newer version may not read it, and
    /// whoever goes back finds the one that worked.
    /// </summary>
    public bool BacksUpConfiguration { get; init; }

    /// <summary>The change of the distribution's configuration that goes with it; <c>null</c> when there is none.</summary>
    public Func<string, string>? Edit { get; init; }
}
