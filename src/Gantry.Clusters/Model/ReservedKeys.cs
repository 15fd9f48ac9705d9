namespace Gantry.Clusters.Model;

/// <summary>Keys of labels, annotations and taints that Kubernetes or Gantry sets on nodes and that no pool may set.</summary>
public static class ReservedKeys
{
    /// <summary>The domain of Gantry's own labels and annotations.</summary>
    private const string Gantry = "gantry.dev";

    // Set by the kubelet from what it finds, by kubeadm by the role, and by Gantry from the zone in MAAS.
    private static readonly string[] Labels =
    [
        "kubernetes.io/hostname",
        "kubernetes.io/os",
        "kubernetes.io/arch",
        "beta.kubernetes.io/os",
        "beta.kubernetes.io/arch",
        "topology.kubernetes.io/zone",
        "failure-domain.beta.kubernetes.io/zone",
        "node-role.kubernetes.io/control-plane",
        "node-role.kubernetes.io/master",
    ];

    // Of the controllers that watch nodes, and of kubeadm.
    private static readonly string[] TaintDomains = ["node.kubernetes.io", "node.cloudprovider.kubernetes.io", Gantry];
    private static readonly string[] Taints = ["node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/master"];

    public static bool IsLabel(LabelKey key) => key.Prefix is Gantry || Labels.Contains(key.Value);

    public static bool IsAnnotation(LabelKey key) => key.Prefix?.ToLowerInvariant() is Gantry;

    public static bool IsTaint(LabelKey key) => TaintDomains.Contains(key.Prefix) || Taints.Contains(key.Value);
}
