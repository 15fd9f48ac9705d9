using Gantry.Clusters.Explaining;
using Gantry.Server.Store;

namespace Gantry.Server.Gateways;

/// <summary>What the console knows of a gateway, for whoever asks about one of its clusters.</summary>
public sealed class GatewaySurroundings(GatewayPresence presence, GatewayInstances instances)
{
    /// <param name="gateway"><c>null</c> when none serves the cluster.</param>
    public Surroundings Of(GatewayRow? gateway, bool accountPresent = true)
    {
        if (gateway is not { RevokedAt: null })
        {
            return new Surroundings(null, GatewayOnline: false, null, accountPresent);
        }

        var online = presence.IsOnline(gateway);
        return new Surroundings(
            gateway.Name,
            online,
            online ? null : presence.LastSeen(gateway) ?? gateway.PairedAt,
            accountPresent
        )
        {
            GatewayProblem = gateway.Problem,
            Other = instances.FindOther(gateway),
        };
    }
}
