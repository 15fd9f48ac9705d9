namespace Gantry.Clusters.Model;

/// <summary>
/// The first half of an upgrade that etcd calls unsafe from the present patches of its members: every control plane is replaced
/// with a newer patch of etcd, on the Kubernetes version that runs.
/// </summary>
/// <param name="Upgrade">The version to which the cluster is upgraded afterwards.</param>
/// <param name="Stays">The version that runs, and that the replaced control planes have.</param>
/// <param name="Image">The image with which control planes of that version are installed.</param>
/// <param name="Tag">The tag of etcd's image.</param>
public sealed record EtcdRoll(KubernetesVersion Upgrade, KubernetesVersion Stays, ImageName Image, string Tag)
{
    /// <summary>The value of <see cref="NodeEnvironment.EtcdUpgradeImageTag"/> with which no such roll is made.</summary>
    public const string Off = "none";

    /// <summary>Whether this is the first half of the way to the desired state.</summary>
    public bool IsFor(ClusterSpec desired) => desired.KubernetesVersion == Upgrade && desired.Nodes.EtcdImageTag is null;

    /// <summary>The desired state while the roll lasts; the state itself when there is none.</summary>
    public static ClusterSpec Apply(EtcdRoll? roll, ClusterSpec desired) =>
        roll?.IsFor(desired) is true
            ? desired with
            {
                KubernetesVersion = roll.Stays,
                Image = roll.Image,
                EtcdRoll = roll,
            }
            : desired;
}
