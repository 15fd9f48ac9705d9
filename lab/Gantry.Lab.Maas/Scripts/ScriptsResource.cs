using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Gantry.Lab.Maas.Routing;
using Gantry.Lab.Maas.Rows;

namespace Gantry.Lab.Maas.Scripts;

/// <summary><c>scripts/</c>: what commissioning, tests and releases run. One script is addressed without a slash at the end.</summary>
internal sealed partial class ScriptsResource(RegionState state)
{
    public IEnumerable<Resource> Resources =>
        [
            new("NodeScripts", "scripts/", Operation.Create(Create), Operation.Read(List)),
            new(
                "NodeScript",
                "scripts/{name}",
                Operation.Read(Read),
                Operation.Update(Update),
                Operation.Delete(Delete),
                Operation.Read(Download, "download"),
                Operation.Do("add_tag", AddTag),
                Operation.Do("remove_tag", RemoveTag)
            ),
        ];

    private RegionAnswer List(RegionRequest request)
    {
        var type = request.Query.Filled("type") is { } given ? Type(given) : (int?)null;
        var wanted = request.Query.Filled("filters")?.Split(',') ?? [];
        return RegionAnswer.JsonList(
            state
                .Scripts.All.Where(script => type is null || script.Type == type)
                .Where(script => wanted.Length == 0 || wanted.Contains(script.Name) || script.Tags.Intersect(wanted).Any())
                .OrderBy(script => script.Name, StringComparer.Ordinal)
                .Select(script => Shown(script, request.Query.Option("include_script")))
        );
    }

    private RegionAnswer Create(RegionRequest request)
    {
        request.RequireAdmin();
        var form = request.Bound;
        var text = Body(request) ?? throw RegionFault.Field("script", "This field is required.");
        var name = form.Required("name");
        if (!NameForm().IsMatch(name))
        {
            throw RegionFault.Field("name", "Name contains disallowed characters, e.g. space.");
        }

        if (state.Scripts.Has(name))
        {
            throw RegionFault.Field("name", "Script with this Name already exists.");
        }

        RequireInterpreter(text);
        return RegionAnswer.Json(
            Shown(
                state.Scripts.Put(
                    new ScriptRow(
                        state.Next("script"),
                        name,
                        form.Filled("type") is { } type ? Type(type) : 2,
                        Tags(form) ?? [],
                        form["description"] ?? "",
                        text
                    )
                ),
                false
            )
        );
    }

    private RegionAnswer Read(RegionRequest request) =>
        RegionAnswer.Json(Shown(Find(request), request.Query.Option("include_script")));

    private RegionAnswer Update(RegionRequest request)
    {
        var script = Find(request);
        request.RequireAdmin();
        var form = request.Bound;
        var text = Body(request);
        if (text is not null)
        {
            RequireInterpreter(text);
        }

        return RegionAnswer.Json(
            Shown(
                state.Scripts.Put(
                    script with
                    {
                        Description = form["description"] ?? script.Description,
                        Tags = Tags(form) ?? script.Tags,
                        Text = text ?? script.Text,
                    }
                ),
                false
            )
        );
    }

    private RegionAnswer Delete(RegionRequest request)
    {
        request.RequireAdmin();
        var script = Find(request);
        if (script.IsMaas)
        {
            throw RegionFault.Text(400, "Unable to delete default script");
        }

        state.Scripts.Remove(script.Name);
        return RegionAnswer.Deleted();
    }

    private RegionAnswer Download(RegionRequest request) =>
        RegionAnswer.Bytes("application/octet-stream", System.Text.Encoding.UTF8.GetBytes(Find(request).Text));

    private RegionAnswer AddTag(RegionRequest request) => Retag(request, (tags, tag) => [.. tags.Where(one => one != tag), tag]);

    private RegionAnswer RemoveTag(RegionRequest request) => Retag(request, (tags, tag) => [.. tags.Where(one => one != tag)]);

    private RegionAnswer Retag(RegionRequest request, Func<IReadOnlyList<string>, string, string[]> change)
    {
        request.RequireAdmin();
        var tag = request.Form.Mandatory("tag");
        var script = Find(request);
        return RegionAnswer.Json(Shown(state.Scripts.Put(script with { Tags = change(script.Tags, tag) }), false));
    }

    private ScriptRow Find(RegionRequest request) =>
        state.Scripts.All.FirstOrDefault(script => script.Name == request.At("name") || $"{script.Id}" == request.At("name"))
        ?? throw RegionFault.Missing("Script");

    private static string? Body(RegionRequest request) =>
        request.Form.Filled("script")
        ?? (request.Content.Length > 0 ? System.Text.Encoding.UTF8.GetString(request.Content) : null);

    private static void RequireInterpreter(string text)
    {
        if (!text.StartsWith("#!/", StringComparison.Ordinal))
        {
            throw RegionFault.Field("script", "Must start with shebang.");
        }
    }

    private static string[]? Tags(Parameters form) =>
        form.Has("tags") ? form["tags"]!.Split([',', ' '], StringSplitOptions.RemoveEmptyEntries) : null;

    private static int Type(string given) =>
        given.ToLowerInvariant() switch
        {
            "commission" or "commissioning" or "0" => 0,
            "release" or "releasing" or "3" => 3,
            "test" or "testing" or "2" => 2,
            _ => throw RegionFault.Field(
                "type",
                "Must be 0, 2, 3, test, testing, commission, commissioning, release or releasing."
            ),
        };

    private static JsonObject Shown(ScriptRow script, bool withText)
    {
        var json = new JsonObject
        {
            ["id"] = script.Id,
            ["name"] = script.Name,
            ["title"] = "",
            ["description"] = script.Description,
            ["tags"] = new JsonArray([.. script.Tags.Select(tag => (JsonNode?)tag)]),
            ["type"] = script.Type,
            ["type_name"] =
                script.Type == 0 ? "Commissioning script"
                : script.Type == 3 ? "Release script"
                : "Testing script",
            ["hardware_type"] = 0,
            ["hardware_type_name"] = "Node",
            ["parallel"] = 0,
            ["parallel_name"] = "Disabled",
            ["results"] = new JsonObject(),
            ["parameters"] = new JsonObject(),
            ["packages"] = new JsonObject(),
            ["timeout"] = "0:00:00",
            ["destructive"] = false,
            ["default"] = script.IsMaas,
            ["for_hardware"] = new JsonArray(),
            ["may_reboot"] = false,
            ["recommission"] = false,
            ["apply_configured_networking"] = false,
            ["history"] = new JsonArray(),
            ["resource_uri"] = $"/MAAS/api/2.0/scripts/{script.Name}",
        };
        if (withText)
        {
            json["script"] = Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(script.Text));
        }

        return json;
    }

    [GeneratedRegex(@"^[a-zA-Z0-9_.-]+$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex NameForm();
}
