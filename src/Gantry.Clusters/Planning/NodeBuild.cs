using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
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
    private const string ArgumentsPrefix = "arguments of ";

    private const string UnknownSettings = "settings";

    /// <summary>
    /// In place of a digest that nobody knows. No digest looks like this, so the installation differs from every desired one.
    /// </summary>
    public const string Unknown = "unknown";

    /// <summary>
    /// Digests of the settings of the control plane's components, which a joining machine reads from kubeadm's configuration in
    /// the cluster, by <see cref="KubeadmSettings.Names"/>; a setting that nobody asked for has no entry.
    /// </summary>
    [JsonIgnore]
    public ValueMap<string, string> ControlPlaneSettings =>
        [
            .. KubeadmSettings
                .Names.Where(name => Settings.ContainsKey(KeyOf(name)))
                .Select(name => KeyValuePair.Create(name, Settings[KeyOf(name)])),
        ];

    /// <summary><see cref="ControlPlaneSettings"/> of a control plane that is installed as the cluster asks for it.</summary>
    public static ValueMap<string, string> ControlPlaneSettingsOf(ClusterSpec cluster) =>
        [.. KubeadmSettings.AskedBy(cluster).Select(asked => KeyValuePair.Create(asked.Name, DigestOf(asked.Value)))];

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
        var subnet = pool.Placement.Subnet ?? nodes.Subnet;
        Add("subnet", subnet, subnet is null);
        Add("packages", nodes.Packages, nodes.Packages is null || !cluster.InstallsPackages);
        var kubelet = nodes.ExtraArgs.GetValueOrDefault("kubelet") ?? [];
        Add(ArgumentsPrefix + "kubelet", kubelet, kubelet.Count is 0);
        if (pool.Role is PoolRole.ControlPlane)
        {
            foreach (var (name, digest) in ControlPlaneSettingsOf(cluster))
            {
                settings.Add(KeyOf(name), digest);
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

    /// <summary>Whether another installation gets the same packages in the same way.</summary>
    public bool InstallsAs(NodeBuild other) =>
        KubernetesVersion == other.KubernetesVersion
        && Image == other.Image
        && new[] { "packages", "proxy", "subnet" }.All(name =>
            Settings.GetValueOrDefault(name) == other.Settings.GetValueOrDefault(name)
        );

    /// <summary>The installation when nobody can say with which settings the control plane's components were started.</summary>
    public NodeBuild WithUnknownControlPlane()
    {
        var keys = KubeadmSettings.Names.Select(KeyOf).ToHashSet();
        return this with
        {
            Settings = [.. Settings.Where(setting => !keys.Contains(setting.Key)), new(KeyOf(KubeadmSettings.Names[0]), Unknown)],
        };
    }

    /// <summary>The installation of a machine when nobody can say with which settings it was made.</summary>
    public NodeBuild WithUnknownSettings() => this with { Settings = [new(UnknownSettings, Unknown)] };

    /// <summary>The installation of a control plane that a roll with this tag has installed.</summary>
    public NodeBuild WithEtcdRoll(string tag) =>
        this with
        {
            Settings =
            [
                .. WithoutEtcdRoll()
                    .Settings.Append(new(KubeadmSettings.EtcdRollImage, DigestOfTag(tag)))
                    .OrderBy(setting => setting.Key, StringComparer.Ordinal),
            ],
        };

    /// <summary>The installation without the tag of an <see cref="EtcdRoll"/>, for a control plane that needs no such roll.</summary>
    public NodeBuild WithoutEtcdRoll() =>
        Settings.ContainsKey(KubeadmSettings.EtcdRollImage)
            ? this with
            {
                Settings = [.. Settings.Where(setting => setting.Key is not KubeadmSettings.EtcdRollImage)],
            }
            : this;

    /// <summary>Whether the control plane was installed with the tag of this roll.</summary>
    public bool Has(EtcdRoll roll) => Settings.GetValueOrDefault(KubeadmSettings.EtcdRollImage) == DigestOfTag(roll.Tag);

    /// <summary>The digest of the tag of an image among <see cref="ControlPlaneSettings"/>.</summary>
    public static string DigestOfTag(string tag) => DigestOf<object>(tag);

    /// <summary>The settings in a few characters, for <see cref="NodeInstallation"/>.</summary>
    [JsonIgnore]
    public string SettingsDigest => DigestOf(Settings);

    /// <summary>Nobody can say how the machine was installed.</summary>
    [JsonIgnore]
    public bool IsUnknown => Settings.Values.Contains(Unknown);

    /// <summary>A digest of the constraints that decide which machines a pool may take.</summary>
    public static string DigestOf(PoolPlacement placement) => DigestOf<PoolPlacement>(placement);

    private static string KeyOf(string controlPlaneSetting) =>
        KubeadmSettings.Components.Contains(controlPlaneSetting) ? ArgumentsPrefix + controlPlaneSetting : controlPlaneSetting;

    private static string DigestOf<T>(T value) =>
        Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(value, ModelJson.Options)))[..16];
}
