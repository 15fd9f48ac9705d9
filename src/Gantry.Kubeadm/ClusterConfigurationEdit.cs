using Gantry.Clusters.Model;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Gantry.Kubeadm;

/// <summary>
/// Changes of the ClusterConfiguration that kubeadm keeps in the cluster. Whatever is not named here stays as it was
/// written, comments aside.
/// </summary>
internal static class ClusterConfigurationEdit
{
    private const string LocalMode = "ControlPlaneKubeletLocalMode";
    private const string Arguments = "extraArgs";

    /// <summary>
    /// The document as kubeadm of this version reads and would have written it, with the arguments of the components that are
    /// named.
    /// </summary>
    /// <exception cref="FormatException">The document is not a ClusterConfiguration, or the version is none.</exception>
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

                SetLocalMode(root, minor);
                foreach (var (component, arguments) in settings.Arguments)
                {
                    SetArguments(root, component, arguments);
                }
            }
        );
    }

    /// <summary>The tag of CoreDNS, where the document names one; the same document where it leaves it to kubeadm.</summary>
    public static string SetDnsTag(string document, string tag) =>
        Edit(
            document,
            root =>
            {
                if (Under(root, "dns") is { } dns && Text(dns, "imageTag") is { Length: > 0 })
                {
                    dns.Children["imageTag"] = new YamlScalarNode(tag);
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
            throw new FormatException("kubeadm's ClusterConfiguration is something else");
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

        // A stream ends its documents with a mark that a single document does not need.
        var written = text.ToString();
        return written.EndsWith("...\n", StringComparison.Ordinal) ? written[..^4] : written;
    }

    // Arguments become a list, in which a name may repeat; the one timeout that stood here is a machine's own affair now.
    private static void MoveToV1Beta4(YamlMappingNode root)
    {
        root.Children["apiVersion"] = new YamlScalarNode("kubeadm.k8s.io/v1beta4");
        foreach (var component in KubeadmSettings.Components.Select(name => Component(root, name)).OfType<YamlMappingNode>())
        {
            if (Under(component, Arguments) is { } arguments)
            {
                component.Children[Arguments] = List(arguments.Children.Select(argument => (argument.Key, argument.Value)));
            }

            component.Children.Remove("timeoutForControlPlane");
        }
    }

    // etcd on other machines has no place for arguments.
    private static void SetArguments(YamlMappingNode root, string name, ValueList<ExtraArg> wanted)
    {
        if (wanted.Count is 0)
        {
            Component(root, name)?.Children.Remove(Arguments);
        }
        else if (name is not "etcd" || Under(Under(root, "etcd"), "external") is null)
        {
            var component = name is "etcd" ? Open(Open(root, "etcd"), "local") : Open(root, name);
            var arguments = wanted.Select(argument => ((YamlNode)new YamlScalarNode(argument.Name), Quoted(argument.Value)));
            component.Children[Arguments] = Text(root, "apiVersion") is "kubeadm.k8s.io/v1beta3"
                ? Map(arguments)
                : List(arguments);
        }
    }

    private static YamlMappingNode? Component(YamlMappingNode root, string name) =>
        name is "etcd" ? Under(Under(root, "etcd"), "local") : Under(root, name);

    // kubeadm takes a text only: a bare true or 2 would be read as something else.
    private static YamlNode Quoted(string value) => new YamlScalarNode(value) { Style = ScalarStyle.DoubleQuoted };

    // v1beta4's form, in which a name may repeat.
    private static YamlSequenceNode List(IEnumerable<(YamlNode Name, YamlNode Value)> arguments) =>
        new(
            arguments.Select(argument => new YamlMappingNode(
                new YamlScalarNode("name"),
                argument.Name,
                new YamlScalarNode("value"),
                argument.Value
            ))
        );

    // v1beta3's form, in which the last of a repeated name counts.
    private static YamlMappingNode Map(IEnumerable<(YamlNode Name, YamlNode Value)> arguments)
    {
        var map = new YamlMappingNode();
        foreach (var (name, value) in arguments)
        {
            map.Children[name] = value;
        }

        return map;
    }

    // The gate has to be there while it exists and must not be there afterwards; see KubeadmConfigs.Init.
    private static void SetLocalMode(YamlMappingNode root, int minor)
    {
        var gates = Under(root, "featureGates");
        if (KubeadmConfigs.HasLocalModeGate(minor))
        {
            if (gates is null)
            {
                root.Children["featureGates"] = gates = [];
            }

            // One that a person has switched off stays off.
            gates.Children.TryAdd(LocalMode, new YamlScalarNode("true"));
        }
        else if (gates is not null && gates.Children.Remove(LocalMode) && gates.Children.Count is 0)
        {
            root.Children.Remove("featureGates");
        }
    }

    private static YamlMappingNode? Under(YamlMappingNode? node, string key) =>
        node is not null && node.Children.TryGetValue(key, out var child) ? child as YamlMappingNode : null;

    /// <summary>The mapping below the key, added, or put in the place of an empty one, which would keep its {}.</summary>
    private static YamlMappingNode Open(YamlMappingNode node, string key)
    {
        if (Under(node, key) is { Children.Count: > 0 } there)
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
