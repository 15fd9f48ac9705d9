using Gantry.Clusters.Model;

namespace Gantry.Clusters.Distributions;

/// <summary>Changes inside a cluster of this distribution when its Kubernetes version changes.</summary>
public interface IUpgradeRules
{
    /// <summary>
    /// Where the distribution keeps its configuration of the cluster: present once the first control plane is bootstrapped.
    /// </summary>
    ConfigMapEntry Configuration { get; }

    /// <summary>The conditions for machines with these settings to join.</summary>
    JoinPreparation PrepareJoin(KubeadmSettings settings);

    /// <summary>The images of the distribution's own add-ons, in the order of their upgrade.</summary>
    /// <param name="version">The version of the whole control plane.</param>
    IReadOnlyList<AddonImage> AddonImages(KubernetesVersion version);
}

public sealed record ConfigMapEntry(string Namespace, string Name, string Key);

/// <param name="Bindings">Role bindings that the version's machines need; created when missing.</param>
/// <param name="Edit">Writes the settings into the configuration, in the form of their version. Throws <see cref="FormatException"/> when the
/// old one cannot be read.</param>
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
/// An add-on and the new tag of its image, in the image's present registry. A cluster that has replaced or removed the
/// add-on is left unchanged.
/// </summary>
/// <param name="Name">Name of the workload and of its container.</param>
/// <param name="Replaces">Whether the present tag is replaced.</param>
public sealed record AddonImage(AddonWorkload Workload, string Namespace, string Name, string Tag, Func<string, bool> Replaces)
{
    /// <summary>
    /// The ConfigMap of the same name is copied to <c>name-backup-tag</c> first: a newer version may not read it, and a
    /// downgrade needs the old one.
    /// </summary>
    public bool BacksUpConfiguration { get; init; }

    /// <summary>The accompanying change of the distribution's configuration; <c>null</c> when there is none.</summary>
    public Func<string, string>? Edit { get; init; }
}
