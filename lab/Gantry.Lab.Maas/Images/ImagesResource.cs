using System.Globalization;
using System.Text.Json.Nodes;
using Gantry.Lab.Maas.Json;
using Gantry.Lab.Maas.Rows;

namespace Gantry.Lab.Maas.Images;

/// <summary><c>boot-resources/</c></summary>
internal sealed class ImagesResource(RegionState state)
{
    public RegionAnswer? Handle(RegionRequest request, string[] segments)
    {
        _ = request.Caller;
        return segments switch
        {
            [_] => Collection(request),
            [_, var id] => One(request, id),
            [_, var id, "upload", ..] when request.Method == "PUT" => Upload(request, id),
            _ => null,
        };
    }

    private RegionAnswer Collection(RegionRequest request)
    {
        switch (request.Method, request.Operation)
        {
            case ("GET", null):
                var type = request.Query["type"];
                if (type is not (null or "" or "all" or "synced" or "uploaded"))
                {
                    throw RegionFault.Text(
                        400,
                        $"'{type}' is not a valid boot resource type. Available types: ['synced', 'uploaded']"
                    );
                }

                return RegionAnswer.Json(
                    new JsonArray([
                        .. state
                            .Images.All.Where(image =>
                                type is null or "" or "all" || string.Equals(image.Type, type, StringComparison.OrdinalIgnoreCase)
                            )
                            .Select(image => (JsonNode)OtherJson.Image(image)),
                    ])
                );
            case ("GET", "is_importing"):
                return RegionAnswer.Json(false);
            case ("POST", "import"):
                request.RequireAdmin();
                return RegionAnswer.Text(200, "Import of boot resources started");
            case ("POST", "stop_import"):
                request.RequireAdmin();
                return RegionAnswer.Text(200, "Import of boot resources is being stopped");
            case ("POST", null):
                request.RequireAdmin();
                return Create(request);
            default:
                throw Signatures.Refuse(request, "GET", "POST");
        }
    }

    private RegionAnswer Create(RegionRequest request)
    {
        var form = request.Form;
        string[] required = request.Content.Length > 0 ? ["name", "architecture"] : ["name", "architecture", "sha256", "size"];
        var missing = required.Where(name => string.IsNullOrEmpty(form[name])).ToList();
        if (missing.Count > 0)
        {
            throw RegionFault.Fields([.. missing.Select(name => (name, new[] { "This field is required." }))]);
        }

        var faults = new List<(string, string[])>();
        if (
            form["architecture"] is { } arch
            && state.Images.All.All(image => image.Architecture.Split('/')[0] != arch.Split('/')[0])
        )
        {
            faults.Add(("architecture", [$"'{arch}' is not a valid architecture.  It should be one of: 'amd64/generic'."]));
        }

        if (form["sha256"] is { Length: < 64 } sha)
        {
            faults.Add(("sha256", [$"Ensure this value has at least 64 characters (it has {sha.Length})."]));
        }

        if (faults.Count > 0)
        {
            throw RegionFault.Fields([.. faults]);
        }

        // Up to MAAS 3.7, the prefix of an uploaded image's name is removed.
        var given = form["name"]!;
        var name = given.StartsWith("custom/", StringComparison.Ordinal) ? given["custom/".Length..] : given;
        var size = request.Content.Length > 0 ? request.Content.Length : long.Parse(form["size"]!, CultureInfo.InvariantCulture);
        var image = state.Images.Put(
            new ImageRow(
                state.Next("image"),
                "Uploaded",
                name,
                form["architecture"]!,
                "generic",
                Complete: request.Content.Length > 0,
                form["title"],
                form["base_image"],
                form["sha256"],
                size
            )
        );
        return RegionAnswer.Json(Shown(image, 0), 201);
    }

    private RegionAnswer One(RegionRequest request, string id)
    {
        if (request.Method == "DELETE")
        {
            request.RequireAdmin();
            var doomed = Find(id) ?? throw RegionFault.Text(500, "BootResource matching query does not exist.");
            state.Images.Remove(doomed.Id);
            return RegionAnswer.Deleted();
        }

        return request.Method == "GET"
            ? RegionAnswer.Json(Shown(Find(id) ?? throw RegionFault.Missing("BootResource"), null))
            : throw Signatures.Refuse(request, "GET", "DELETE");
    }

    /// <summary>The lab stores no image content: it counts the uploaded bytes until the size is reached.</summary>
    private RegionAnswer Upload(RegionRequest request, string id)
    {
        request.RequireAdmin();
        var image = Find(id) ?? throw RegionFault.Missing("BootResource");
        var received =
            (state.Settings.Find($"lab-upload-{id}") is { } soFar ? long.Parse(soFar.Value, CultureInfo.InvariantCulture) : 0)
            + request.Content.Length;
        state.Settings.Put(new SettingRow($"lab-upload-{id}", received.ToString(CultureInfo.InvariantCulture)));
        if (received >= image.Size)
        {
            state.Images.Put(image with { Complete = true });
        }

        return RegionAnswer.Text(200, "");
    }

    private ImageRow? Find(string id) =>
        int.TryParse(id, CultureInfo.InvariantCulture, out var number) ? state.Images.Find(number) : null;

    private static JsonObject Shown(ImageRow image, long? received)
    {
        var json = OtherJson.Image(image);
        var file = new JsonObject
        {
            ["filename"] = "boot-initrd",
            ["filetype"] = "root-tgz",
            ["sha256"] = image.Sha256 ?? new string('0', 64),
            ["size"] = image.Size,
            ["complete"] = image.Complete,
        };
        if (!image.Complete)
        {
            file["progress"] = received ?? 0;
            file["upload_uri"] = $"/MAAS/api/2.0/boot-resources/{image.Id}/upload/{image.Id}/";
        }

        json["sets"] = new JsonObject
        {
            ["20260101"] = new JsonObject
            {
                ["version"] = "20260101",
                ["label"] = image.Type == "Synced" ? "stable" : "uploaded",
                ["size"] = image.Size,
                ["complete"] = image.Complete,
                ["files"] = new JsonObject { ["root-tgz"] = file },
            },
        };
        return json;
    }
}
