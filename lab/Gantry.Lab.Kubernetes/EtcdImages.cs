using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Gantry.Lab.Kubernetes;

/// <summary>
/// The etcd that kubeadm starts: the tag of its configuration, or what <c>kubeadm config images list</c> of its patch shows.
/// </summary>
public static partial class EtcdImages
{
    /// <param name="configuration">kubeadm's <c>ClusterConfiguration</c>; <c>null</c> for its defaults.</param>
    public static string Of(KubeVersion kubeadm, JsonObject? configuration) =>
        $"registry.k8s.io/etcd:{TagOf(kubeadm, configuration)}";

    public static Version VersionOf(KubeVersion kubeadm, JsonObject? configuration) => VersionOf(kubeadm, NamedIn(configuration));

    /// <param name="tag">The tag of kubeadm's configuration; empty where kubeadm chooses.</param>
    public static Version VersionOf(KubeVersion kubeadm, string tag) => Version.Parse(TagOf(kubeadm, tag).Split('-')[0]);

    /// <summary>Whether the registry has the image: its tags of etcd end with the number of a build.</summary>
    public static bool IsPublished(KubeVersion kubeadm, JsonObject? configuration) =>
        Published().IsMatch(TagOf(kubeadm, configuration));

    /// <summary>Whether a member of this version works beside the others; etcd's guides name the patches from which on it does.</summary>
    public static bool MayJoin(Version version, IEnumerable<Version> others) =>
        others.All(other =>
            other.Minor == version.Minor
            || (version.Minor is 6 && other >= new Version(3, 5, 26))
            || (version.Minor is 7 && other >= new Version(3, 6, 11))
        );

    private static string TagOf(KubeVersion kubeadm, JsonObject? configuration) => TagOf(kubeadm, NamedIn(configuration));

    private static string TagOf(KubeVersion kubeadm, string tag) => tag.Length > 0 ? tag : $"{Default(kubeadm)}-0";

    private static string NamedIn(JsonObject? configuration) => configuration?["etcd"]?["local"]?["imageTag"]?.ToString() ?? "";

    private static string Default(KubeVersion kubeadm) =>
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

    [GeneratedRegex(@"^3\.\d{1,2}\.\d{1,3}-\d{1,2}\z")]
    private static partial Regex Published();
}
