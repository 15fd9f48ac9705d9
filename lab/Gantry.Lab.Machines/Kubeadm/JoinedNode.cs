using System.Text.Json.Nodes;
using Gantry.Lab.Kubernetes;
using Gantry.Lab.Machines.CloudInit;

namespace Gantry.Lab.Machines.Kubeadm;

/// <summary>Registers a machine as a node, as its kubelet does.</summary>
internal static class JoinedNode
{
    private const string ControlPlane = "node-role.kubernetes.io/control-plane";

    public static LabNode Of(
        MachineState state,
        NodeSettings settings,
        (IReadOnlyDictionary<string, string> Labels, IReadOnlyList<LabTaint> Taints) kubelet,
        bool isControlPlane
    )
    {
        var version = state.Kubernetes!.Value;
        return new LabNode(settings.Name, AddressOf(state, settings), version.ToString())
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

    // The first of two addresses is the node's; a kubelet that does not have them shows none.
    private static string AddressOf(MachineState state, NodeSettings settings)
    {
        if (settings.KubeletArguments.GetValueOrDefault("node-ip") is not { Length: > 0 } given)
        {
            return state.DefaultAddress;
        }

        var addresses = given.Split(',');
        return Array.Find(addresses, address => !state.Machine.IpAddresses.Contains(address)) is { } strange
            ? throw new KubeadmException(
                $"the kubelet shows no address: failed to validate nodeIP: node IP: \"{strange}\" not found in the host's "
                    + "network interfaces"
            )
            : addresses[0];
    }

    /// <summary>
    /// Adds the node. An explicit list of taints in the document, even an empty one, replaces the control plane's default taint.
    /// </summary>
    public static void Register(LabCluster cluster, LabNode node, IReadOnlyList<LabTaint>? explicitTaints)
    {
        cluster.AddNode(node);
        if (!node.IsControlPlane || explicitTaints is null || explicitTaints.Any(taint => taint.Key == ControlPlane))
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
                    .Where(taint => taint!["key"]!.ToString() != ControlPlane)
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

    /// <summary>What the kubelet of a joining machine registers: the label and the taints of a control plane come at the end.</summary>
    public static void RegisterUnmarked(LabCluster cluster, LabNode node, IReadOnlyList<LabTaint> kubeletTaints) =>
        cluster.AddNode(node.IsControlPlane ? node with { IsControlPlane = false, Taints = kubeletTaints } : node);

    /// <summary>The phase <c>mark-control-plane</c>.</summary>
    public static void MarkControlPlane(LabCluster cluster, string node, IReadOnlyList<LabTaint>? explicitTaints) =>
        cluster.Change(
            KubeResources.Nodes,
            null,
            node,
            o =>
            {
                var labels = (JsonObject)(o["metadata"]!["labels"] ??= new JsonObject());
                labels[ControlPlane] = "";
                labels["node.kubernetes.io/exclude-from-external-load-balancers"] = "";
                var spec = (JsonObject)o["spec"]!;
                var taints = (JsonArray)(spec["taints"] ??= new JsonArray());
                foreach (var taint in explicitTaints ?? [new LabTaint(ControlPlane, "NoSchedule")])
                {
                    if (
                        !taints.Any(there =>
                            there!["key"]!.ToString() == taint.Key && there["effect"]!.ToString() == taint.Effect
                        )
                    )
                    {
                        taints.Add(
                            (JsonNode)
                                new JsonObject
                                {
                                    ["key"] = taint.Key,
                                    ["value"] = taint.Value,
                                    ["effect"] = taint.Effect,
                                }
                        );
                    }
                }

                if (taints.Count is 0)
                {
                    spec.Remove("taints");
                }
            }
        );

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
