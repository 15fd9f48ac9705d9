using System.Text.Json.Nodes;
using System.Xml.XPath;
using Gantry.Lab.Maas.Json;
using Gantry.Lab.Maas.Machines;
using Gantry.Lab.Maas.Routing;
using Gantry.Lab.Maas.Rows;

namespace Gantry.Lab.Maas.Places;

/// <summary><c>tags/</c></summary>
internal sealed class TagsResource(RegionState state, MachinesResource machines)
{
    public IEnumerable<Resource> Resources =>
        [
            new("Tags", "tags/", Operation.Create(Create), Operation.Read(List)),
            new(
                "Tag",
                "tags/{name}/",
                Operation.Read(request => RegionAnswer.Json(OtherJson.Tag(Find(request)))),
                Operation.Update(Update),
                Operation.Delete(Delete),
                Operation.Read(Machines, "machines"),
                Operation.Read(Machines, "nodes"),
                Operation.Read(Devices, "devices"),
                Operation.Read(None, "rack_controllers"),
                Operation.Read(None, "region_controllers"),
                Operation.Do("update_nodes", UpdateNodes),
                Operation.Do("rebuild", Rebuild)
            ),
        ];

    private RegionAnswer List(RegionRequest request) =>
        RegionAnswer.JsonList(
            state.Tags.All.OrderBy(tag => tag.Id).ThenBy(tag => tag.Name, StringComparer.Ordinal).Select(OtherJson.Tag)
        );

    private RegionAnswer Create(RegionRequest request)
    {
        request.RequireAdmin();
        var form = request.Bound;
        var name = Naming.New(form["name"], "Tag", state.Tags.Has);
        CheckDefinition(form);
        return RegionAnswer.Json(
            OtherJson.Tag(
                state.Tags.Put(
                    new TagRow(
                        name,
                        form["definition"] ?? "",
                        form["comment"] ?? "",
                        form["kernel_opts"] ?? "",
                        state.Next("tag")
                    )
                )
            )
        );
    }

    private RegionAnswer Update(RegionRequest request)
    {
        var tag = Find(request);
        request.RequireAdminSilently();
        var form = request.Bound;
        var name = Naming.Changed(form["name"], tag.Name, "Tag", state.Tags.Has);
        CheckDefinition(form);
        state.Tags.Remove(tag.Name);
        Retag(tag.Name, name);
        return RegionAnswer.Json(
            OtherJson.Tag(
                state.Tags.Put(
                    tag with
                    {
                        Name = name,
                        Comment = form["comment"] ?? tag.Comment,
                        Definition = form["definition"] ?? tag.Definition,
                        KernelOpts = form["kernel_opts"] ?? tag.KernelOpts,
                    }
                )
            )
        );
    }

    private RegionAnswer Delete(RegionRequest request)
    {
        var tag = Find(request);
        request.RequireAdminSilently();
        state.Tags.Remove(tag.Name);
        Retag(tag.Name, null);
        return RegionAnswer.Deleted();
    }

    private RegionAnswer Machines(RegionRequest request)
    {
        var tag = Find(request);
        return machines.List(request, machine => machine.Tags.Contains(tag.Name));
    }

    private RegionAnswer Devices(RegionRequest request)
    {
        var tag = Find(request);
        return RegionAnswer.JsonList(
            state
                .Devices.All.Where(device => device.Tags.Contains(tag.Name))
                .OrderBy(device => device.Id)
                .Select(device => DeviceJson.Device(state, device))
        );
    }

    private RegionAnswer None(RegionRequest request)
    {
        Find(request);
        return RegionAnswer.JsonList([]);
    }

    private RegionAnswer Rebuild(RegionRequest request)
    {
        var tag = Find(request);
        request.RequireAdminSilently();
        return RegionAnswer.Json(new JsonObject { ["rebuilding"] = tag.Name });
    }

    /// <summary>Unknown machines are left out without a word.</summary>
    private RegionAnswer UpdateNodes(RegionRequest request)
    {
        var tag = Find(request);
        request.RequireAdminSilently();
        if (request.Form.Filled("definition") is { } definition && definition != tag.Definition)
        {
            throw RegionFault.Text(
                409,
                $"Definition supplied '{definition}' doesn't match current definition '{tag.Definition}'"
            );
        }

        var added = request.Form.All("add").Select(state.Machines.Find).OfType<MachineRow>().ToList();
        foreach (var machine in added)
        {
            state.Machines.Put(machine with { Tags = [.. machine.Tags.Where(one => one != tag.Name), tag.Name] });
        }

        var removed = request.Form.All("remove").Select(state.Machines.Find).OfType<MachineRow>().ToList();
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

    private TagRow Find(RegionRequest request) => state.Tags.Find(request.At("name")) ?? throw RegionFault.Missing("Tag");

    private static void CheckDefinition(Parameters form)
    {
        if (form.Filled("definition") is not { } xpath)
        {
            return;
        }

        try
        {
            XPathExpression.Compile(xpath);
        }
        catch (XPathException)
        {
            throw RegionFault.Field("definition", "Invalid xpath expression: Invalid expression");
        }
    }
}
