using System.Text.Json.Nodes;
using Gantry.Lab.Kubernetes;
using Gantry.Lab.Machines.CloudInit;

namespace Gantry.Lab.Machines.Kubeadm;

/// <summary>Registers a machine as a node, as its kubelet does.</summary>
internal static class JoinedNode
{
    public static LabNode Of(
        MachineState state,
        NodeSettings settings,
        (IReadOnlyDictionary<string, string> Labels, IReadOnlyList<LabTaint> Taints) kubelet,
        bool isControlPlane,
        string address
    )
    {
        var version = state.Kubernetes!.Value;
        return new LabNode(settings.Name, settings.KubeletArguments.GetValueOrDefault("node-ip") ?? address, version.ToString())
        {
            IsControlPlane = isControlPlane,
            Architecture = state.Machine.Architecture.Split('/')[0],
            CpuCount = state.Machine.CpuCount,
            MemoryMiB = state.Machine.MemoryMiB,
            ProviderId = settings.KubeletArguments.GetValueOrDefault("provider-id"),
            Labels = kubelet.Labels,
            Taints = [.. kubelet.Taints, .. settings.Taints ?? []],

            // A configuration written by the user-data counts as an installed plug-in.
            AwaitsNetwork = state.Files.Below("/etc/cni/net.d").Count == 0,
        };
    }

    /// <summary>
    /// Adds the node. An explicit list of taints in the document, even an empty one, replaces the control plane's default taint.
    /// </summary>
    public static void Register(LabCluster cluster, LabNode node, IReadOnlyList<LabTaint>? explicitTaints)
    {
        const string standard = "node-role.kubernetes.io/control-plane";
        cluster.AddNode(node);
        if (!node.IsControlPlane || explicitTaints is null || explicitTaints.Any(taint => taint.Key == standard))
        {
            return;
        }

        cluster.Change(
            KubeResources.Nodes,
            null,
            node.Name,
            o =>
            {
                var spec = (JsonObject)o["spec"]!;
                var kept = (spec["taints"] as JsonArray ?? [])
                    .Where(taint => taint!["key"]!.ToString() != standard)
                    .Select(taint => taint!.DeepClone())
                    .ToArray();
                spec.Remove("taints");
                if (kept.Length > 0)
                {
                    spec["taints"] = new JsonArray(kept);
                }
            }
        );
    }

    /// <summary>Creates mirror pods for the manifests that kubeadm did not write.</summary>
    public static void PutStaticPods(LabCluster cluster, MachineFiles files, string node)
    {
        foreach (
            var path in files.Below("/etc/kubernetes/manifests").Where(path => path.EndsWith(".yaml", StringComparison.Ordinal))
        )
        {
            if (ControlPlaneCommands.Components.Contains(Path.GetFileNameWithoutExtension(path)))
            {
                continue;
            }

            try
            {
                if (
                    YamlText.Documents(files.Find(path)!.Text, uniqueKeys: false).OfType<JsonObject>().FirstOrDefault() is { } pod
                    && pod["metadata"]?["name"] is not null
                )
                {
                    cluster.PutStaticPod(node, pod);
                }
            }
            catch (FormatException)
            {
                // The kubelet logs an unreadable manifest and runs the others.
            }
        }
    }
}
