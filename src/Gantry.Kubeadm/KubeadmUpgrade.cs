using Gantry.Clusters.Distributions;
using Gantry.Clusters.Model;

namespace Gantry.Kubeadm;

/// <summary>
/// The changes that <c>kubeadm upgrade</c> makes to a cluster. Gantry replaces machines and never runs it, but a joining
/// machine's kubeadm needs a ClusterConfiguration in the form of its version, with the control plane's arguments, and the role
/// bindings of its version.
/// </summary>
internal static class KubeadmUpgrade
{
    private const string KubeSystem = "kube-system";

    public static ConfigMapEntry Configuration { get; } = new(KubeSystem, "kubeadm-config", "ClusterConfiguration");

    public static JoinPreparation PrepareJoin(KubeadmSettings settings)
    {
        // API servers from 1.37 on, and from 1.33.12, 1.34.8, 1.35.5 and 1.36.1 on, reach kubelets only by this binding
        // (kubernetes/kubernetes#138957). Older ones do not need it, and it does no harm there.
        var kubelet = new RoleGrant(
            "kubeadm:apiserver-kubelet-client",
            "system:kubelet-api-admin",
            "User",
            "kube-apiserver-kubelet-client"
        );
        var admins = new RoleGrant("kubeadm:cluster-admins", "cluster-admin", "Group", "kubeadm:cluster-admins");
        return new JoinPreparation(
            KubeadmConfigs.Minor(settings.Version) >= 29 ? [admins, kubelet] : [kubelet],
            document => ClusterConfigurationEdit.Set(document, settings)
        );
    }

    public static IReadOnlyList<AddonImage> AddonImages(KubernetesVersion version)
    {
        var wanted = $"v{version}";
        var proxy = new AddonImage(AddonWorkload.DaemonSet, KubeSystem, "kube-proxy", wanted, tag => tag != wanted);
        return CoreDnsVersions.Of(KubeadmConfigs.Minor(version)) is not { } coreDns
            ? [proxy]
            :
            [
                proxy,
                new AddonImage(
                    AddonWorkload.Deployment,
                    KubeSystem,
                    "coredns",
                    coreDns,
                    tag => CoreDnsVersions.IsOlder(tag, than: coreDns)
                )
                {
                    BacksUpConfiguration = true,
                    Edit = document => ClusterConfigurationEdit.SetDnsTag(document, coreDns),
                },
            ];
    }
}
