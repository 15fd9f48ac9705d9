using k8s;
using k8s.Autorest;

namespace Gantry.Engine.Workloads;

/// <summary>The addresses that the cluster itself knows of its control planes.</summary>
internal sealed class NodeAddresses(Kubernetes client)
{
    private const string ControlPlanes = "node-role.kubernetes.io/control-plane";

    /// <returns>Their internal addresses; none when the API server does not answer.</returns>
    public async Task<IReadOnlyList<string>> ListAsync(CancellationToken cancellationToken)
    {
        try
        {
            var nodes = await client.CoreV1.ListNodeAsync(labelSelector: ControlPlanes, cancellationToken: cancellationToken);
            return
            [
                .. nodes
                    .Items.SelectMany(node => node.Status?.Addresses ?? [])
                    .Where(address => address.Type is "InternalIP")
                    .Select(address => address.Address),
            ];
        }
        catch (Exception silent)
            when (silent is HttpOperationException or HttpRequestException or IOException
                || (silent is TaskCanceledException && !cancellationToken.IsCancellationRequested)
            )
        {
            return [];
        }
    }
}
