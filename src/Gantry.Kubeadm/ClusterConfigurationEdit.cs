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
    private static readonly string[] Components = ["apiServer", "controllerManager", "scheduler"];

    /// <summary>The document as kubeadm of this version reads and would have written it.</summary>
    /// <exception cref="FormatException">The document is not a ClusterConfiguration, or the version is none.</exception>
    public static string SetVersion(string document, KubernetesVersion version)
    {
        var minor = KubeadmConfigs.Minor(version);
        return Edit(
            document,
            root =>
            {
                root.Children["kubernetesVersion"] = new YamlScalarNode($"v{version}");
                if (
                    KubeadmConfigs.ApiVersion(minor) is "kubeadm.k8s.io/v1beta4"
                    && Text(root, "apiVersion") is "kubeadm.k8s.io/v1beta3"
                )
                {
                    MoveToV1Beta4(root);
                }

                SetLocalMode(root, minor);
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
        foreach (
            var component in Components
                .Select(name => Under(root, name))
                .Append(Under(Under(root, "etcd"), "local"))
                .OfType<YamlMappingNode>()
        )
        {
            if (Under(component, "extraArgs") is { } arguments)
            {
                component.Children["extraArgs"] = new YamlSequenceNode(
                    arguments.Children.Select(argument => new YamlMappingNode(
                        new YamlScalarNode("name"),
                        argument.Key,
                        new YamlScalarNode("value"),
                        argument.Value
                    ))
                );
            }

            component.Children.Remove("timeoutForControlPlane");
        }
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

    private static string? Text(YamlMappingNode node, string key) =>
        node.Children.TryGetValue(key, out var child) ? (child as YamlScalarNode)?.Value : null;
}
