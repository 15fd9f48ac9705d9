using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Gantry.Kubeadm;

/// <summary>
/// Edits the ClusterConfiguration that kubeadm keeps in the cluster. All other fields stay unchanged; an edit drops YAML
/// comments.
/// </summary>
internal static class ClusterConfigurationEdit
{
    private const string LocalMode = "ControlPlaneKubeletLocalMode";
    private const string Arguments = "extraArgs";
    private const string Volumes = "extraVolumes";
    private const string ImageTag = "imageTag";

    /// <summary>
    /// The document with this version and these settings, in the API version and with the feature gates of its kubeadm.
    /// What the settings do not name stays.
    /// </summary>
    /// <exception cref="FormatException">
    /// The document is not a ClusterConfiguration, or the version is not supported.
    /// </exception>
    public static string Set(string document, KubeadmSettings settings)
    {
        var minor = KubeadmConfigs.Minor(settings.Version);
        return Edit(
            document,
            root =>
            {
                root.Children["kubernetesVersion"] = new YamlScalarNode($"v{settings.Version}");
                if (
                    KubeadmConfigs.ApiVersion(minor) is "kubeadm.k8s.io/v1beta4"
                    && Text(root, "apiVersion") is "kubeadm.k8s.io/v1beta3"
                )
                {
                    MoveToV1Beta4(root);
                }

                SetFeatureGates(root, minor);
                foreach (var (component, arguments) in settings.Arguments)
                {
                    SetArguments(root, component, arguments);
                }

                foreach (var (component, volumes) in settings.Volumes)
                {
                    SetVolumes(root, component, volumes);
                }

                if (settings.EtcdImageTag is { } tag)
                {
                    var own = Component(root, "etcd") is { } etcd ? Text(etcd, ImageTag) : null;
                    if (
                        own is null
                        || own == tag
                        || settings.ReplacesEtcdImageTag is not { } ours
                        || NodeBuild.DigestOfTag(own) == ours
                    )
                    {
                        SetEtcdTag(root, tag);
                    }
                    else if (tag.Length > 0)
                    {
                        throw new FormatException(
                            $"kubeadm's ClusterConfiguration names {own} as the tag of etcd's image, which Gantry did not write; take "
                                + $"it out there, so that etcd {tag} can come before the upgrade, or ask for the present version again"
                        );
                    }
                }
            }
        );
    }

    /// <summary>The document with this CoreDNS tag, if it names a tag; otherwise kubeadm chooses and nothing changes.</summary>
    /// <exception cref="FormatException">The document is not a ClusterConfiguration.</exception>
    public static string SetDnsTag(string document, string tag) =>
        Edit(
            document,
            root =>
            {
                if (Child(root, "dns") is { } dns && Text(dns, ImageTag) is { Length: > 0 })
                {
                    dns.Children[ImageTag] = new YamlScalarNode(tag);
                }
            }
        );

    /// <exception cref="FormatException">The document is not a ClusterConfiguration.</exception>
    private static string Edit(string document, Action<YamlMappingNode> change)
    {
        var stream = new YamlStream();
        try
        {
            stream.Load(new StringReader(document));
        }
        catch (YamlException unreadable)
        {
            throw new FormatException(
                $"kubeadm's ClusterConfiguration is not valid YAML in line {unreadable.Start.Line}",
                unreadable
            );
        }

        if (stream.Documents is not [{ RootNode: YamlMappingNode root }] || Text(root, "kind") is not "ClusterConfiguration")
        {
            throw new FormatException("the document is not a ClusterConfiguration of kubeadm");
        }

        var before = Write(stream);
        change(root);
        var after = Write(stream);
        return after == before ? document : after;
    }

    private static string Write(YamlStream stream)
    {
        var text = new StringWriter { NewLine = "\n" };
        stream.Save(text, assignAnchors: false);

        // YamlStream ends the document with "...", which a single document does not need.
        var written = text.ToString();
        return written.EndsWith("...\n", StringComparison.Ordinal) ? written[..^4] : written;
    }

    // In v1beta4 extraArgs is a list, and timeoutForControlPlane is gone: timeouts are part of InitConfiguration and
    // JoinConfiguration (https://kubernetes.io/docs/reference/config-api/kubeadm-config.v1beta4/).
    private static void MoveToV1Beta4(YamlMappingNode root)
    {
        root.Children["apiVersion"] = new YamlScalarNode("kubeadm.k8s.io/v1beta4");
        foreach (var component in KubeadmSettings.Components.Select(name => Component(root, name)).OfType<YamlMappingNode>())
        {
            if (Child(component, Arguments) is { } arguments)
            {
                component.Children[Arguments] = List(arguments.Children.Select(argument => (argument.Key, argument.Value)));
            }

            component.Children.Remove("timeoutForControlPlane");
        }
    }

    // The configuration of an external etcd has no arguments.
    private static void SetArguments(YamlMappingNode root, string name, ValueList<ExtraArg> wanted)
    {
        if (wanted.Count is 0)
        {
            Component(root, name)?.Children.Remove(Arguments);
        }
        else if (name is not "etcd" || Child(Child(root, "etcd"), "external") is null)
        {
            var component = name is "etcd" ? GetOrAddChild(GetOrAddChild(root, "etcd"), "local") : GetOrAddChild(root, name);
            var arguments = wanted.Select(argument => ((YamlNode)new YamlScalarNode(argument.Name), Quoted(argument.Value)));
            component.Children[Arguments] = Text(root, "apiVersion") is "kubeadm.k8s.io/v1beta3"
                ? Map(arguments)
                : List(arguments);
        }
    }

    private static void SetVolumes(YamlMappingNode root, string component, ValueList<ComponentVolume> wanted)
    {
        if (wanted.Count is 0)
        {
            Child(root, component)?.Children.Remove(Volumes);
        }
        else
        {
            GetOrAddChild(root, component).Children[Volumes] = new YamlSequenceNode(wanted.Select(Mount));
        }
    }

    private static YamlMappingNode Mount(ComponentVolume volume)
    {
        var mount = new YamlMappingNode
        {
            { "name", Quoted(volume.Name) },
            { "hostPath", Quoted(volume.HostPath) },
            { "mountPath", Quoted(volume.MountPath) },
            { "readOnly", volume.ReadOnly ? "true" : "false" },
        };
        if (volume.PathType is { } type)
        {
            mount.Add("pathType", type);
        }

        return mount;
    }

    // The configuration of an external etcd has no image.
    private static void SetEtcdTag(YamlMappingNode root, string tag)
    {
        if (tag.Length is 0)
        {
            Component(root, "etcd")?.Children.Remove(ImageTag);
        }
        else if (Child(Child(root, "etcd"), "external") is null)
        {
            GetOrAddChild(GetOrAddChild(root, "etcd"), "local").Children[ImageTag] = Quoted(tag);
        }
    }

    private static YamlMappingNode? Component(YamlMappingNode root, string name) =>
        name is "etcd" ? Child(Child(root, "etcd"), "local") : Child(root, name);

    // kubeadm accepts only strings as values, and YAML reads an unquoted true or 2 as another type.
    private static YamlNode Quoted(string value) => new YamlScalarNode(value) { Style = ScalarStyle.DoubleQuoted };

    // The form of v1beta4, in which a name may repeat.
    private static YamlSequenceNode List(IEnumerable<(YamlNode Name, YamlNode Value)> arguments) =>
        new(
            arguments.Select(argument => new YamlMappingNode(
                new YamlScalarNode("name"),
                argument.Name,
                new YamlScalarNode("value"),
                argument.Value
            ))
        );

    // The form of v1beta3, in which the last value of a repeated name wins.
    private static YamlMappingNode Map(IEnumerable<(YamlNode Name, YamlNode Value)> arguments)
    {
        var map = new YamlMappingNode();
        foreach (var (name, value) in arguments)
        {
            map.Children[name] = value;
        }

        return map;
    }

    // kubeadm rejects a document with a feature gate that its version does not have, whatever the value.
    private static void SetFeatureGates(YamlMappingNode root, int minor)
    {
        var gates = Child(root, "featureGates");
        foreach (var (gate, since) in KubeadmConfigs.RemovedFeatureGates)
        {
            if (minor >= since && gates?.Children.Remove(gate) is true && gates.Children.Count is 0)
            {
                root.Children.Remove("featureGates");
            }
        }

        if (KubeadmConfigs.HasLocalModeGate(minor))
        {
            if (gates is null)
            {
                root.Children["featureGates"] = gates = [];
            }

            // A gate that somebody has set keeps its value.
            gates.Children.TryAdd(LocalMode, new YamlScalarNode("true"));
        }
    }

    private static YamlMappingNode? Child(YamlMappingNode? node, string key) =>
        node is not null && node.Children.TryGetValue(key, out var child) ? child as YamlMappingNode : null;

    /// <summary>
    /// The mapping below the key. A missing one is added, and an empty one is replaced, because it would keep its flow style.
    /// </summary>
    private static YamlMappingNode GetOrAddChild(YamlMappingNode node, string key)
    {
        if (Child(node, key) is { Children.Count: > 0 } there)
        {
            return there;
        }

        var added = new YamlMappingNode();
        node.Children[key] = added;
        return added;
    }

    private static string? Text(YamlMappingNode node, string key) =>
        node.Children.TryGetValue(key, out var child) ? (child as YamlScalarNode)?.Value : null;
}
