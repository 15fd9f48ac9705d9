using Gantry.Clusters.Model;

namespace Gantry.Simulator.World;

/// <summary>The etcd that each kubeadm brings, and which versions work beside each other, as the lab's kubeadm has it.</summary>
internal static class EtcdReleases
{
    /// <param name="tag">The tag of kubeadm's configuration; empty where kubeadm chooses.</param>
    public static Version Of(KubernetesVersion kubeadm, string tag) =>
        Version.Parse(tag.Length > 0 ? tag.Split('-')[0] : Default(kubeadm));

    /// <summary>Whether a member starts beside the others; etcd's guides name the patches from which on it does.</summary>
    public static bool MayJoin(Version version, IEnumerable<WorldEtcd> others) =>
        others.All(other =>
            other.Version is not { } known
            || known.Minor == version.Minor
            || (version.Minor is 6 && known >= new Version(3, 5, 26))
            || (version.Minor is 7 && known >= new Version(3, 6, 11))
        );

    private static string Default(KubernetesVersion kubeadm) =>
        kubeadm.Minor switch
        {
            >= 37 => "3.7.0",
            36 => "3.6.8",
            35 => "3.6.6",
            34 => kubeadm.Patch >= 6 ? "3.6.5" : "3.6.4",
            33 => kubeadm.Patch >= 4 ? "3.5.24" : "3.5.21",
            32 => "3.5.16",
            31 => "3.5.15",
            _ => "3.5.12",
        };
}
