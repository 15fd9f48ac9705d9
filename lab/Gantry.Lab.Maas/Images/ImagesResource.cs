using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Gantry.Lab.Maas.Json;
using Gantry.Lab.Maas.Machines;
using Gantry.Lab.Maas.Routing;
using Gantry.Lab.Maas.Rows;

namespace Gantry.Lab.Maas.Images;

/// <summary><c>boot-resources/</c></summary>
internal sealed class ImagesResource(RegionState state, TimeProvider time)
{
    /// <summary>The types of uploaded files: the name and the type of the file that MAAS keeps.</summary>
    private static readonly Dictionary<string, (string Name, string Type)> FileTypes = new()
    {
        ["tgz"] = ("root.tgz", "root-tgz"),
        ["tbz"] = ("root.tbz", "root-tbz"),
        ["txz"] = ("root.txz", "root-txz"),
        ["ddtgz"] = ("root-dd", "root-dd"),
        ["ddtbz"] = ("root-dd.tar.bz2", "root-dd.tar.bz2"),
        ["ddtxz"] = ("root-dd.tar.xz", "root-dd.tar.xz"),
        ["ddtar"] = ("root-dd.tar", "root-dd.tar"),
        ["ddbz2"] = ("root-dd.bz2", "root-dd.bz2"),
        ["ddgz"] = ("root-dd.gz", "root-dd.gz"),
        ["ddxz"] = ("root-dd.xz", "root-dd.xz"),
        ["ddraw"] = ("root-dd.raw", "root-dd.raw"),
    };

    // Of uploads since the lab was started; the content itself is not kept.
    private readonly Dictionary<int, (IncrementalHash Hash, long Bytes)> _hashes = [];

    public IEnumerable<Resource> Resources =>
        [
            new(
                "BootResources",
                "boot-resources/",
                Operation.Create(Create),
                Operation.Read(List),
                Operation.Read(_ => RegionAnswer.Json(false), "is_importing"),
                Operation.Do("import", request => ForAdmins(request, "Import of boot resources started")),
                Operation.Do("stop_import", request => ForAdmins(request, "Import of boot resources is being stopped"))
            ),
            new("BootResource", "boot-resources/{id}/", Operation.Read(Read), Operation.Delete(Delete)),
            new("BootResourceFileUpload", "boot-resources/{id}/upload/{file_id}/", Operation.Update(Upload)),
        ];

    private static RegionAnswer ForAdmins(RegionRequest request, string done)
    {
        request.RequireAdmin();
        return RegionAnswer.Plain(200, done);
    }

    private RegionAnswer List(RegionRequest request)
    {
        var type = request.Query["type"];
        if (type is not (null or "" or "all" or "synced" or "uploaded"))
        {
            throw RegionFault.Text(400, $"'{type}' is not a valid boot resource type. Available types: ['synced', 'uploaded']");
        }

        return RegionAnswer.JsonList(
            state
                .Images.All.Where(image =>
                    type is null or "" or "all" || string.Equals(image.Type, type, StringComparison.OrdinalIgnoreCase)
                )
                .Select(OtherJson.Image)
        );
    }

    private RegionAnswer Create(RegionRequest request)
    {
        request.RequireAdmin();
        var form = request.Bound;
        string[] required = request.Content.Length > 0 ? ["name", "architecture"] : ["name", "architecture", "sha256", "size"];
        var missing = required.Where(name => string.IsNullOrEmpty(form[name])).ToList();
        if (missing.Count > 0)
        {
            throw RegionFault.Fields([.. missing.Select(name => (name, new[] { "This field is required." }))]);
        }

        var faults = new FormFaults();
        if (Architectures.Refusal(state, form["architecture"]!) is { } refusal)
        {
            faults.Add("architecture", refusal);
        }

        if (form["sha256"] is { Length: < 64 } sha)
        {
            faults.Add("sha256", $"Ensure this value has at least 64 characters (it has {sha.Length}).");
        }

        var type = form.Filled("filetype") ?? "tgz";
        if (!FileTypes.ContainsKey(type))
        {
            faults.Add("filetype", $"Select a valid choice. {type} is not one of the available choices.");
        }

        faults.ThrowIfAny();

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
                form["title"] ?? "",
                form["base_image"],
                form["sha256"],
                size
            )
            {
                FileType = type,
                FileId = state.Next("imagefile"),
                Version = time.GetUtcNow().ToString("yyyyMMdd", CultureInfo.InvariantCulture),
            }
        );
        return RegionAnswer.Json(Shown(image), 201);
    }

    private RegionAnswer Read(RegionRequest request) =>
        RegionAnswer.Json(Shown(Find(request.At("id")) ?? throw RegionFault.Missing("BootResource")));

    private RegionAnswer Delete(RegionRequest request)
    {
        request.RequireAdmin();
        var doomed = Find(request.At("id")) ?? throw RegionFault.Text(500, "BootResource matching query does not exist.");
        state.Images.Remove(doomed.Id);
        return RegionAnswer.Deleted();
    }

    /// <summary>The lab stores no image content: it counts the uploaded bytes until the size is reached.</summary>
    private RegionAnswer Upload(RegionRequest request)
    {
        request.RequireAdmin();
        var id = request.At("id");
        var image = Find(id) ?? throw RegionFault.Missing("BootResource");
        var received = Received(image) + request.Content.Length;
        if (received > image.Size)
        {
            throw RegionFault.Text(400, "Too much data received.");
        }

        if (Mismatch(image, request.Content.ToArray(), received))
        {
            throw RegionFault.Text(400, "Saved content does not match given SHA256 value.");
        }

        state.Settings.Put(new SettingRow($"lab-upload-{id}", received.ToString(CultureInfo.InvariantCulture)));
        if (received >= image.Size)
        {
            state.Images.Put(image with { Complete = true });
        }

        return RegionAnswer.Plain(200, "");
    }

    private bool Mismatch(ImageRow image, byte[] chunk, long received)
    {
        var (hash, bytes) = _hashes.TryGetValue(image.Id, out var begun)
            ? begun
            : (IncrementalHash.CreateHash(HashAlgorithmName.SHA256), 0);
        hash.AppendData(chunk);
        _hashes[image.Id] = (hash, bytes + chunk.Length);
        return received >= image.Size
            && bytes + chunk.Length == image.Size
            && !string.Equals(Convert.ToHexStringLower(hash.GetHashAndReset()), image.Sha256, StringComparison.OrdinalIgnoreCase);
    }

    private long Received(ImageRow image) =>
        state.Settings.Find($"lab-upload-{image.Id}") is { } soFar ? long.Parse(soFar.Value, CultureInfo.InvariantCulture) : 0;

    private ImageRow? Find(string id) =>
        int.TryParse(id, CultureInfo.InvariantCulture, out var number) ? state.Images.Find(number) : null;

    private JsonObject Shown(ImageRow image)
    {
        var progress = image.Size == 0 ? 0.0m : Math.Round(Received(image) * 100m / image.Size, 2) + 0.0m;
        var files = image.Files.Count > 0 ? image.Files : [Uploaded(image)];
        var shown = new JsonObject();
        foreach (var file in files)
        {
            var json = new JsonObject
            {
                ["filename"] = file.Name,
                ["filetype"] = file.Type,
                ["sha256"] = file.Sha256,
                ["filename_on_disk"] = file.Sha256[..7],
                ["size"] = file.Size,
                ["complete"] = image.Complete,
            };
            if (!image.Complete)
            {
                json["progress"] = progress;
                json["upload_uri"] = $"/MAAS/api/2.0/boot-resources/{image.Id}/upload/{image.FileId}/";
            }

            shown[file.Name] = json;
        }

        var set = new JsonObject
        {
            ["version"] = image.Version,
            ["label"] = image.Type == "Synced" ? "stable" : "uploaded",
            ["size"] = image.Size,
            ["complete"] = image.Complete,
            ["files"] = shown,
        };
        if (!image.Complete)
        {
            set["progress"] = progress;
        }

        var whole = OtherJson.Image(image);
        whole["sets"] = new JsonObject { [image.Version] = set };
        return whole;
    }

    private static ImageFileRow Uploaded(ImageRow image)
    {
        var (name, type) = FileTypes[image.FileType];
        return new ImageFileRow(name, type, image.Sha256 ?? new string('0', 64), image.Size);
    }
}
