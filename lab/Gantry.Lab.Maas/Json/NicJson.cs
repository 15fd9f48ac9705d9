using System.Text.Json.Nodes;
using Gantry.Lab.Maas.Rows;

namespace Gantry.Lab.Maas.Json;

/// <summary>The JSON of interfaces in MAAS 3.7.</summary>
internal static class NicJson
{
    /// <param name="isMachine">False for a device, of which MAAS knows no NUMA node.</param>
    public static JsonObject Nic(RegionState state, string systemId, IReadOnlyList<NicRow> all, NicRow nic, bool isMachine = true)
    {
        var isPhysical = nic.Type is "physical";
        var known = isPhysical && nic.IsProbed && isMachine;
        return new JsonObject
        {
            ["effective_mtu"] = nic.Mtu ?? (nic.VlanId is { } on ? state.Vlans.Find(on)!.Mtu : 1500),
            ["firmware_version"] = known ? "1.63, 0x800009fa" : null,
            ["params"] = JsonNode.Parse(nic.Params),
            ["parents"] = Names(all.Where(other => nic.Parents.Contains(other.Id))),
            ["product"] = known ? "My Gigabit Network Connection" : null,
            ["system_id"] = systemId,
            ["children"] = Names(all.Where(other => other.Parents.Contains(nic.Id))),
            ["interface_speed"] = known ? nic.Speed : 0,
            ["enabled"] = nic.Enabled,
            ["link_connected"] = nic.LinkConnected,
            ["sriov_max_vf"] = 0,
            ["links"] = new JsonArray([.. nic.Links.Select(link => (JsonNode)Link(state, link))]),
            ["link_speed"] = known && nic.LinkConnected ? nic.Speed : 0,
            ["type"] = nic.Type,
            ["vlan"] = nic.VlanId is { } vlan ? NetworkJson.Vlan(state, state.Vlans.Find(vlan)!) : null,
            ["vendor"] = known ? "My Corporation" : null,
            ["tags"] = new JsonArray([.. nic.Tags.Select(tag => (JsonNode?)tag)]),
            ["mac_address"] = nic.Mac,
            ["numa_node"] = isPhysical && isMachine ? 0 : null,
            ["name"] = nic.Name,
            ["id"] = nic.Id,
            ["discovered"] =
                nic.DiscoveredIp is { } seen && nic.DiscoveredSubnetId is { } subnet
                    ? new JsonArray(
                        new JsonObject
                        {
                            ["subnet"] = NetworkJson.Subnet(state, state.Subnets.Find(subnet)!),
                            ["ip_address"] = seen,
                        }
                    )
                    : null,
            ["resource_uri"] = $"/MAAS/api/2.0/nodes/{systemId}/interfaces/{nic.Id}/",
        };
    }

    /// <summary>The interface of no machine that a reservation by MAC address makes.</summary>
    public static JsonObject Unknown(RegionState state, int id, string mac, int? vlan) =>
        new()
        {
            ["parents"] = new JsonArray(),
            ["type"] = "unknown",
            ["sriov_max_vf"] = 0,
            ["children"] = new JsonArray(),
            ["enabled"] = true,
            ["link_connected"] = true,
            ["link_speed"] = 0,
            ["vlan"] = vlan is { } on ? NetworkJson.Vlan(state, state.Vlans.Find(on)!) : null,
            ["mac_address"] = mac,
            ["numa_node"] = null,
            ["id"] = id,
            ["interface_speed"] = 0,
            ["tags"] = new JsonArray(),
            ["name"] = "eth0",
            ["params"] = new JsonObject(),
            ["product"] = null,
            ["firmware_version"] = null,
            ["vendor"] = null,
        };

    private static JsonObject Link(RegionState state, LinkRow link)
    {
        var shown = new JsonObject { ["id"] = link.Id, ["mode"] = link.Mode };
        if (link.Ip is not null)
        {
            shown["ip_address"] = link.Ip;
        }

        if (link.SubnetId is { } id)
        {
            shown["subnet"] = NetworkJson.Subnet(state, state.Subnets.Find(id)!);
        }

        return shown;
    }

    private static JsonArray Names(IEnumerable<NicRow> nics) =>
        [.. nics.Select(nic => nic.Name).Order(StringComparer.Ordinal).Select(name => (JsonNode?)name)];
}
