using Gantry.Lab.Maas.Rows;

namespace Gantry.Lab.Maas.Networks;

/// <summary>Which link of a machine carries its default route.</summary>
internal static class DefaultRoute
{
    /// <summary>The link that somebody chose, else the first in a subnet with a gateway; <c>null</c> without one.</summary>
    public static LinkRow? Of(RegionState state, MachineRow machine) =>
        machine
            .Nics.SelectMany(nic => nic.Links)
            .OrderByDescending(link => link.Id == machine.GatewayLinkId)
            .FirstOrDefault(link => !string.IsNullOrEmpty(GatewayOf(state, link)));

    public static string? GatewayOf(RegionState state, LinkRow? link) =>
        link?.SubnetId is { } id ? state.Subnets.Find(id)?.GatewayIp : null;
}
