using Gantry.Engine.Ledger;

namespace Gantry.Simulator.Gateways;

/// <summary>A gateway's data folder: what outlives its processes.</summary>
/// <param name="IsCopy">Somebody has copied the folder and runs a gateway on it too.</param>
internal sealed record GatewayFolder(GatewayDisk Disk, ILedger Ledger, bool IsCopy = false);
