using System.Security.Cryptography;
using System.Text.Json;
using Gantry.Clusters.Model;

namespace Gantry.Clusters.Planning;

/// <summary>
/// The installation of a machine: every setting that only a reinstallation changes. Labels, annotations, taints and sizes
/// are excluded: they change on a running node.
/// </summary>
/// <param name="Template">The revision of the node documents.</param>
/// <param name="Settings">A digest of each setting that is written to the node and is not empty, by the setting's name.</param>
public sealed record NodeBuild(
    KubernetesVersion KubernetesVersion,
    ImageName Image,
    string Template,
    ValueMap<string, string> Settings
)
{
    public static NodeBuild Of(ClusterSpec cluster, MachinePool pool, string template)
    {
        var nodes = cluster.Nodes;
        var settings = new SortedDictionary<string, string>(StringComparer.Ordinal);
        Add("proxy", nodes.Proxy, nodes.Proxy is null);
        Add("registry mirrors", nodes.RegistryMirrors, nodes.RegistryMirrors.Count is 0);
        Add("NTP servers", nodes.NtpServers, nodes.NtpServers.Count is 0);
        Add("SSH keys", nodes.SshKeys, nodes.SshKeys.Count is 0);
        Add("commands before kubeadm", nodes.PreKubeadmCommands, nodes.PreKubeadmCommands.Count is 0);
        Add("commands after kubeadm", nodes.PostKubeadmCommands, nodes.PostKubeadmCommands.Count is 0);
        Add("files", nodes.Files, nodes.Files.Count is 0);
        foreach (var (component, arguments) in nodes.ExtraArgs)
        {
            if (component is "kubelet" || pool.Role is PoolRole.ControlPlane)
            {
                Add($"arguments of {component}", arguments, arguments.Count is 0);
            }
        }

        return new NodeBuild(cluster.KubernetesVersion, cluster.Image, template, [.. settings]);

        // Empty settings have no entry, so that a setting added later does not make existing machines look different.
        void Add<T>(string name, T value, bool empty)
        {
            if (!empty)
            {
                settings.Add(name, DigestOf<T>(value));
            }
        }
    }

    /// <summary>A digest of the constraints that decide which machines a pool may take.</summary>
    public static string DigestOf(PoolPlacement placement) => DigestOf<PoolPlacement>(placement);

    private static string DigestOf<T>(T value) =>
        Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(value, ModelJson.Options)))[..16];
}
