using System.Text.Json.Nodes;
using Gantry.Lab.Maas.Rows;

namespace Gantry.Lab.Maas.Json;

/// <summary>The JSON of devices in MAAS 3.7.</summary>
internal static class DeviceJson
{
    public static JsonObject Device(RegionState state, DeviceRow device)
    {
        var domain = state.Domains.Find(device.DomainId)!;
        var addresses = device.Nics.SelectMany(nic => nic.Links).Select(link => link.Ip).OfType<string>();
        return new JsonObject
        {
            ["ip_addresses"] = new JsonArray([.. addresses.Select(ip => (JsonNode?)ip)]),
            ["zone"] = OtherJson.Zone(state.Zones.All.First(zone => zone.Id == device.ZoneId)),
            ["domain"] = NetworkJson.Domain(state, domain),
            ["address_ttl"] = null,
            ["node_type"] = 1,
            ["interface_set"] = new JsonArray([
                .. device.Nics.Select(nic => (JsonNode)NicJson.Nic(state, device.SystemId, device.Nics, nic, isMachine: false)),
            ]),
            ["owner"] = device.Owner,
            ["owner_data"] = Texts(device.OwnerData),
            ["workload_annotations"] = Texts(device.OwnerData),
            ["hostname"] = device.Hostname,
            ["parent"] = device.Parent,
            ["node_type_name"] = "Device",
            ["tag_names"] = new JsonArray([.. device.Tags.Select(tag => (JsonNode?)tag)]),
            ["description"] = device.Description,
            ["system_id"] = device.SystemId,
            ["fqdn"] = $"{device.Hostname}.{domain.Name}",
            ["resource_uri"] = $"/MAAS/api/2.0/devices/{device.SystemId}/",
        };
    }

    private static JsonObject Texts(IReadOnlyDictionary<string, string> values) =>
        new(values.Select(value => KeyValuePair.Create(value.Key, (JsonNode?)value.Value)));
}
