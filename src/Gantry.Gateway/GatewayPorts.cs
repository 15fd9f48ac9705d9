using Gantry.Engine;
using Gantry.Engine.Ports;
using Gantry.Gateway.Accounts;
using Gantry.Maas;

namespace Gantry.Gateway;

/// <summary>What stands between the gateway and its data centre.</summary>
/// <param name="OpenRegion">The engine's view of a region over a client of it.</param>
public sealed record GatewayPorts(
    OpenMaas OpenMaas, Func<MaasClient, IRegion> OpenRegion, IWorkloadSource Workloads, INodeDocuments Documents, EngineOptions Engine);
