using System.Text;
using Gantry.Clusters.Distributions;
using Gantry.Clusters.Model;

namespace Gantry.Kubeadm;

/// <summary>
/// The address of a node whose machine has several networks. MAAS gives a machine its addresses when it deploys it, after the
/// document was written, and a bridge or a bond may have another name on the machine: so the machine itself looks for the interface
/// with an address in the subnet.
/// </summary>
internal static class NodeAddress
{
    /// <summary>Stands in kubeadm's configuration until the machine has found its address.</summary>
    public const string Address = "@GANTRY_NODE_ADDRESS@";

    /// <summary>Stands in kube-vip's manifest until the machine has found its interface.</summary>
    public const string VirtualIpInterface = "@GANTRY_VIP_INTERFACE@";

    // Five minutes, as long as systemd and cloud-init wait for a network together.
    private const int Looks = 60;

    /// <summary>The part of the script that writes both; empty where the machine has nothing to choose.</summary>
    public static string Script(NodeDocument node)
    {
        if (node.Network is not { } network)
        {
            return "";
        }

        var script = new StringBuilder(Find(network.Node, node));
        script.Append(
            $"""
            address=$(echo "$found" | sed -E 's#{Line}#\2#')
            sed -i "s#{Address}#$address#g" {NodeBootstrap.Here}/kubeadm.yaml

            """
        );
        if (network.VirtualIp is { } announced)
        {
            script.Append(announced == network.Node ? "" : Find(announced, node));
            script.Append(
                $"""
                interface=$(echo "$found" | sed -E 's#{Line}#\1#')
                sed -i "s#{VirtualIpInterface}#$interface#g" {KubeVip.ManifestPath}

                """
            );
        }

        return script.ToString();
    }

    // "3: bond0.10    inet 10.40.0.5/24 brd 10.40.0.255 scope global bond0.10\ ...", from ipaddress.c of iproute2.
    private const string Line = "^[0-9]+: +([^ @]+)[^ ]* +inet6? +([^/ ]+).*";

    // A virtual IP that an earlier boot announced is not the machine's.
    private static string Find(Cidr subnet, NodeDocument node) =>
        $"""
            looks={Looks}
            while true; do
              found=$(ip -o addr show to {subnet} scope global primary | grep -vF ' {node.Endpoint.Host}/' | head -n 1)
              if [ -n "$found" ]; then break; fi
              looks=$((looks - 1))
              if [ $looks -le 0 ]; then
                reason="no interface has an address in {subnet}, where MAAS shows one"
                echo "$reason" >&2
                {NodeReporter.PreparationFailed}
                exit 1
              fi
              sleep 5
            done

            """;
}
