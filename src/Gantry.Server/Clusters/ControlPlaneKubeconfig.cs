using System.Net;
using System.Net.Sockets;
using Gantry.Clusters.Model;
using Gantry.Server.Api;

namespace Gantry.Server.Clusters;

/// <summary>
/// A kubeconfig for one control plane instead of the cluster's endpoint: for clients that cannot resolve the endpoint's
/// name or reach its virtual IP. It stops working with that control plane.
/// </summary>
public static class ControlPlaneKubeconfig
{
    // The port of every API server that kubeadm sets up.
    private const int Port = 6443;

    /// <summary>The certificate names the endpoint, so the kubeconfig keeps the endpoint as TLS server name.</summary>
    /// <exception cref="ApiException">404: no control plane has an address.</exception>
    public static Kubeconfig Redirect(Kubeconfig kubeconfig, ClusterStatus status)
    {
        var address =
            status
                .Machines.Where(machine => machine.Role is PoolRole.ControlPlane && machine.Addresses.Count > 0)
                .OrderByDescending(machine => machine.NodeReady)
                .Select(machine => IPAddress.TryParse(machine.Addresses[0], out var parsed) ? parsed : null)
                .FirstOrDefault(parsed => parsed is not null)
            ?? throw ApiError.Gone($"No control plane of cluster '{kubeconfig.Cluster}' has an address yet.");
        var host = address.AddressFamily is AddressFamily.InterNetworkV6 ? $"[{address}]" : address.ToString();
        return kubeconfig with { Server = $"https://{host}:{Port}", TlsServerName = status.Endpoint!.Host };
    }
}
