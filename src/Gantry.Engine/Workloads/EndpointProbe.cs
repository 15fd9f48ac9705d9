using System.Net;
using System.Net.Sockets;
using Gantry.Clusters.Distributions;
using Gantry.Clusters.Planning;
using Gantry.Engine.Ports;

namespace Gantry.Engine.Workloads;

/// <summary>
/// Tells which control planes stand behind an endpoint by the serving certificates that connections meet: kubeadm gives each API server
/// one of its own.
/// </summary>
internal sealed class EndpointProbe(WorkloadAccess access, ApiServerProbe servers)
{
    /// <inheritdoc cref="IWorkloadCluster.ProbeEndpointAsync"/>
    public async Task<EndpointReach> ProbeAsync(IReadOnlyList<string> controlPlanes, CancellationToken cancellationToken)
    {
        var addresses = await ResolveAsync(cancellationToken);
        var direct = await Task.WhenAll(
            controlPlanes.Select(async address =>
                (Address: address, Met: await servers.AskAsync(IPAddress.Parse(address), EndpointPlan.Port, cancellationToken))
            )
        );
        var serving = direct.Where(one => one.Met.Certificate is not null).ToList();

        // One after the other: a load balancer that goes round shows each of its servers once before it shows one again.
        var met = new List<ApiServerProbe.Answer>();
        for (var connection = 0; connection < (2 * controlPlanes.Count) + 1; connection++)
        {
            met.Add(await servers.AskAsync(addresses[connection % addresses.Length], access.Endpoint.Port, cancellationToken));
        }

        return new EndpointReach(
            [.. serving.Select(one => one.Address)],
            [.. serving.Where(one => met.Exists(answer => answer.Certificate == one.Met.Certificate)).Select(one => one.Address)],
            met.Select(answer => answer.Problem).LastOrDefault(problem => problem is not null)
        );
    }

    private async Task<IPAddress[]> ResolveAsync(CancellationToken cancellationToken)
    {
        if (IPAddress.TryParse(access.Endpoint.Host, out var literal))
        {
            return [literal];
        }

        try
        {
            return await Dns.GetHostAddressesAsync(access.Endpoint.Host, cancellationToken) is { Length: > 0 } found
                ? found
                : throw new WorkloadException(unreachable: true, $"the gateway finds no address of {access.Endpoint.Host}");
        }
        catch (SocketException unknown)
        {
            throw new WorkloadException(
                unreachable: true,
                $"the gateway cannot resolve {access.Endpoint.Host}: {unknown.Message}",
                unknown
            );
        }
    }
}
