using System.Globalization;
using Gantry.Lab.Maas.Json;
using Gantry.Lab.Maas.Places;
using Gantry.Lab.Maas.Routing;
using Gantry.Lab.Maas.Rows;

namespace Gantry.Lab.Maas.Networks;

/// <summary><c>subnets/</c></summary>
internal sealed class SubnetsResource(RegionState state)
{
    public IEnumerable<Resource> Resources =>
        [
            new("Subnets", "subnets/", Operation.Create(Create), Operation.Read(List)),
            new(
                "Subnet",
                "subnets/{*id}/",
                Operation.Read(request => RegionAnswer.Json(NetworkJson.Subnet(state, Find(request)))),
                Operation.Update(Update),
                Operation.Delete(Delete),
                Operation.Read(Statistics, "statistics"),
                Operation.Read(request => RegionAnswer.Json(SubnetFigures.Free(state, Find(request))), "unreserved_ip_ranges"),
                Operation.Read(request => RegionAnswer.Json(SubnetFigures.Reserved(state, Find(request))), "reserved_ip_ranges"),
                Operation.Read(request => RegionAnswer.Json(SubnetFigures.Addresses(state, Find(request))), "ip_addresses")
            ),
        ];

    private RegionAnswer List(RegionRequest request) =>
        RegionAnswer.JsonList(state.Subnets.All.Select(subnet => NetworkJson.Subnet(state, subnet)));

    private RegionAnswer Create(RegionRequest request)
    {
        request.RequireAdmin();
        var form = request.Bound;
        var faults = new FormFaults();
        var given = form["cidr"] ?? "";
        var cidr = faults.Of(() => Cidr(form.Required("cidr")));
        var vlan = faults.Of(() => VlanOf(form));
        var read = faults.Of(() => Read(form, new SubnetRow(0, form.Filled("name") ?? given, cidr ?? "", vlan?.Id ?? 0, "", [])));
        faults.ThrowIfAny();
        RefuseOverlap(cidr!, null);
        var row = read!;
        return Echo(row, state.Subnets.Put(row with { Id = state.Next("subnet") }));
    }

    /// <summary>A gateway that was left empty is so in the response, and none from then on.</summary>
    private RegionAnswer Echo(SubnetRow given, SubnetRow stored)
    {
        var json = NetworkJson.Subnet(state, stored);
        json["gateway_ip"] = given.GatewayIp;
        return RegionAnswer.Json(json);
    }

    private RegionAnswer Update(RegionRequest request)
    {
        var subnet = Find(request);
        request.RequireAdminSilently();
        var form = request.Bound;
        var faults = new FormFaults();
        var cidr = faults.Of(() => form.Filled("cidr") is { } given ? Cidr(given) : subnet.Cidr);
        var vlan = faults.Of(() =>
            form.Filled("vlan") is { } id
                ? NetworkFinder.Vlan(state, id)?.Id ?? throw RegionFault.Field("vlan", Naming.NotAmongChoices)
                : subnet.VlanId
        );
        var name = form.Filled("name") ?? (subnet.Name == subnet.Cidr ? cidr ?? "" : subnet.Name);
        var read = faults.Of(() => Read(form, subnet with { Cidr = cidr ?? "", VlanId = vlan, Name = name }));
        faults.ThrowIfAny();
        if (cidr != subnet.Cidr)
        {
            RefuseOverlap(cidr!, subnet);
        }

        var row = read!;
        return Echo(row, state.Subnets.Put(row));
    }

    /// <summary>A subnet that machines have addresses of stays, unless it is forced.</summary>
    private RegionAnswer Delete(RegionRequest request)
    {
        var subnet = Find(request);
        request.RequireAdminSilently();
        var used = state.Machines.All.Any(machine => machine.Nics.Any(nic => nic.Links.Any(link => link.SubnetId == subnet.Id)));
        if (used && !request.Query.Option("force"))
        {
            throw RegionFault.Text(
                400,
                "Cannot delete a subnet that has IP addresses in use by nodes. (Use the 'force' parameter to override.)"
            );
        }

        foreach (var address in state.Addresses.All.Where(address => address.SubnetId == subnet.Id).ToList())
        {
            state.Addresses.Remove(address.Id);
            Dns.DnsResource.Forget(state, address.Ip);
        }

        foreach (var range in state.Ranges.All.Where(range => range.SubnetId == subnet.Id).ToList())
        {
            state.Ranges.Remove(range.Id);
        }

        foreach (var machine in state.Machines.All.ToList())
        {
            var nics = machine.Nics.Select(nic => Without(nic, subnet)).ToList();
            if (!nics.SequenceEqual(machine.Nics))
            {
                state.Machines.Put(machine with { Nics = nics });
            }
        }

        foreach (
            var route in state
                .StaticRoutes.All.Where(route => route.SourceId == subnet.Id || route.DestinationId == subnet.Id)
                .ToList()
        )
        {
            state.StaticRoutes.Remove(route.Id);
        }

        state.Subnets.Remove(subnet.Id);
        return RegionAnswer.Deleted();
    }

    private RegionAnswer Statistics(RegionRequest request) =>
        RegionAnswer.Json(SubnetFigures.Statistics(state, Find(request), request.Query.Option("include_ranges")));

    /// <summary>The fields that creation and update read alike.</summary>
    private static SubnetRow Read(Parameters form, SubnetRow subnet)
    {
        if (form.Has("space"))
        {
            throw RegionFault.Field("space", "Spaces may no longer be set on subnets. Set the space on the underlying VLAN.");
        }

        var faults = new FormFaults();
        var gateway = form["gateway_ip"] ?? subnet.GatewayIp;
        if (form.Filled("gateway_ip") is { } ip && !AddressPlan.IsAddress(ip))
        {
            faults.Add("gateway_ip", "Enter a valid IPv4 or IPv6 address.");
        }
        else if (!string.IsNullOrEmpty(gateway) && subnet.Cidr.Length > 0 && !AddressPlan.Contains(subnet.Cidr, gateway))
        {
            faults.Add("gateway_ip", "Gateway IP must be within CIDR range.");
        }

        var mode = faults.Of(() =>
            form.Filled("rdns_mode") switch
            {
                null => subnet.RdnsMode,
                "0" => 0,
                "1" => 1,
                "2" => 2,
                var other => throw RegionFault.Field(
                    "rdns_mode",
                    $"Select a valid choice. {other} is not one of the available choices."
                ),
            }
        );
        faults.ThrowIfAny();
        return subnet with
        {
            Description = form["description"] ?? subnet.Description,
            GatewayIp = gateway,
            DnsServers = form.Has("dns_servers") ? DnsServers(form) : subnet.DnsServers,
            RdnsMode = mode,
            AllowDns = Truth(form["allow_dns"]),
            AllowProxy = Truth(form["allow_proxy"]),
            ActiveDiscovery = form.Tick("active_discovery", subnet.ActiveDiscovery),
            Managed = !form.Has("managed") || form.Tick("managed"),
        };
    }

    /// <summary>Servers, as repeated fields or several in one. An invalid one is refused.</summary>
    private static List<string> DnsServers(Parameters form)
    {
        var servers = form.All("dns_servers")
            .SelectMany(text => text.Split([' ', ','], StringSplitOptions.RemoveEmptyEntries))
            .ToList();
        return servers.Find(server => !AddressPlan.IsAddress(server)) is { } wrong
            ? throw RegionFault.Model("__all__", $"Invalid IP address: {wrong}; provide a list of space-separated IP addresses")
            : servers;
    }

    private static bool Truth(string? text) => text is null || text.ToLowerInvariant() is "true" or "t" or "1";

    private static string Cidr(string given)
    {
        if (!AddressPlan.IsCidr(given))
        {
            throw RegionFault.Field("cidr", "Required format: <network>/<prefixlen>.");
        }

        var (network, prefix) = AddressPlan.Parse(given);
        return prefix == 0
            ? throw RegionFault.Field("cidr", "Prefix length must be greater than 0.")
            : $"{AddressPlan.Text(network)}/{prefix}";
    }

    private void RefuseOverlap(string cidr, SubnetRow? itself)
    {
        var others = state.Subnets.All.Where(subnet => subnet.Id != itself?.Id).ToList();
        if (!others.Exists(subnet => AddressPlan.Overlap(subnet.Cidr, cidr)))
        {
            return;
        }

        var overlap = ("__all__", new[] { $"Subnet {cidr} would overlap with existing subnets." });
        throw others.Exists(subnet => subnet.Cidr == cidr)
            ? RegionFault.Fields(overlap, ("cidr", ["Subnet with this Cidr already exists."]))
            : RegionFault.Fields(overlap);
    }

    /// <summary>The VLAN of a new subnet: as named, else the default one of the fabric named, else of the default fabric.</summary>
    private VlanRow VlanOf(Parameters form)
    {
        var fabric = form.Filled("fabric") is { } named
            ? NetworkFinder.Fabric(state, named) ?? throw RegionFault.Field("fabric", Naming.NotAmongChoices)
            : null;
        if (form.Filled("vlan") is { } id)
        {
            var vlan = NetworkFinder.Vlan(state, id) ?? throw RegionFault.Field("vlan", Naming.NotAmongChoices);
            return fabric is not null && vlan.FabricId != fabric.Id
                ? throw RegionFault.Field("vlan", $"VLAN {vlan.Name} is not in fabric {fabric.Name}.")
                : vlan;
        }

        var home = fabric ?? NetworkFinder.DefaultFabric(state);
        if (form.Integer("vid") is not ({ } vid and not 0))
        {
            return NetworkFinder.DefaultVlan(state, home);
        }

        return NetworkFinder.Vlan(state, home, vid.ToString(CultureInfo.InvariantCulture))
            ?? throw RegionFault.Field(
                "vid",
                fabric is null ? $"No VLAN with vid {vid} in default fabric." : $"No VLAN with vid {vid} in fabric {fabric.Name}."
            );
    }

    private static NicRow Without(NicRow nic, SubnetRow subnet)
    {
        var touched = nic.Links.Any(link => link.SubnetId == subnet.Id) || nic.DiscoveredSubnetId == subnet.Id;
        return touched
            ? nic with
            {
                Links = [.. nic.Links.Where(link => link.SubnetId != subnet.Id)],
                DiscoveredIp = nic.DiscoveredSubnetId == subnet.Id ? null : nic.DiscoveredIp,
                DiscoveredSubnetId = nic.DiscoveredSubnetId == subnet.Id ? null : nic.DiscoveredSubnetId,
            }
            : nic;
    }

    private SubnetRow Find(RegionRequest request) =>
        AddressPlan.Find(state, request.At("id")) ?? throw RegionFault.Missing("Subnet");
}
