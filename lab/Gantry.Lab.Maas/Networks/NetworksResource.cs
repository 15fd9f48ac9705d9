using System.Globalization;
using System.Text.Json.Nodes;
using Gantry.Lab.Maas.Json;
using Gantry.Lab.Maas.Rows;

namespace Gantry.Lab.Maas.Networks;

/// <summary>The endpoints of fabrics, VLANs, spaces, subnets, ranges and reserved addresses.</summary>
internal sealed class NetworksResource(RegionState state, TimeProvider time)
{
    private readonly ReservedAddresses _addresses = new(state, time);

    public RegionAnswer? Handle(RegionRequest request, string[] segments)
    {
        _ = request.Caller;
        return segments switch
        {
            ["fabrics"] => Fabrics(request),
            ["fabrics", var id] => Fabric(request, id),
            ["fabrics", var id, "vlans"] => Vlans(request, FindFabric(id)),
            ["fabrics", var id, "vlans", var vid] => Vlan(request, FindVlan(FindFabric(id), vid)),
            ["vlans", var id] => Vlan(
                request,
                state.Vlans.All.FirstOrDefault(vlan => Text(vlan.Id) == id) ?? throw RegionFault.Missing("VLAN")
            ),
            ["spaces"] => Spaces(request),
            ["spaces", var id] => Space(request, id),
            ["subnets"] => Subnets(request),
            ["subnets", ..] => Subnet(request, string.Join('/', segments[1..])),
            ["ipranges"] => Ranges(request),
            ["ipranges", var id] => Range(request, id),
            ["ipaddresses"] => _addresses.Handle(request),
            _ => null,
        };
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private RegionAnswer Fabrics(RegionRequest request)
    {
        switch (request.Method)
        {
            case "GET":
                return RegionAnswer.Json(
                    new JsonArray([.. state.Fabrics.All.Select(fabric => (JsonNode)NetworkJson.Fabric(state, fabric))])
                );
            case "POST":
                request.RequireAdmin();
                var id = state.Next("fabric");
                var name = request.Form["name"] is { Length: > 0 } given ? given : $"fabric-{id}";
                if (state.Fabrics.All.Any(fabric => fabric.Name == name))
                {
                    throw RegionFault.Field("name", "Fabric with this Name already exists.");
                }

                var created = state.Fabrics.Put(new FabricRow(id, name));
                state.Vlans.Put(new VlanRow(state.Next("vlan"), 0, "untagged", id, null));
                return RegionAnswer.Json(NetworkJson.Fabric(state, created));
            default:
                throw Signatures.Refuse(request, "GET", "POST");
        }
    }

    private RegionAnswer Fabric(RegionRequest request, string id)
    {
        var fabric = FindFabric(id);
        switch (request.Method)
        {
            case "GET":
                return RegionAnswer.Json(NetworkJson.Fabric(state, fabric));
            case "DELETE":
                request.RequireAdminSilently();
                foreach (var vlan in state.Vlans.All.Where(vlan => vlan.FabricId == fabric.Id).ToList())
                {
                    state.Vlans.Remove(vlan.Id);
                }

                state.Fabrics.Remove(fabric.Id);
                return RegionAnswer.Deleted();
            default:
                throw Signatures.Refuse(request, "GET", "PUT", "DELETE");
        }
    }

    private RegionAnswer Vlans(RegionRequest request, FabricRow fabric)
    {
        switch (request.Method)
        {
            case "GET":
                return RegionAnswer.Json(
                    new JsonArray([
                        .. state
                            .Vlans.All.Where(vlan => vlan.FabricId == fabric.Id)
                            .Select(vlan => (JsonNode)NetworkJson.Vlan(state, vlan)),
                    ])
                );
            case "POST":
                request.RequireAdmin();
                const string OutOfRange = "VID must be between 0 and 4094.";
                if (request.Form["vid"] is not { Length: > 0 } text)
                {
                    throw RegionFault.Field("vid", "This field is required.", OutOfRange);
                }

                if (!int.TryParse(text, CultureInfo.InvariantCulture, out var vid) || vid is < 0 or > 4094)
                {
                    throw RegionFault.Field("vid", OutOfRange);
                }

                if (state.Vlans.All.Any(vlan => vlan.FabricId == fabric.Id && vlan.Vid == vid))
                {
                    throw RegionFault.Field("__all__", "A VLAN with the specified VID already exists in the destination fabric.");
                }

                var space = request.Form["space"] is { Length: > 0 } named ? FindSpace(named).Id : (int?)null;
                var mtu = int.TryParse(request.Form["mtu"], CultureInfo.InvariantCulture, out var given) ? given : 1500;
                var name = request.Form["name"] is { Length: > 0 } called ? called : Text(vid);
                return RegionAnswer.Json(
                    NetworkJson.Vlan(state, state.Vlans.Put(new VlanRow(state.Next("vlan"), vid, name, fabric.Id, space, mtu)))
                );
            default:
                throw Signatures.Refuse(request, "GET", "POST");
        }
    }

    private RegionAnswer Vlan(RegionRequest request, VlanRow vlan)
    {
        switch (request.Method)
        {
            case "GET":
                return RegionAnswer.Json(NetworkJson.Vlan(state, vlan));
            case "PUT":
                request.RequireAdminSilently();
                var ranges = state.Ranges.All.Where(range =>
                    range.Type == "dynamic" && state.Subnets.Find(range.SubnetId)!.VlanId == vlan.Id
                );
                if (request.Form.Tick("dhcp_on") && !ranges.Any())
                {
                    throw RegionFault.Field("dhcp_on", "dhcp can only be turned on when a dynamic IP range is defined.");
                }

                return RegionAnswer.Json(
                    NetworkJson.Vlan(
                        state,
                        state.Vlans.Put(
                            vlan with
                            {
                                Name = request.Form["name"] ?? vlan.Name,
                                SpaceId = request.Form["space"] is { } space
                                    ? (space.Length == 0 ? null : FindSpace(space).Id)
                                    : vlan.SpaceId,
                                DhcpOn = request.Form.Has("dhcp_on") ? request.Form.Tick("dhcp_on") : vlan.DhcpOn,
                            }
                        )
                    )
                );
            case "DELETE":
                request.RequireAdminSilently();
                if (vlan.Vid == 0)
                {
                    throw RegionFault.Text(400, "This VLAN is the default VLAN in the fabric, it cannot be deleted.");
                }

                state.Vlans.Remove(vlan.Id);
                return RegionAnswer.Deleted();
            default:
                throw Signatures.Refuse(request, "GET", "PUT", "DELETE");
        }
    }

    private RegionAnswer Spaces(RegionRequest request)
    {
        switch (request.Method)
        {
            case "GET":
                var all = state.Spaces.All.Select(space => (JsonNode)NetworkJson.Space(state, space)).ToList();
                if (state.Vlans.All.Any(vlan => vlan.SpaceId is null))
                {
                    all.Add(NetworkJson.Space(state, null));
                }

                return RegionAnswer.Json(new JsonArray([.. all]));
            case "POST":
                request.RequireAdmin();
                var id = state.Next("space");
                var name = request.Form["name"] is { Length: > 0 } given ? given : $"space-{id}";
                return state.Spaces.All.Any(space => space.Name == name)
                    ? throw RegionFault.Field("name", "Space with this Name already exists.")
                    : RegionAnswer.Json(NetworkJson.Space(state, state.Spaces.Put(new SpaceRow(id, name))));
            default:
                throw Signatures.Refuse(request, "GET", "POST");
        }
    }

    private RegionAnswer Space(RegionRequest request, string id) =>
        request.Method == "GET"
            ? RegionAnswer.Json(NetworkJson.Space(state, id == "undefined" ? null : FindSpace(id)))
            : throw Signatures.Refuse(request, "GET");

    private RegionAnswer Subnets(RegionRequest request)
    {
        switch (request.Method)
        {
            case "GET":
                return RegionAnswer.Json(
                    new JsonArray([.. state.Subnets.All.Select(subnet => (JsonNode)NetworkJson.Subnet(state, subnet))])
                );
            case "POST":
                request.RequireAdmin();
                return RegionAnswer.Json(NetworkJson.Subnet(state, state.Subnets.Put(NewSubnet(request.Form))));
            default:
                throw Signatures.Refuse(request, "GET", "POST");
        }
    }

    private SubnetRow NewSubnet(Parameters form)
    {
        var cidr = form["cidr"] is { Length: > 0 } given ? given : throw RegionFault.Field("cidr", "This field is required.");
        if (!AddressPlan.IsCidr(cidr))
        {
            throw RegionFault.Field("cidr", "Required format: <network>/<prefixlen>.");
        }

        var (network, prefix) = AddressPlan.Parse(cidr);
        cidr = $"{AddressPlan.Text(network)}/{prefix}";
        if (state.Subnets.All.Any(subnet => subnet.Cidr == cidr))
        {
            throw RegionFault.Fields(
                ("__all__", [$"Subnet {cidr} would overlap with existing subnets."]),
                ("cidr", ["Subnet with this Cidr already exists."])
            );
        }

        var gateway = form["gateway_ip"] is { Length: > 0 } ip ? ip : null;
        if (gateway is not null && !AddressPlan.Contains(cidr, gateway))
        {
            throw RegionFault.Field("gateway_ip", "Gateway IP must be within CIDR range.");
        }

        var vlan = form["vlan"] is { Length: > 0 } id
            ? state.Vlans.All.FirstOrDefault(one => Text(one.Id) == id)
                ?? throw RegionFault.Field("vlan", "Select a valid choice. That choice is not one of the available choices.")
            : state.Vlans.All.First();
        return new SubnetRow(
            state.Next("subnet"),
            form["name"] is { Length: > 0 } name ? name : cidr,
            cidr,
            vlan.Id,
            gateway,
            [.. (form["dns_servers"] ?? "").Split([' ', ','], StringSplitOptions.RemoveEmptyEntries)],
            form["description"] ?? ""
        );
    }

    private RegionAnswer Subnet(RegionRequest request, string specifier)
    {
        var subnet = AddressPlan.Find(state, specifier) ?? throw RegionFault.Missing("Subnet");
        switch (request.Method, request.Operation)
        {
            case ("GET", null):
                return RegionAnswer.Json(NetworkJson.Subnet(state, subnet));
            case ("GET", "statistics"):
                return RegionAnswer.Json(SubnetFigures.Statistics(state, subnet, request.Query.Option("include_ranges")));
            case ("GET", "unreserved_ip_ranges"):
                return RegionAnswer.Json(SubnetFigures.Free(state, subnet));
            case ("GET", "reserved_ip_ranges"):
                return RegionAnswer.Json(SubnetFigures.Reserved(state, subnet));
            case ("GET", "ip_addresses"):
                return RegionAnswer.Json(SubnetFigures.Addresses(state, subnet));
            case ("DELETE", null):
                request.RequireAdminSilently();
                if (state.Machines.All.Any(machine => machine.Nics.Any(nic => nic.SubnetId == subnet.Id)))
                {
                    throw RegionFault.Text(
                        400,
                        "Cannot delete a subnet that has IP addresses in use by nodes. (Use the 'force' parameter to override.)"
                    );
                }

                foreach (var address in state.Addresses.All.Where(address => address.SubnetId == subnet.Id).ToList())
                {
                    state.Addresses.Remove(address.Id);
                }

                state.Subnets.Remove(subnet.Id);
                return RegionAnswer.Deleted();
            default:
                throw Signatures.Refuse(request, "GET", "PUT", "DELETE");
        }
    }

    private RegionAnswer Ranges(RegionRequest request)
    {
        switch (request.Method)
        {
            case "GET":
                return RegionAnswer.Json(
                    new JsonArray([.. state.Ranges.All.Select(range => (JsonNode)NetworkJson.Range(state, range))])
                );
            case "POST":
                return RegionAnswer.Json(NetworkJson.Range(state, state.Ranges.Put(NewRange(request))));
            default:
                throw Signatures.Refuse(request, "GET", "POST");
        }
    }

    private IpRangeRow NewRange(RegionRequest request)
    {
        var form = request.Form;
        var type = form["type"] ?? "";
        if (type is not ("reserved" or "dynamic"))
        {
            throw RegionFault.Field("type", $"Select a valid choice. {type} is not one of the available choices.");
        }

        if (type == "dynamic" && !request.Caller.IsAdmin)
        {
            throw RegionFault.Text(403, "Unable to create dynamic IP range. You don't have sufficient privileges.");
        }

        var start = form["start_ip"] is { Length: > 0 } from
            ? from
            : throw RegionFault.Field("start_ip", "This field is required.");
        var end = form["end_ip"] is { Length: > 0 } to ? to : throw RegionFault.Field("end_ip", "This field is required.");
        var subnet = form["subnet"] is { Length: > 0 } named
            ? AddressPlan.Find(state, named)
            : AddressPlan.SubnetOf(state, start);
        if (subnet is null)
        {
            throw RegionFault.Field("subnet", "This field is required.");
        }

        if (AddressPlan.Number(end) < AddressPlan.Number(start))
        {
            throw RegionFault.Field("end_ip", "End IP address must not be less than Start IP address.");
        }

        var overlaps = state.Ranges.All.Any(range =>
            range.SubnetId == subnet.Id
            && AddressPlan.Number(range.StartIp) <= AddressPlan.Number(end)
            && AddressPlan.Number(start) <= AddressPlan.Number(range.EndIp)
        );
        return overlaps
            ? throw RegionFault.Field("__all__", $"Requested {type} range conflicts with an existing range.")
            : new IpRangeRow(state.Next("iprange"), type, start, end, subnet.Id, request.Caller.Username, form["comment"] ?? "");
    }

    private RegionAnswer Range(RegionRequest request, string id)
    {
        var range = state.Ranges.All.FirstOrDefault(one => Text(one.Id) == id) ?? throw RegionFault.Missing("IPRange");
        switch (request.Method)
        {
            case "GET":
                return RegionAnswer.Json(NetworkJson.Range(state, range));
            case "DELETE":
                if (range.Owner != request.Caller.Username)
                {
                    request.RequireAdminSilently();
                }

                state.Ranges.Remove(range.Id);
                return RegionAnswer.Deleted();
            default:
                throw Signatures.Refuse(request, "GET", "PUT", "DELETE");
        }
    }

    private FabricRow FindFabric(string id) =>
        state.Fabrics.All.FirstOrDefault(fabric => Text(fabric.Id) == id || fabric.Name == id)
        ?? throw RegionFault.Missing("Fabric");

    private VlanRow FindVlan(FabricRow fabric, string vid) =>
        state.Vlans.All.FirstOrDefault(vlan => vlan.FabricId == fabric.Id && Text(vlan.Vid) == vid)
        ?? throw RegionFault.Missing("VLAN");

    private SpaceRow FindSpace(string id) =>
        state.Spaces.All.FirstOrDefault(space => Text(space.Id) == id || space.Name == id) ?? throw RegionFault.Missing("Space");
}
