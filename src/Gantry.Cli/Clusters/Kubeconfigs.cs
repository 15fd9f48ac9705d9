using System.Net;
using System.Net.Sockets;
using Gantry.Clusters.Model;

namespace Gantry.Cli.Clusters;

/// <summary>Checks whether a kubeconfig works from this machine.</summary>
public static class Kubeconfigs
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    /// <returns>The API server's name if this machine cannot resolve it; <c>null</c> when it can, or when the server is an
    /// address.</returns>
    public static async Task<string?> UnknownNameAsync(Kubeconfig kubeconfig, CancellationToken cancellationToken)
    {
        var host = new Uri(kubeconfig.Server).Host;
        if (IPAddress.TryParse(host.Trim('[', ']'), out _))
        {
            return null;
        }

        try
        {
            await Dns.GetHostAddressesAsync(host, cancellationToken).WaitAsync(Patience, cancellationToken);
            return null;
        }
        catch (Exception unknown) when (unknown is SocketException or TimeoutException)
        {
            return host;
        }
    }
}
