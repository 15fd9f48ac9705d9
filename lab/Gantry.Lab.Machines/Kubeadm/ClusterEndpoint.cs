using System.Globalization;
using System.Net;
using Gantry.Lab.Machines.Clusters;

namespace Gantry.Lab.Machines.Kubeadm;

/// <summary>The address of an API server in a kubeadm document.</summary>
internal sealed record ClusterEndpoint(string Host, int Port)
{
    public override string ToString() => Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]:{Port}" : $"{Host}:{Port}";

    /// <exception cref="KubeadmException">The text is neither a host nor host and port.</exception>
    public static ClusterEndpoint Parse(string text, int defaultPort, string field)
    {
        var cut = text.LastIndexOf(':');
        var port = defaultPort;
        if (
            cut > 0 && !text.EndsWith(']') && text.IndexOf(':', StringComparison.Ordinal) == cut
            || text.Contains("]:", StringComparison.Ordinal)
        )
        {
            if (
                !int.TryParse(text[(cut + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out port)
                || port is 0 or > 65535
            )
            {
                throw new KubeadmException(
                    $"{field}: Invalid value: \"{text}\": hostport {text}: port {text[(cut + 1)..]} must be a valid number "
                        + "between 1 and 65535, inclusive"
                );
            }

            text = text[..cut];
        }

        text = text.Trim('[', ']');
        return Uri.CheckHostName(text) is not UriHostNameType.Unknown
            ? new ClusterEndpoint(text, port)
            : throw new KubeadmException(
                $"{field}: Invalid value: \"{text}\": hostport {text}: host '{text}' must be a valid IP address or a valid "
                    + "RFC-1123 DNS subdomain"
            );
    }

    /// <summary>The addresses the host resolves to; empty for an unknown name.</summary>
    public IEnumerable<ApiTarget> Targets(IKubeadmHost host) =>
        (IPAddress.TryParse(Host, out var address) ? [address] : host.Resolve(Host)).Select(at => new ApiTarget(
            Host,
            new IPEndPoint(at, Port)
        ));

    /// <summary>Null if an address of the endpoint answers with a valid certificate; else the problem.</summary>
    public async Task<string?> ProbeAsync(IKubeadmHost host, string caPem, CancellationToken cancellationToken)
    {
        var problem = $"lookup {Host}: no such host";
        foreach (var target in Targets(host))
        {
            if (await host.Clusters.Network.ProbeAsync(target, caPem, cancellationToken) is not { } found)
            {
                return null;
            }

            problem = found;
        }

        return problem;
    }
}
