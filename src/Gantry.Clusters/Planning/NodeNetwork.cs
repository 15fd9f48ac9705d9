using Gantry.Clusters.Model;

namespace Gantry.Clusters.Planning;

/// <summary>
/// Where a machine with several networks is a node. kubeadm and the kubelet alone take the address on the way of the default
/// route, which others of the cluster may not reach.
/// </summary>
/// <param name="Node">The subnet of the node's address; a control plane's API server and etcd are at the same address.</param>
/// <param name="VirtualIp">The subnet in which the machine announces the virtual IP; <c>null</c> when it announces none.</param>
public sealed record NodeNetwork(Cidr Node, Cidr? VirtualIp = null)
{
    /// <summary>
    /// The network that the pool names, else that of the endpoint's address, else the one that the profile names.
    /// </summary>
    /// <param name="links">The machine's links in MAAS, in any order.</param>
    /// <param name="endpoint">Address or name of the endpoint; <c>null</c> before there is one.</param>
    /// <returns>
    /// <c>null</c> where there is nothing to choose, because the machine has one network or nothing says which: kubeadm's own choice
    /// stands.
    /// </returns>
    public static NodeNetwork? Choose(IReadOnlyList<NetworkLink> links, ClusterSpec cluster, MachinePool pool, string? endpoint)
    {
        var own = links.Where(link => link.Subnet.IsIPv6 == cluster.Network.PodCidr.IsIPv6).ToList();
        if (own.DistinctBy(link => link.Subnet).Take(2).Count() < 2)
        {
            return null;
        }

        var around = SubnetOf(own, endpoint);
        return (Select(own, pool.Placement.Subnet) ?? around ?? Select(own, cluster.Nodes.Subnet)) is { } node
            ? new NodeNetwork(
                node,
                pool.Role is PoolRole.ControlPlane && cluster.Endpoint is EndpointChoice.VirtualIp ? around : null
            )
            : null;
    }

    /// <summary>The subnet for a virtual IP of which nobody named the subnet; <c>null</c> leaves it to MAAS's boot interface.</summary>
    public static Cidr? ChooseForVirtualIp(IReadOnlyList<NetworkLink> links, ClusterSpec cluster)
    {
        var own = links.Where(link => link.Subnet.IsIPv6 == cluster.Network.PodCidr.IsIPv6).ToList();
        return Select(own, cluster.ControlPlane.Placement.Subnet) ?? Select(own, cluster.Nodes.Subnet);
    }

    /// <summary>The machine's addresses with those of the node first.</summary>
    public static ValueList<string> Order(ValueList<string> addresses, NodeNetwork? network) =>
        network is null
            ? addresses
            :
            [
                .. addresses.OrderByDescending(address =>
                    IpAddress.TryParse(address, out var known) && network.Node.Contains(known)
                ),
            ];

    private static Cidr? SubnetOf(List<NetworkLink> links, string? endpoint) =>
        IpAddress.TryParse(endpoint, out var address)
            ? links.Select(link => link.Subnet).Where(subnet => subnet.Contains(address)).MaxBy(subnet => subnet.PrefixLength)
            : null;

    // A space or a tag may select several subnets: the same one for all machines, whatever the order of their interfaces.
    private static Cidr? Select(List<NetworkLink> links, NetworkSelector? selector) =>
        selector is null
            ? null
            : links.Where(selector.Selects).Select(link => link.Subnet).MinBy(subnet => subnet.Value, StringComparer.Ordinal);
}
