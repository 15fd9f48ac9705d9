using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.RegularExpressions;
using Gantry.Clusters.Model;
using Gantry.Server.Api;
using Gantry.Server.Clusters;
using Gantry.Server.Packs;

namespace Gantry.Server.Profiles;

/// <summary>The settings of a cluster from its profiles' layers.</summary>
/// <param name="Endpoint">The form of <c>spec.cloudConfig.endpoint</c>; null leaves it to the request.</param>
public sealed record ClusterLayers(
    KubernetesVersion KubernetesVersion,
    NodeImages Images,
    ClusterNetwork Network,
    NodeEnvironment Nodes,
    string? Endpoint,
    AddonLayers Addons
);

/// <summary>Parses the values of packs. Every problem names the pack, the setting and the value.</summary>
public static partial class LayerParser
{
    private static readonly (string Key, string Component)[] Components =
    [
        ("apiServer", "apiServer"),
        ("controllerManager", "controllerManager"),
        ("scheduler", "scheduler"),
    ];

    /// <returns>Null when <paramref name="check"/> has a problem.</returns>
    public static ClusterLayers? Read(Check check, IReadOnlyList<AttachedProfile> profiles, ClusterNetwork? network = null)
    {
        var infra = profiles.Where(profile => profile.Template.Type is not "add-on").ToList();
        if (infra.Count != 1)
        {
            check.Problem(
                "spec.profiles",
                $"names {infra.Count} profiles with the base layers; give exactly one, and any number of add-on profiles"
            );
            return null;
        }

        return Read(check, infra[0].Template, profiles.SelectMany(profile => profile.Template.Packs), "spec.profiles", network);
    }

    /// <param name="infra">Holds the layers <c>os</c> and <c>k8s</c> once each.</param>
    /// <param name="network">The network where the layers leave it out; null means the default.</param>
    public static ClusterLayers? Read(
        Check check,
        ProfileTemplate infra,
        IEnumerable<ProfilePack> all,
        string field,
        ClusterNetwork? network = null
    )
    {
        var osPack = infra.Packs.First(pack => pack.Layer is "os");
        var kubernetesPack = infra.Packs.First(pack => pack.Layer is "k8s");
        if (
            PackSettings.Read(check, Values(field, osPack), osPack.Values) is not { } os
            || PackSettings.Read(check, Values(field, kubernetesPack), kubernetesPack.Values) is not { } kubernetes
        )
        {
            return null;
        }

        var pack = kubernetes.Section("pack");
        var kubeadm = kubernetes.Section("kubeadmconfig");
        var version = Version(pack, kubernetesPack);
        var images = NodeImages.Read(os, osPack, version);
        network = Network(pack, network ?? new ClusterNetwork());
        var nodes = Nodes(os, kubeadm) with { Subnet = pack.OptionalValue<NetworkSelector>("nodeSubnet") };
        var endpoint = pack.Text("endpoint");
        os.RefuseTheRest();
        pack.RefuseTheRest();
        kubeadm.RefuseTheRest();
        kubernetes.RefuseTheRest();
        var addons = all.Where(one => one.Layer is not ("os" or "k8s" or "kernel"))
            .Select(one => Addon(check, field, one, network))
            .OfType<AddonLayer>()
            .ToList();
        return check.Failed || images is null ? null : new ClusterLayers(version, images, network, nodes, endpoint, [.. addons]);
    }

    private static string Values(string field, ProfilePack pack) => $"{field}.{pack.Name}.values";

    private static KubernetesVersion Version(PackSettings pack, ProfilePack kubernetes)
    {
        var version = pack.Text("version") ?? kubernetes.Version;
        if (!KubernetesVersion.TryParse(version, out var read))
        {
            pack.Problem("version", TextValue.Problem<KubernetesVersion>($"'{ApiError.Shown(version)}'"));
        }
        else if (!read.IsInstallable)
        {
            pack.Problem("version", read.NotInstallable);
        }

        return read;
    }

    private static ClusterNetwork Network(PackSettings pack, ClusterNetwork otherwise) =>
        new()
        {
            PodCidr = pack.Value("podCIDR", otherwise.PodCidr),
            ServiceCidr = pack.Value("serviceClusterIpRange", otherwise.ServiceCidr),
            DnsDomain = Domain(pack) ?? otherwise.DnsDomain,
        };

    // kubeadm takes it in lower case only.
    private static string? Domain(PackSettings pack)
    {
        var domain = pack.Text<DnsName>("serviceDomain");
        if (domain?.Any(char.IsAsciiLetterUpper) is true)
        {
            pack.Problem("serviceDomain", $"'{ApiError.Shown(domain)}' is not in lower case");
        }

        return domain;
    }

    private static NodeEnvironment Nodes(PackSettings os, PackSettings kubeadm)
    {
        var proxy = os.Section("proxy");
        var (http, https) = (proxy.Text<HttpUrl>("http"), proxy.Text<HttpUrl>("https"));
        var noProxy = proxy.Texts<DirectHost>("noProxy");
        proxy.RefuseTheRest();
        Dictionary<string, ValueList<ExtraArg>> arguments = [];
        Dictionary<string, ValueList<ComponentVolume>> volumes = [];
        foreach (var (key, component) in Components)
        {
            var section = kubeadm.Section(key);
            Add(component, section, "extraArgs");
            if (Volumes(section) is { Count: > 0 } mounted)
            {
                volumes[component] = mounted;
            }

            section.RefuseTheRest();
        }

        Add("kubelet", kubeadm, "kubeletExtraArgs");
        var etcd = kubeadm.Section("etcd");
        Add("etcd", etcd, "extraArgs");
        var (etcdTag, etcdUpgradeTag) = (etcd.Text<ImageTag>("imageTag"), etcd.Text<ImageTag>("upgradeImageTag"));
        etcd.RefuseTheRest();
        var nodes = new NodeEnvironment
        {
            Proxy = http is null && https is null ? null : new ProxySettings(http, https, noProxy),
            RegistryMirrors = [.. os.Sections("registryMirrors").Select(Mirror)],
            NtpServers = os.Texts<HostAddress>("ntpServers"),
            SshKeys = os.Texts<SshPublicKey>("sshKeys"),
            PreKubeadmCommands =
            [
                .. os.Texts<ShellCommand>("preKubeadmCommands"),
                .. kubeadm.Texts<ShellCommand>("preKubeadmCommands"),
            ],
            PostKubeadmCommands =
            [
                .. os.Texts<ShellCommand>("postKubeadmCommands"),
                .. kubeadm.Texts<ShellCommand>("postKubeadmCommands"),
            ],
            Files = [.. os.Sections("files").Concat(kubeadm.Sections("files")).Select(File)],
            ExtraArgs = [.. arguments],
            ExtraVolumes = [.. volumes],
            EtcdImageTag = etcdTag,
            EtcdUpgradeImageTag = etcdUpgradeTag,
            Packages = PackageSettings.Read(os.Section("packages")),
        };
        RefuseUnseenFiles(kubeadm, nodes);
        return nodes;

        void Add(string component, PackSettings section, string key)
        {
            if (section.Pairs(key) is not { Count: > 0 } pairs)
            {
                return;
            }

            foreach (var (name, value) in pairs.Select(pair => (pair.Key.TrimStart('-'), pair.Value)))
            {
                if (!ArgumentName.TryParse(name, out _))
                {
                    section.Problem(key, TextValue.Problem<ArgumentName>($"'{ApiError.Shown(name)}'"));
                }

                // kubeadm writes the kubelet's arguments into one line of an environment file, which systemd splits at spaces.
                if (value.Any(character => char.IsControl(character) || (component is "kubelet" && char.IsWhiteSpace(character))))
                {
                    section.Problem(
                        $"{key}.{ApiError.Shown(name)}",
                        component is "kubelet" ? "holds a space or a control character" : "holds a control character"
                    );
                }
            }

            arguments[component] = [.. pairs.Select(pair => new ExtraArg(pair.Key.TrimStart('-'), pair.Value))];
        }
    }

    private static ValueList<ComponentVolume> Volumes(PackSettings component)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        return [.. component.Sections("extraVolumes").Select(Volume)];

        ComponentVolume Volume(PackSettings volume)
        {
            var read = new ComponentVolume(
                volume.Text<DnsLabel>("name") ?? "",
                volume.Text<FilePath>("hostPath") ?? "",
                volume.Text<FilePath>("mountPath") ?? "",
                volume.Flag("readOnly"),
                volume.Text("pathType") is { Length: > 0 } type ? type : null
            );
            if (read.Name.Length is 0)
            {
                volume.Problem("name", "is missing; write a short name, for example audit");
            }
            else if (ComponentFiles.OwnVolumes.Contains(read.Name))
            {
                volume.Problem("name", $"'{read.Name}' is the name of a volume of kubeadm's own; write another");
            }
            else if (!names.Add(read.Name))
            {
                volume.Problem("name", $"'{read.Name}' is the name of another volume of this component");
            }

            foreach (var (key, path) in new[] { ("hostPath", read.HostPath), ("mountPath", read.MountPath) })
            {
                if (path.Length is 0)
                {
                    volume.Problem(key, $"is missing; write {FilePath.Write}");
                }
            }

            if (read.PathType is { } given && !ComponentVolume.PathTypes.Contains(given))
            {
                volume.Problem(
                    "pathType",
                    $"is '{ApiError.Shown(given)}'; write one of {string.Join(", ", ComponentVolume.PathTypes)}, or leave it out"
                );
            }

            volume.RefuseTheRest();
            return read;
        }
    }

    // A component without a file of its own ends when it starts, and kubeadm does not say why.
    private static void RefuseUnseenFiles(PackSettings kubeadm, NodeEnvironment nodes)
    {
        foreach (var component in ComponentFiles.Components)
        {
            foreach (var (argument, _) in ComponentFiles.NamedBy(nodes, component).Where(named => named.OnMachine is null))
            {
                kubeadm.Problem(
                    $"{component}.extraArgs.{argument.Name}",
                    $"names {ApiError.Shown(argument.Value)}, which is not mounted in the container of {component}; add its folder "
                        + $"to {component}.extraVolumes, with name, hostPath and mountPath"
                );
            }
        }
    }

    private static RegistryMirror Mirror(PackSettings mirror)
    {
        var read = new RegistryMirror(
            mirror.Text<RegistryHost>("registry") ?? "",
            mirror.Texts<HttpUrl>("endpoints"),
            mirror.Text("caPem")
        );
        if (read.Registry.Length == 0)
        {
            mirror.Problem("registry", "is missing; write the registry that images name, for example docker.io");
        }

        if (read.CaPem is { } pem && !IsCertificates(pem))
        {
            mirror.Problem("caPem", "holds no certificate in PEM form");
        }

        if (read.Endpoints.Count == 0)
        {
            mirror.Problem("endpoints", "needs at least one URL, for example https://mirror.example");
        }

        mirror.RefuseTheRest();
        return read;
    }

    internal static bool IsCertificates(string pem)
    {
        try
        {
            var read = new X509Certificate2Collection();
            read.ImportFromPem(pem);
            foreach (var certificate in read)
            {
                certificate.Dispose();
            }

            return read.Count > 0;
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    private static NodeFile File(PackSettings file)
    {
        var read = new NodeFile(
            file.Text<FilePath>("path") ?? "",
            file.Text("content") ?? "",
            file.Text<FilePermissions>("permissions") ?? "0644",
            file.Text<FileOwner>("owner") ?? "root:root"
        );
        if (read.Path.Length is 0)
        {
            file.Problem("path", $"is missing; write {FilePath.Write}");
        }

        file.RefuseTheRest();
        return read;
    }

    private static AddonLayer? Addon(Check check, string field, ProfilePack pack, ClusterNetwork network)
    {
        List<string> parts = [];
        if (pack.Type is not "manifest")
        {
            var catalog = PackCatalog.All.FirstOrDefault(one => one.Uid == pack.PackUid);
            if (PackSettings.Read(check, Values(field, pack), pack.Values) is not { } values)
            {
                return null;
            }

            parts.Add(Rendered(check, Values(field, pack), catalog?.Manifest ?? "", pack, values, network));
        }

        parts.AddRange(pack.Manifests.Select(manifest => manifest.Content));
        var text = string.Join("\n---\n", parts.Select(part => part.Trim()).Where(part => part.Length > 0));

        // A layer without a tag was this version until profiles kept it out: another one would be applied again.
        var version = pack.Version.Length == 0 ? ProfileParser.DefaultVersion : pack.Version;
        return text.Length == 0 ? null : new AddonLayer(pack.Name, version, pack.Layer, text + "\n");
    }

    private static string Rendered(
        Check check,
        string field,
        string manifest,
        ProfilePack pack,
        PackSettings values,
        ClusterNetwork network
    ) =>
        Placeholder()
            .Replace(
                manifest,
                match =>
                {
                    var name = match.Groups["name"].Value;
                    var value = name switch
                    {
                        "cluster.podCidr" => network.PodCidr.ToString(),
                        "cluster.serviceCidr" => network.ServiceCidr.ToString(),
                        "cluster.dnsDomain" => network.DnsDomain,
                        "pack.version" => pack.Version,
                        _ => name.StartsWith("values.", StringComparison.Ordinal) ? values.At(name["values.".Length..]) : null,
                    };
                    check.That(
                        value is not null,
                        $"{field}.{name.Replace("values.", "", StringComparison.Ordinal)}",
                        "is missing; the pack's own values show what belongs there"
                    );
                    check.That(
                        value is null || Plain().IsMatch(value),
                        $"{field}.{name.Replace("values.", "", StringComparison.Ordinal)}",
                        "cannot stand in the pack's manifest: write a plain value without quotes, backslashes, line breaks, "
                            + "': ' and ' #'"
                    );
                    return value ?? "";
                }
            );

    // What YAML reads as one plain scalar, also inside of a longer one and in quotes.
    [GeneratedRegex(
        "^(?![ \\-?:,\\[\\]{}#&*!|>%@`])((?!: |:\\z| #)[^\\p{Cc}\"'\\\\])*(?<! )\\z",
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant,
        1000
    )]
    private static partial Regex Plain();

    [GeneratedRegex("\\$\\{(?<name>[A-Za-z0-9.]+)\\}", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Placeholder();
}
