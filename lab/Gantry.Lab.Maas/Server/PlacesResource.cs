using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Gantry.Lab.Maas.Json;
using Gantry.Lab.Maas.Rows;

namespace Gantry.Lab.Maas.Server;

/// <summary>The endpoints of zones, resource pools and tags.</summary>
internal sealed partial class PlacesResource(RegionState state)
{
    public RegionAnswer? Handle(RegionRequest request, string[] segments)
    {
        _ = request.Caller;
        return segments switch
        {
            ["zones"] => Zones(request),
            ["zones", var name] => Zone(request, name),
            ["resourcepools"] => Pools(request),
            ["resourcepool", var id] => Pool(request, id),
            ["tags"] => Tags(request),
            ["tags", var name] => Tag(request, name),
            _ => null,
        };
    }

    private RegionAnswer Zones(RegionRequest request)
    {
        switch (request.Method, request.Operation)
        {
            case ("GET", null):
                return RegionAnswer.Json(new JsonArray([.. state.Zones.All.Select(zone => (JsonNode)OtherJson.Zone(zone))]));
            case ("POST", null):
                request.RequireAdmin();
                var name = NewName(request.Form["name"], "Physical zone", taken => state.Zones.Has(taken));
                return RegionAnswer.Json(
                    OtherJson.Zone(state.Zones.Put(new ZoneRow(state.Next("zone"), name, request.Form["description"] ?? "")))
                );
            default:
                throw Signatures.Refuse(request, "GET", "POST");
        }
    }

    private RegionAnswer Zone(RegionRequest request, string name)
    {
        var zone = state.Zones.Find(name);
        switch (request.Method)
        {
            case "GET":
                return RegionAnswer.Json(OtherJson.Zone(zone ?? throw RegionFault.Missing("Zone")));
            case "PUT":
                request.RequireAdmin();
                zone = zone ?? throw RegionFault.Missing("Zone");
                var renamed =
                    request.Form["name"] is { } wanted && wanted != name
                        ? NewName(wanted, "Physical zone", taken => state.Zones.Has(taken))
                        : name;
                state.Zones.Remove(name);
                return RegionAnswer.Json(
                    OtherJson.Zone(
                        state.Zones.Put(
                            zone with
                            {
                                Name = renamed,
                                Description = request.Form["description"] ?? zone.Description,
                            }
                        )
                    )
                );
            case "DELETE":
                request.RequireAdmin();
                if (zone?.Id == 1)
                {
                    throw RegionFault.Text(400, "This zone is the default zone, it cannot be deleted.");
                }

                if (zone is not null)
                {
                    foreach (var machine in state.Machines.All.Where(machine => machine.ZoneId == zone.Id).ToList())
                    {
                        state.Machines.Put(machine with { ZoneId = 1 });
                    }

                    state.Zones.Remove(name);
                }

                return RegionAnswer.Deleted();
            default:
                throw Signatures.Refuse(request, "GET", "PUT", "DELETE");
        }
    }

    private RegionAnswer Pools(RegionRequest request)
    {
        switch (request.Method, request.Operation)
        {
            case ("GET", null):
                return RegionAnswer.Json(new JsonArray([.. state.Pools.All.Select(pool => (JsonNode)OtherJson.Pool(pool))]));
            case ("POST", null):
                request.RequireAdmin();
                var name = NewName(
                    request.Form["name"],
                    "Resource pool",
                    taken => state.Pools.All.Any(pool => pool.Name == taken)
                );
                return RegionAnswer.Json(
                    OtherJson.Pool(state.Pools.Put(new PoolRow(state.Next("pool"), name, request.Form["description"] ?? "")))
                );
            default:
                throw Signatures.Refuse(request, "GET", "POST");
        }
    }

    private RegionAnswer Pool(RegionRequest request, string id)
    {
        var pool = state.Pools.All.FirstOrDefault(one => one.Id.ToString(CultureInfo.InvariantCulture) == id || one.Name == id);
        switch (request.Method)
        {
            case "GET":
                return RegionAnswer.Json(OtherJson.Pool(pool ?? throw RegionFault.Missing("ResourcePool")));
            case "PUT":
                request.RequireAdminSilently();
                pool = pool ?? throw RegionFault.Missing("ResourcePool");
                var renamed =
                    request.Form["name"] is { } wanted && wanted != pool.Name
                        ? NewName(wanted, "Resource pool", taken => state.Pools.All.Any(one => one.Name == taken))
                        : pool.Name;
                return RegionAnswer.Json(
                    OtherJson.Pool(
                        state.Pools.Put(
                            pool with
                            {
                                Name = renamed,
                                Description = request.Form["description"] ?? pool.Description,
                            }
                        )
                    )
                );
            case "DELETE":
                request.RequireAdminSilently();
                pool = pool ?? throw RegionFault.Missing("ResourcePool");
                if (pool.Id == 0)
                {
                    throw RegionFault.Text(400, "This is the default pool, it cannot be deleted.");
                }

                if (state.Machines.All.Any(machine => machine.PoolId == pool.Id))
                {
                    throw RegionFault.Text(400, "Pool has machines in it, it cannot be deleted.");
                }

                state.Pools.Remove(pool.Id);
                return RegionAnswer.Deleted();
            default:
                throw Signatures.Refuse(request, "GET", "PUT", "DELETE");
        }
    }

    private RegionAnswer Tags(RegionRequest request)
    {
        switch (request.Method, request.Operation)
        {
            case ("GET", null):
                return RegionAnswer.Json(new JsonArray([.. state.Tags.All.Select(tag => (JsonNode)OtherJson.Tag(tag))]));
            case ("POST", null):
                request.RequireAdmin();
                var name = NewName(request.Form["name"], "Tag", taken => state.Tags.Has(taken));
                if (request.Form["definition"] is { Length: > 0 } xpath && !IsXPath(xpath))
                {
                    throw RegionFault.Field("definition", "Invalid xpath expression: Invalid expression");
                }

                return RegionAnswer.Json(
                    OtherJson.Tag(
                        state.Tags.Put(
                            new TagRow(
                                name,
                                request.Form["definition"] ?? "",
                                request.Form["comment"] ?? "",
                                request.Form["kernel_opts"] ?? ""
                            )
                        )
                    )
                );
            default:
                throw Signatures.Refuse(request, "GET", "POST");
        }
    }

    private RegionAnswer Tag(RegionRequest request, string name)
    {
        var tag = state.Tags.Find(name) ?? throw RegionFault.Missing("Tag");
        switch (request.Method, request.Operation)
        {
            case ("GET", null):
                return RegionAnswer.Json(OtherJson.Tag(tag));
            case ("GET", "machines" or "nodes"):
                return RegionAnswer.Json(
                    new JsonArray([
                        .. state
                            .MachinesById.Where(machine => machine.Tags.Contains(name))
                            .Where(machine =>
                                request.Caller.IsAdmin || machine.Owner is null || machine.Owner == request.Caller.Username
                            )
                            .Select(machine => (JsonNode)MachineJson.Machine(state, machine)),
                    ])
                );
            case ("GET", "devices" or "rack_controllers" or "region_controllers"):
                return RegionAnswer.Json(new JsonArray());
            case ("POST", "update_nodes"):
                request.RequireAdminSilently();
                return UpdateNodes(request, tag);
            case ("POST", "rebuild"):
                request.RequireAdminSilently();
                return RegionAnswer.Json(new JsonObject { ["rebuilding"] = name });
            case ("PUT", null):
                request.RequireAdminSilently();
                var renamed =
                    request.Form["name"] is { } wanted && wanted != name
                        ? NewName(wanted, "Tag", taken => state.Tags.Has(taken))
                        : name;
                state.Tags.Remove(name);
                Retag(name, renamed);
                return RegionAnswer.Json(
                    OtherJson.Tag(
                        state.Tags.Put(
                            tag with
                            {
                                Name = renamed,
                                Comment = request.Form["comment"] ?? tag.Comment,
                                Definition = request.Form["definition"] ?? tag.Definition,
                                KernelOpts = request.Form["kernel_opts"] ?? tag.KernelOpts,
                            }
                        )
                    )
                );
            case ("DELETE", null):
                request.RequireAdminSilently();
                state.Tags.Remove(name);
                Retag(name, null);
                return RegionAnswer.Deleted();
            default:
                throw Signatures.Refuse(request, "GET", "PUT", "DELETE", "POST");
        }
    }

    private RegionAnswer UpdateNodes(RegionRequest request, TagRow tag)
    {
        var added = request.Form.All("add").Select(id => state.Machines.Find(id)).OfType<MachineRow>().ToList();
        foreach (var machine in added)
        {
            state.Machines.Put(machine with { Tags = [.. machine.Tags.Where(one => one != tag.Name), tag.Name] });
        }

        var removed = request.Form.All("remove").Select(id => state.Machines.Find(id)).OfType<MachineRow>().ToList();
        foreach (var machine in removed)
        {
            state.Machines.Put(machine with { Tags = [.. machine.Tags.Where(one => one != tag.Name)] });
        }

        return RegionAnswer.Json(new JsonObject { ["added"] = added.Count, ["removed"] = removed.Count });
    }

    private void Retag(string name, string? renamed)
    {
        foreach (var machine in state.Machines.All.Where(machine => machine.Tags.Contains(name)).ToList())
        {
            var without = machine.Tags.Where(one => one != name);
            state.Machines.Put(machine with { Tags = renamed is null ? [.. without] : [.. without, renamed] });
        }
    }

    private static string NewName(string? name, string kind, Func<string, bool> isTaken) =>
        string.IsNullOrEmpty(name) ? throw RegionFault.Field("name", "This field is required.")
        : !Name().IsMatch(name) || (kind == "Tag" && name.Contains(' ', StringComparison.Ordinal))
            ? throw RegionFault.Field("name", "Enter a valid value.")
        : isTaken(name) ? throw RegionFault.Field("name", $"{kind} with this Name already exists.")
        : name;

    private static bool IsXPath(string text)
    {
        try
        {
            System.Xml.XPath.XPathExpression.Compile(text);
            return true;
        }
        catch (System.Xml.XPath.XPathException)
        {
            return false;
        }
    }

    [GeneratedRegex(@"^\w[ \w-]*$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Name();
}
