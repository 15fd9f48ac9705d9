using Gantry.Clusters.Distributions;
using Gantry.Engine;
using Gantry.Engine.Ports;
using Gantry.Engine.Regions;
using Gantry.Engine.Workloads;
using Gantry.Gateway.Accounts;
using Gantry.Kubeadm;
using Gantry.Maas;

namespace Gantry.Gateway;

/// <summary>The gateway's interfaces to its data centre.</summary>
/// <param name="OpenRegion">The engine's view of a region over a client of it.</param>
public sealed record GatewayPorts(
    OpenMaas OpenMaas,
    Func<MaasClient, IRegion> OpenRegion,
    IWorkloadSource Workloads,
    INodeDocuments Documents,
    EngineOptions Engine
)
{
    /// <summary>MAAS over HTTP, kubeadm for node documents, and the Kubernetes API of the clusters.</summary>
    public static GatewayPorts Real()
    {
        var distribution = new KubeadmDistribution();
        return new GatewayPorts(
            (options, time) => new MaasClient(options, time),
            maas => new MaasRegion(maas),
            new KubernetesWorkloads(distribution),
            distribution,
            new EngineOptions()
        );
    }
}
