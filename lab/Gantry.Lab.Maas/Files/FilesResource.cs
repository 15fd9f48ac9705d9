using System.Text.Json.Nodes;
using Gantry.Lab.Maas.Routing;
using Gantry.Lab.Maas.Rows;

namespace Gantry.Lab.Maas.Files;

/// <summary><c>files/</c>: each user's own files. Whoever knows a file's key may read it without one of the API.</summary>
internal sealed class FilesResource(RegionState state)
{
    public IEnumerable<Resource> Resources =>
        [
            new(
                "Files",
                "files/",
                Operation.Create(Create),
                Operation.Read(List),
                Operation.Read(Get, "get"),
                Operation.Read(GetByKey, "get_by_key"),
                Operation.Delete(request => DeleteNamed(request, request.Query.Mandatory("filename")))
            )
            {
                Anonymous = [Operation.Read(Get, "get"), Operation.Read(GetByKey, "get_by_key")],
            },
            new(
                "File",
                "files/{*filename}/",
                Operation.Read(Read),
                Operation.Delete(request => DeleteNamed(request, request.At("filename")))
            ),
        ];

    private RegionAnswer List(RegionRequest request) =>
        RegionAnswer.JsonList(
            state
                .Files.All.Where(file => file.Owner == request.Caller.Username)
                .Where(file => file.Name.StartsWith(request.Query["prefix"] ?? "", StringComparison.Ordinal))
                .OrderBy(file => file.Name, StringComparer.Ordinal)
                .Select(file => Shown(file, withContent: false))
        );

    private RegionAnswer Read(RegionRequest request) =>
        state.Files.Find($"{request.Caller.Username}/{request.At("filename")}") is { } file
            ? RegionAnswer.Json(Shown(file, withContent: true))
            : RegionAnswer.Html(404, "Not Found");

    private RegionAnswer Create(RegionRequest request)
    {
        var name = request.Form.Filled("filename") ?? throw RegionFault.Text(400, "Filename not supplied");
        if (request.Content.Length == 0)
        {
            throw RegionFault.Text(400, "File not supplied");
        }

        var owner = request.Caller.Username;
        var key = state.Files.Find($"{owner}/{name}")?.Key ?? FileKey(owner, state.Next("file"));
        state.Files.Put(new FileRow(owner, name, key, request.Content));
        return RegionAnswer.Html(201, "");
    }

    /// <summary>The newest file of a name, whoever it belongs to.</summary>
    private RegionAnswer Get(RegionRequest request)
    {
        var name = request.Query.Mandatory("filename");
        return Content(
            state.Files.Find($"{request.User?.Username}/{name}") ?? state.Files.All.LastOrDefault(file => file.Name == name)
        );
    }

    private RegionAnswer GetByKey(RegionRequest request)
    {
        var key = request.Query.Mandatory("key");
        return state.Files.All.FirstOrDefault(file => file.Key == key) is { } found
            ? Content(found)
            : throw RegionFault.Missing("FileStorage");
    }

    private RegionAnswer DeleteNamed(RegionRequest request, string name)
    {
        state.Files.Remove(Find(request, name).Id);
        return RegionAnswer.Deleted();
    }

    private FileRow Find(RegionRequest request, string name) =>
        state.Files.Find($"{request.Caller.Username}/{name}") ?? throw RegionFault.Missing("FileStorage");

    private static RegionAnswer Content(FileRow? file) =>
        file is null
            ? throw RegionFault.Text(404, "File not found")
            : RegionAnswer.Bytes("text/html; charset=utf-8", file.Content);

    private static JsonObject Shown(FileRow file, bool withContent)
    {
        var json = new JsonObject
        {
            ["filename"] = file.Name,
            ["anon_resource_uri"] = $"/MAAS/api/2.0/files/?op=get_by_key&key={file.Key}",
            ["resource_uri"] = $"/MAAS/api/2.0/files/{file.Name}/",
        };
        if (withContent)
        {
            json["content"] = Convert.ToBase64String(file.Content);
        }

        return json;
    }

    private static string FileKey(string owner, int number) =>
        new Guid(
            System.Security.Cryptography.MD5.HashData(System.Text.Encoding.UTF8.GetBytes($"file {owner} {number}"))
        ).ToString();
}
