using System.Text.Json.Nodes;
using Gantry.Lab.Maas.Networks;
using Gantry.Lab.Maas.Rows;

namespace Gantry.Lab.Maas.Json;

/// <summary>The JSON of networks, addresses and DNS names in MAAS 3.7.</summary>
internal static class NetworkJson
{
    private const string Undefined = "undefined";

    public static JsonObject Vlan(RegionState state, VlanRow vlan) =>
        new()
        {
            ["vid"] = vlan.Vid,
            ["mtu"] = vlan.Mtu,
            ["dhcp_on"] = vlan.DhcpOn,
            ["external_dhcp"] = null,
            ["relay_vlan"] = null,
            ["fabric"] = state.Fabrics.Find(vlan.FabricId)?.Name,
            ["space"] = SpaceName(state, vlan),
            ["fabric_id"] = vlan.FabricId,
            ["name"] = vlan.Name,
            ["id"] = vlan.Id,
            ["secondary_rack"] = null,
            ["primary_rack"] = null,
            ["resource_uri"] = $"/MAAS/api/2.0/vlans/{vlan.Id}/",
        };

    public static JsonObject Subnet(RegionState state, SubnetRow subnet)
    {
        var vlan = state.Vlans.Find(subnet.VlanId)!;
        return new JsonObject
        {
            ["name"] = subnet.Name,
            ["description"] = subnet.Description,
            ["vlan"] = Vlan(state, vlan),
            ["cidr"] = subnet.Cidr,
            ["rdns_mode"] = 2,
            ["gateway_ip"] = subnet.GatewayIp,
            ["dns_servers"] = new JsonArray([.. subnet.DnsServers.Select(server => (JsonNode?)server)]),
            ["allow_dns"] = true,
            ["allow_proxy"] = true,
            ["active_discovery"] = false,
            ["managed"] = true,
            ["disabled_boot_architectures"] = new JsonArray(),
            ["space"] = SpaceName(state, vlan),
            ["id"] = subnet.Id,
            ["resource_uri"] = $"/MAAS/api/2.0/subnets/{subnet.Id}/",
        };
    }

    public static JsonObject Fabric(RegionState state, FabricRow fabric) =>
        new()
        {
            ["class_type"] = null,
            ["id"] = fabric.Id,
            ["name"] = fabric.Name,
            ["vlans"] = new JsonArray([
                .. state.Vlans.All.Where(vlan => vlan.FabricId == fabric.Id).Select(vlan => (JsonNode)Vlan(state, vlan)),
            ]),
            ["resource_uri"] = $"/MAAS/api/2.0/fabrics/{fabric.Id}/",
        };

    public static JsonObject Space(RegionState state, SpaceRow? space)
    {
        var vlans = state.Vlans.All.Where(vlan => vlan.SpaceId == space?.Id).ToList();
        return new JsonObject
        {
            ["id"] = space?.Id ?? -1,
            ["name"] = space?.Name ?? Undefined,
            ["vlans"] = new JsonArray([.. vlans.Select(vlan => (JsonNode)Vlan(state, vlan))]),
            ["subnets"] = new JsonArray([
                .. state
                    .Subnets.All.Where(subnet => vlans.Exists(vlan => vlan.Id == subnet.VlanId))
                    .Select(subnet => (JsonNode)Subnet(state, subnet)),
            ]),
            ["resource_uri"] = space is null ? "/MAAS/api/2.0/spaces/undefined/" : $"/MAAS/api/2.0/spaces/{space.Id}/",
        };
    }

    public static JsonObject Range(RegionState state, IpRangeRow range) =>
        new()
        {
            ["id"] = range.Id,
            ["type"] = range.Type,
            ["start_ip"] = range.StartIp,
            ["end_ip"] = range.EndIp,
            ["comment"] = range.Comment,
            ["user"] = UserJson.User(state.Users.Find(range.Owner)!),
            ["subnet"] = Subnet(state, state.Subnets.Find(range.SubnetId)!),
            ["resource_uri"] = $"/MAAS/api/2.0/ipranges/{range.Id}/",
        };

    public static JsonObject Address(RegionState state, AddressRow address) =>
        new()
        {
            ["created"] = address.Created.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'"),
            ["ip"] = address.Ip,
            ["alloc_type"] = 4,
            ["subnet"] = address.SubnetId is { } id ? Subnet(state, state.Subnets.Find(id)!) : null,
            ["alloc_type_name"] = "User reserved",
            ["interface_set"] = new JsonArray(),
            ["owner"] = state.Users.Find(address.Owner) is { } owner ? UserJson.User(owner) : null,
            ["resource_uri"] = "/MAAS/api/2.0/ipaddresses/",
        };

    public static JsonObject Domain(RegionState state, DomainRow domain) =>
        new()
        {
            ["authoritative"] = domain.Authoritative,
            ["ttl"] = domain.Ttl,
            ["name"] = domain.Name,
            ["is_default"] = domain.Id == 0,
            ["id"] = domain.Id,
            ["resource_record_count"] = state
                .DnsResources.All.Where(resource => resource.DomainId == domain.Id)
                .Sum(resource =>
                    resource.Addresses.Count + state.DnsRecords.All.Count(record => record.ResourceId == resource.Id)
                ),
            ["resource_uri"] = $"/MAAS/api/2.0/domains/{domain.Id}/",
        };

    public static JsonObject DnsResource(RegionState state, DnsResourceRow resource) =>
        new()
        {
            ["address_ttl"] = resource.AddressTtl,
            ["ip_addresses"] = new JsonArray([.. resource.Addresses.Select(ip => (JsonNode?)AddressOf(state, ip))]),
            ["id"] = resource.Id,
            ["resource_records"] = new JsonArray([
                .. state
                    .DnsRecords.All.Where(record => record.ResourceId == resource.Id)
                    .Select(record => (JsonNode)Record(state, record)),
            ]),
            ["fqdn"] = Fqdn(state, resource),
            ["resource_uri"] = $"/MAAS/api/2.0/dnsresources/{resource.Id}/",
        };

    public static JsonObject Record(RegionState state, DnsRecordRow record) =>
        new()
        {
            ["id"] = record.Id,
            ["fqdn"] = Fqdn(state, state.DnsResources.Find(record.ResourceId)!),
            ["ttl"] = record.Ttl,
            ["rrtype"] = record.Rrtype,
            ["rrdata"] = record.Rrdata,
            ["resource_uri"] = $"/MAAS/api/2.0/dnsresourcerecords/{record.Id}/",
        };

    public static string Fqdn(RegionState state, DnsResourceRow resource)
    {
        var domain = state.Domains.Find(resource.DomainId)!.Name;
        return resource.Name is "@" ? domain : $"{resource.Name}.{domain}";
    }

    private static JsonObject AddressOf(RegionState state, string ip)
    {
        if (state.Addresses.All.FirstOrDefault(address => address.Ip == ip) is { } reserved)
        {
            return Address(state, reserved);
        }

        // An automatic address belongs to its machine.
        var machine = state.Machines.All.FirstOrDefault(one => one.Nics.Any(nic => nic.Ip == ip));
        var subnet = AddressPlan.SubnetOf(state, ip);
        return new JsonObject
        {
            ["created"] = null,
            ["ip"] = ip,
            ["alloc_type"] = 0,
            ["subnet"] = subnet is null ? null : Subnet(state, subnet),
            ["alloc_type_name"] = "Automatic",
            ["interface_set"] = machine is null
                ? new JsonArray()
                : new JsonArray([
                    .. machine.Nics.Where(nic => nic.Ip == ip).Select(nic => (JsonNode)MachineJson.Nic(state, machine, nic)),
                ]),
            ["owner"] = null,
            ["resource_uri"] = "/MAAS/api/2.0/ipaddresses/",
        };
    }

    private static string SpaceName(RegionState state, VlanRow vlan) =>
        vlan.SpaceId is { } id ? state.Spaces.Find(id)!.Name : Undefined;
}
