using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;

namespace Gantry.Lab.Kubernetes.Controllers;

/// <summary>
/// Allocates a /24 of the pod network to each node, as kube-controller-manager does with kubeadm's <c>podSubnet</c>, and pod
/// addresses from the node's block.
/// </summary>
internal static class PodNetwork
{
    private const int NodePrefix = 24;

    public static void Run(Moment moment)
    {
        var without = moment.List(KubeResources.Nodes).Where(node => node.Text("spec", "podCIDR") is null or "").ToList();
        if (without.Count == 0 || Network(moment.Cluster) is not { } network)
        {
            return;
        }

        var taken = moment.List(KubeResources.Nodes).Select(node => node.Text("spec", "podCIDR")).OfType<string>().ToHashSet();
        foreach (var node in without)
        {
            if (Blocks(network).FirstOrDefault(block => !taken.Contains(block)) is not { } free)
            {
                return;
            }

            taken.Add(free);
            node.Under("spec")["podCIDR"] = free;
            node.Under("spec")["podCIDRs"] = new JsonArray(free);
            moment.Save(KubeResources.Nodes, node);
        }
    }

    /// <summary>A free address of the node's block; without a block, an address of kubeadm's usual pod network.</summary>
    public static string Address(Moment moment, JsonObject node, uint wanted)
    {
        var (first, size) =
            node.Text("spec", "podCIDR") is { Length: > 0 } cidr && Parse(cidr) is { } block
                ? (Number(block.BaseAddress), 1u << (32 - block.PrefixLength))
                : (Number(IPAddress.Parse("10.244.0.0")), 1u << 16);
        var taken = moment.List(KubeResources.Pods).Select(pod => pod.Text("status", "podIP")).OfType<string>().ToHashSet();

        // Reserved: the network address, the bridge's address and the broadcast address.
        var hosts = size > 4 ? size - 3 : 1;
        for (uint step = 0; step < hosts; step++)
        {
            var address = Text(first + 2 + ((wanted + step) % hosts));
            if (!taken.Contains(address))
            {
                return address;
            }
        }

        return Text(first + 2 + (wanted % hosts));
    }

    private static IPNetwork? Network(LabCluster cluster) =>
        cluster.Find(KubeResources.ConfigMaps, "kube-system", "kubeadm-config")?["data"]?["ClusterConfiguration"]?.ToString()
            is { } text
        && YamlText.Documents(text, uniqueKeys: false)[0]?["networking"]?["podSubnet"]?.ToString() is { } subnets
        && subnets.Split(',', StringSplitOptions.TrimEntries).Select(Parse).FirstOrDefault(network => network is not null)
            is { PrefixLength: <= NodePrefix } network
            ? network
            : null;

    private static IEnumerable<string> Blocks(IPNetwork network)
    {
        var count = 1u << (NodePrefix - network.PrefixLength);
        for (uint block = 0; block < count; block++)
        {
            yield return $"{Text(Number(network.BaseAddress) + (block << (32 - NodePrefix)))}/{NodePrefix}";
        }
    }

    private static IPNetwork? Parse(string cidr) =>
        IPNetwork.TryParse(cidr, out var network) && network.BaseAddress.AddressFamily is AddressFamily.InterNetwork
            ? network
            : null;

    private static uint Number(IPAddress address) => BinaryPrimitives.ReadUInt32BigEndian(address.GetAddressBytes());

    private static string Text(uint number)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, number);
        return new IPAddress(bytes).ToString();
    }
}
