using System.Globalization;
using System.Text.Json.Nodes;
using Gantry.Lab.Maas.Routing;
using Gantry.Lab.Maas.Rows;

namespace Gantry.Lab.Maas.Images;

/// <summary><c>boot-sources/</c> and what is selected of them; for administrators only.</summary>
internal sealed class BootSourcesResource(RegionState state, TimeProvider time)
{
    public IEnumerable<Resource> Resources =>
        [
            new("BootSources", "boot-sources/", Operation.Create(Create), Operation.Read(List)),
            new(
                "BootSource",
                "boot-sources/{id}/",
                Operation.Read(request => RegionAnswer.Json(Shown(Source(request)))),
                Operation.Update(Update),
                Operation.Delete(Delete)
            ),
            new(
                "BootSourceSelections",
                "boot-sources/{boot_source_id}/selections/",
                Operation.Create(Select),
                Operation.Read(Selections)
            ),
            new(
                "BootSourceSelection",
                "boot-sources/{boot_source_id}/selections/{id}/",
                Operation.Read(request => RegionAnswer.Json(Shown(Selection(request)))),
                Operation.Delete(Deselect)
            ),
        ];

    private RegionAnswer List(RegionRequest request)
    {
        request.RequireAdmin();
        return RegionAnswer.JsonList(state.BootSources.All.Select(Shown));
    }

    private RegionAnswer Create(RegionRequest request)
    {
        request.RequireAdmin();
        var form = request.Bound;
        var url = form.Required("url");
        RequireUrl(url);
        var keyring = form["keyring_filename"] ?? "";
        if (keyring.Length == 0 && request.Content.Length == 0)
        {
            throw RegionFault.Model("__all__", "One of keyring_data or keyring_filename must be specified.");
        }

        if (state.BootSources.All.Any(source => source.Url == url))
        {
            throw RegionFault.Field("url", "Boot source with this Url already exists.");
        }

        var row = state.BootSources.Put(new BootSourceRow(state.Next("bootsource"), url, keyring, time.GetUtcNow()));
        return RegionAnswer.Json(Shown(row), 201);
    }

    private RegionAnswer Update(RegionRequest request)
    {
        var source = Source(request);
        var form = request.Bound;
        if (form.Filled("url") is { } url)
        {
            RequireUrl(url);
        }

        return RegionAnswer.Json(
            Shown(
                state.BootSources.Put(
                    source with
                    {
                        Url = form.Filled("url") ?? source.Url,
                        Keyring = form["keyring_filename"] ?? source.Keyring,
                    }
                )
            )
        );
    }

    private RegionAnswer Delete(RegionRequest request)
    {
        var source = Source(request);
        foreach (var selection in state.BootSelections.All.Where(one => one.SourceId == source.Id).ToList())
        {
            state.BootSelections.Remove(selection.Id);
        }

        state.BootSources.Remove(source.Id);
        return RegionAnswer.Deleted();
    }

    private RegionAnswer Selections(RegionRequest request)
    {
        var source = Source(request, "boot_source_id");
        return RegionAnswer.JsonList(state.BootSelections.All.Where(one => one.SourceId == source.Id).Select(Shown));
    }

    private RegionAnswer Select(RegionRequest request)
    {
        var source = Source(request, "boot_source_id");
        var form = request.Bound;
        var (os, release) = (form.Required("os"), form.Required("release"));
        if (state.BootSelections.All.Any(one => one.SourceId == source.Id && one.Os == os && one.Release == release))
        {
            throw RegionFault.Field("__all__", "Boot source selection with this Boot source, Os and Release already exists.");
        }

        var row = state.BootSelections.Put(
            new BootSelectionRow(
                state.Next("bootselection"),
                source.Id,
                os,
                release,
                form.All("arches") is { Count: > 0 } arches ? arches : ["*"]
            )
        );
        return RegionAnswer.Json(Shown(row));
    }

    private RegionAnswer Deselect(RegionRequest request)
    {
        state.BootSelections.Remove(Selection(request).Id);
        return RegionAnswer.Deleted();
    }

    private BootSourceRow Source(RegionRequest request, string variable = "id")
    {
        request.RequireAdmin();
        return state.BootSources.All.FirstOrDefault(source =>
                source.Id.ToString(CultureInfo.InvariantCulture) == request.At(variable)
            ) ?? throw RegionFault.Missing("BootSource");
    }

    private BootSelectionRow Selection(RegionRequest request)
    {
        var source = Source(request, "boot_source_id");
        return state.BootSelections.All.FirstOrDefault(one =>
                one.SourceId == source.Id && one.Id.ToString(CultureInfo.InvariantCulture) == request.At("id")
            ) ?? throw RegionFault.Missing("BootSourceSelection");
    }

    private static void RequireUrl(string url)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var parsed) || parsed.Scheme is not ("http" or "https"))
        {
            throw RegionFault.Field("url", "Enter a valid URL.");
        }
    }

    private static JsonObject Shown(BootSourceRow source) =>
        new()
        {
            ["id"] = source.Id,
            ["url"] = source.Url,
            ["keyring_filename"] = source.Keyring,
            ["keyring_data"] = "",
            ["created"] = source.Created.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'"),
            ["updated"] = source.Created.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'"),
            ["resource_uri"] = $"/MAAS/api/2.0/boot-sources/{source.Id}/",
        };

    private static JsonObject Shown(BootSelectionRow selection) =>
        new()
        {
            ["id"] = selection.Id,
            ["os"] = selection.Os,
            ["release"] = selection.Release,
            ["arches"] = new JsonArray([.. selection.Arches.Select(arch => (JsonNode?)arch)]),
            ["subarches"] = new JsonArray("*"),
            ["labels"] = new JsonArray("*"),
            ["boot_source_id"] = selection.SourceId,
            ["resource_uri"] = $"/MAAS/api/2.0/boot-sources/{selection.SourceId}/selections/{selection.Id}/",
        };
}
