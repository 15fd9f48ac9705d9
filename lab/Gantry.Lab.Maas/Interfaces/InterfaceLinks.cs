using System.Globalization;
using Gantry.Lab.Maas.Networks;
using Gantry.Lab.Maas.Places;
using Gantry.Lab.Maas.Rows;

namespace Gantry.Lab.Maas.Interfaces;

/// <summary>Links between interfaces and subnets.</summary>
internal sealed class InterfaceLinks(RegionState state)
{
    private static readonly string[] Modes = [LinkMode.Auto, LinkMode.Dhcp, LinkMode.Static, LinkMode.LinkUp];

    public static MachineRow Disconnect(MachineRow machine, NicRow nic, Parameters form) =>
        machine.With(nic with { Links = [], VlanId = null, DiscoveredIp = null, DiscoveredSubnetId = null });

    public MachineRow Link(MachineRow machine, NicRow nic, Parameters form)
    {
        var force = form.Option("force");
        if (machine.IsInBond(nic))
        {
            var bond = machine.Nics.First(other => other.Type == "bond" && other.Parents.Contains(nic.Id));
            throw RegionFault.Field("bond", $"Cannot link interface({nic.Name}) when interface is in a bond({bond.Name}).");
        }

        var mode = form.Required("mode").ToLowerInvariant();
        if (!Modes.Contains(mode))
        {
            throw RegionFault.Field(
                "mode",
                $"'{form["mode"]}' is not a valid mode.  It should be one of: "
                    + $"{string.Join(", ", Modes.Select(one => $"'{one}'"))}."
            );
        }

        var subnet = SubnetOf(nic, form, force);
        if (subnet is null && mode is LinkMode.Auto or LinkMode.Static)
        {
            throw RegionFault.Field("subnet", "This field is required.");
        }

        CheckMode(nic, mode, force);
        var ip = mode == LinkMode.Static ? StaticAddress(subnet!, form) : null;
        var gateway = form.Tick("default_gateway");
        if (gateway)
        {
            CheckGateway(mode, subnet);
        }

        // An interface that is only up makes way for what has an address.
        var kept =
            mode == LinkMode.LinkUp || force
                ? []
                : nic.Links.Where(link => link.Mode != LinkMode.LinkUp || link.SubnetId is not null).ToList();
        var link = new LinkRow(state.Next("link"), mode, subnet?.Id, ip);
        var linked = machine.With(nic with { Links = [.. kept, link], VlanId = subnet?.VlanId ?? nic.VlanId });
        return gateway ? linked with { GatewayLinkId = link.Id } : linked;
    }

    public MachineRow Unlink(MachineRow machine, NicRow nic, Parameters form)
    {
        var id = form.Required("id");
        if (nic.Links.All(link => Text(link.Id) != id))
        {
            throw RegionFault.Field(
                "id",
                $"'{id}' is not a valid id.  It should be one of: "
                    + $"{string.Join(", ", nic.Links.Select(link => $"'{link.Id}'"))}."
            );
        }

        // Without any other link the interface is still up.
        var left = nic.Links.Where(link => Text(link.Id) != id).ToList();
        if (left.Count == 0 && nic.VlanId is not null)
        {
            left.Add(new LinkRow(state.Next("link"), LinkMode.LinkUp, null));
        }

        return machine.With(nic with { Links = left });
    }

    public MachineRow SetDefaultGateway(MachineRow machine, NicRow nic, Parameters form)
    {
        var usable = nic
            .Links.Where(link =>
                link.Mode != LinkMode.LinkUp
                && link.SubnetId is { } id
                && !string.IsNullOrEmpty(state.Subnets.Find(id)!.GatewayIp)
            )
            .ToList();
        if (form.Filled("link_id") is { } given && usable.TrueForAll(link => Text(link.Id) != given))
        {
            throw RegionFault.Field(
                "link_id",
                $"'{given}' is not a valid link_id.  It should be one of: "
                    + $"{string.Join(", ", usable.Select(link => $"'{link.Id}'"))}."
            );
        }

        if (usable.Count == 0)
        {
            throw RegionFault.Field("__all__", "This interface has no usable gateways.");
        }

        var chosen = form.Filled("link_id") is { } wanted ? usable.Find(link => Text(link.Id) == wanted)! : usable[0];
        if (form.Filled("link_id") is null && usable.Select(Gateway).Distinct().Count() > 1)
        {
            throw RegionFault.Field("link_id", "This field is required; Interface has more than one usable IPv4 gateway.");
        }

        return machine with
        {
            GatewayLinkId = chosen.Id,
        };
    }

    private string? Gateway(LinkRow link) => state.Subnets.Find(link.SubnetId!.Value)!.GatewayIp;

    /// <summary>An interface on a VLAN has that VLAN's subnets to choose from, unless it is forced.</summary>
    private SubnetRow? SubnetOf(NicRow nic, Parameters form, bool force)
    {
        if (form.Filled("subnet") is not { } given)
        {
            return null;
        }

        var found = AddressPlan.Find(state, given);
        return found is null || (!force && nic.VlanId is { } vlan && found.VlanId != vlan)
            ? throw RegionFault.Field("subnet", Naming.NotAmongChoices)
            : found;
    }

    private static void CheckMode(NicRow nic, string mode, bool force)
    {
        if (mode == LinkMode.Dhcp && nic.Links.Any(link => link.Mode == LinkMode.Dhcp))
        {
            throw RegionFault.Field("mode", "Interface is already set to DHCP.");
        }

        if (mode == LinkMode.LinkUp && !force && nic.Links.Any(link => link.Mode != LinkMode.LinkUp))
        {
            throw RegionFault.Field(
                "mode",
                "Cannot configure interface to link up (with no IP address) while other links are already configured. "
                    + "Specify force=True to override this behavior and delete all links."
            );
        }
    }

    private string StaticAddress(SubnetRow subnet, Parameters form)
    {
        if (form.Filled("ip_address") is not { } ip)
        {
            return AddressPlan.NextFree(state, subnet)
                ?? throw RegionFault.Text(503, $"No more IPs available in subnet: {subnet.Cidr}.");
        }

        if (!AddressPlan.IsAddress(ip))
        {
            throw RegionFault.Field("ip_address", "Enter a valid IPv4 or IPv6 address.");
        }

        if (!AddressPlan.Contains(subnet.Cidr, ip))
        {
            var vid = state.Vlans.Find(subnet.VlanId)!.Vid;
            throw RegionFault.Field(
                "ip_address",
                $"IP address is not in the given subnet '{subnet.Name}:{subnet.Cidr}(vid={vid})'."
            );
        }

        if (AddressPlan.RangeOf(state, subnet, AddressPlan.Number(ip)) is { Type: "dynamic" } range)
        {
            throw RegionFault.Field("ip_address", $"IP address is inside a dynamic range {range.StartIp} to {range.EndIp}.");
        }

        return AddressPlan.IsInUse(state, ip) ? throw RegionFault.Text(404, $"The IP address {ip} is already in use.") : ip;
    }

    private static void CheckGateway(string mode, SubnetRow? subnet)
    {
        if (mode is not (LinkMode.Auto or LinkMode.Static))
        {
            throw RegionFault.Field("default_gateway", $"Cannot use in mode '{mode}'.");
        }

        if (string.IsNullOrEmpty(subnet!.GatewayIp))
        {
            throw RegionFault.Field(
                "default_gateway",
                $"Cannot set as default gateway because subnet {subnet.Name}:{subnet.Cidr} doesn't provide a gateway IP address."
            );
        }
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
