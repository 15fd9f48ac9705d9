using System.Text.Json.Nodes;
using Gantry.Lab.Maas.Networks;
using Gantry.Lab.Maas.Rows;

namespace Gantry.Lab.Maas.Json;

/// <summary>The JSON of networks, addresses and DNS names in MAAS 3.7.</summary>
internal static class NetworkJson
{
    private const string Undefined = "undefined";

    private const string UndefinedDescription =
        "Backward compatibility object to ensure objects not associated with a space can be found.";

    public static JsonObject Vlan(RegionState state, VlanRow vlan) =>
        new()
        {
            ["vid"] = vlan.Vid,
            ["mtu"] = vlan.Mtu,
            ["dhcp_on"] = vlan.DhcpOn,
            ["external_dhcp"] = null,
            ["relay_vlan"] = vlan.RelayVlanId is { } relay ? Vlan(state, state.Vlans.Find(relay)!) : null,
            ["fabric"] = state.Fabrics.Find(vlan.FabricId)?.Name,
            ["space"] = SpaceName(state, vlan),
            ["fabric_id"] = vlan.FabricId,
            ["name"] = vlan.Name,
            ["id"] = vlan.Id,
            ["secondary_rack"] = null,
            ["primary_rack"] = vlan.PrimaryRack,
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
            ["rdns_mode"] = subnet.RdnsMode,
            ["gateway_ip"] = string.IsNullOrEmpty(subnet.GatewayIp) ? null : subnet.GatewayIp,
            ["dns_servers"] = new JsonArray([.. subnet.DnsServers.Select(server => (JsonNode?)server)]),
            ["allow_dns"] = subnet.AllowDns,
            ["allow_proxy"] = subnet.AllowProxy,
            ["active_discovery"] = subnet.ActiveDiscovery,
            ["managed"] = subnet.Managed,
            ["disabled_boot_architectures"] = new JsonArray(),
            ["space"] = SpaceName(state, vlan),
            ["id"] = subnet.Id,
            ["resource_uri"] = $"/MAAS/api/2.0/subnets/{subnet.Id}/",
        };
    }

    public static JsonObject Fabric(RegionState state, FabricRow fabric) =>
        new()
        {
            ["class_type"] = fabric.ClassType,
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
            ["description"] = space?.Description ?? UndefinedDescription,
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
            ["interface_set"] = address is { InterfaceId: { } nic, Mac: { } mac }
                ? new JsonArray(
                    NicJson.Unknown(state, nic, mac, address.SubnetId is { } on ? state.Subnets.Find(on)!.VlanId : null)
                )
                : new JsonArray(),
            ["owner"] = state.Users.Find(address.Owner) is { } owner ? UserJson.User(owner) : null,
            ["resource_uri"] = "/MAAS/api/2.0/ipaddresses/",
        };

    public static JsonObject Domain(RegionState state, DomainRow domain) =>
        new()
        {
            ["authoritative"] = domain.Authoritative,
            ["ttl"] = domain.Ttl,
            ["name"] = domain.Name,
            ["is_default"] = domain.Id == state.DefaultDomain.Id,
            ["id"] = domain.Id,
            ["resource_record_count"] = state
                .DnsResources.All.Where(resource => resource.DomainId == domain.Id)
                .Sum(resource =>
                    resource.Addresses.Count
                    + state
                        .DnsRecords.All.Where(record => record.ResourceId == resource.Id)
                        .DistinctBy(record => (record.Rrtype, record.Rrdata))
                        .Count()
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

        // The address belongs to a machine, which has it from MAAS or was seen with it.
        var (machine, nic) = state
            .Machines.All.SelectMany(one => one.Nics.Select(its => (one, its)))
            .OrderByDescending(pair => pair.its.Ip == ip)
            .FirstOrDefault(pair => pair.its.Ip == ip || pair.its.DiscoveredIp == ip);
        var link = nic?.Links.FirstOrDefault(one => one.Ip == ip);
        var (type, name) = link?.Mode switch
        {
            LinkMode.Static => (1, "Sticky"),
            LinkMode.Dhcp => (5, "DHCP"),
            null when nic is not null => (6, "Observed"),
            _ => (0, "Automatic"),
        };
        var subnet = AddressPlan.SubnetOf(state, ip);
        return new JsonObject
        {
            ["created"] = DateTimeOffset.UnixEpoch.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'"),
            ["ip"] = ip,
            ["alloc_type"] = type,
            ["subnet"] = subnet is null ? null : Subnet(state, subnet),
            ["alloc_type_name"] = name,
            ["interface_set"] = nic is null ? new JsonArray() : new JsonArray(MachineJson.Nic(state, machine, nic)),
            ["owner"] = null,
            ["resource_uri"] = "/MAAS/api/2.0/ipaddresses/",
        };
    }

    private static string SpaceName(RegionState state, VlanRow vlan) =>
        vlan.SpaceId is { } id ? state.Spaces.Find(id)!.Name : Undefined;
}
