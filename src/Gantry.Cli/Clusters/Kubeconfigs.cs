using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;

namespace Gantry.Cli.Clusters;

/// <summary>Checks whether a kubeconfig works from this machine.</summary>
public static partial class Kubeconfigs
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    /// <returns>The API server's name if this machine cannot resolve it; <c>null</c> when it can, or when the server is an
    /// address.</returns>
    public static async Task<string?> UnknownNameAsync(string kubeconfig, CancellationToken cancellationToken)
    {
        var host = Server().Match(kubeconfig).Groups["host"].Value;
        if (host.Length == 0 || IPAddress.TryParse(host, out _))
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

    [GeneratedRegex("^ *server: https://(?<host>[^:/\\[\\s]+)", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Server();
}
