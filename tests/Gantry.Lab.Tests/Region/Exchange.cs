using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Gantry.Testing;

namespace Gantry.Lab.Tests.Region;

/// <summary>A recorded request to a real region, and its responses; several where it was sent several times at once.</summary>
internal sealed partial record Exchange(string File, string Name, JsonObject Request, IReadOnlyList<JsonObject> Responses)
{
    private const string Api = "/MAAS/api/2.0/";

    public IReadOnlyList<Unrecorded> Before { get; private init; } = [];

    public IReadOnlyList<Unrecorded> After { get; private init; } = [];

    public string Method => Text("method")!;

    /// <summary>Path and query from the root.</summary>
    public string Path => Text("path")!;

    /// <summary>The user, <c>node</c> for a machine's own credentials, or null.</summary>
    public string? As => Text("as");

    public IReadOnlyList<KeyValuePair<string, string>> Form => Pairs(Request["form"]);

    /// <summary>The method, the path without ids and the operation: <c>POST machines/{}/?op=deploy</c>.</summary>
    public string Operation
    {
        get
        {
            var path = Path.StartsWith(Api, StringComparison.Ordinal) ? Path[Api.Length..] : Path;
            var (resource, query) = path.Split('?', 2) is [var before, var after] ? (before, after) : (path, "");
            var operation =
                Query().Match(query) is { Success: true } found ? found.Value
                : Form.FirstOrDefault(one => one.Key == "op") is { Key: not null } named ? $"op={named.Value}"
                : "";
            var segments = resource.Split('/', StringSplitOptions.RemoveEmptyEntries);
            var shape = string.Join('/', segments.Select((segment, index) => index % 2 == 1 ? "{}" : segment));
            return $"{Method} {shape}{(operation.Length == 0 ? "" : "?" + operation)}";
        }
    }

    public string? Text(string name) => (string?)Request[name];

    /// <summary>All recorded exchanges by file, in order.</summary>
    public static IReadOnlyList<(string File, IReadOnlyList<Exchange> Exchanges)> Recorded()
    {
        Assert.SkipWhen(Recordings.Folder is null, Recordings.Missing);
        return
        [
            .. Directory
                .EnumerateFiles(Recordings.Folder, "*.json")
                .Order(StringComparer.Ordinal)
                .Select(file => (System.IO.Path.GetFileName(file)[..2], Read(file))),
        ];
    }

    private static IReadOnlyList<Exchange> Read(string file) =>
        [
            .. JsonNode.Parse(System.IO.File.ReadAllBytes(file))!["recordings"]!
                .AsArray()
                .Select(recording => new Exchange(
                    System.IO.Path.GetFileName(file)[..2],
                    recording!["name"]!.ToString(),
                    recording["request"]!.AsObject(),
                    recording["responses"] is JsonArray several
                        ? [.. several.Select(response => response!.AsObject())]
                        : [recording["response"]!.AsObject()]
                )
                {
                    Before = Unrecorded.Read(recording["before"]),
                    After = Unrecorded.Read(recording["after"]),
                }),
        ];

    private static IReadOnlyList<KeyValuePair<string, string>> Pairs(JsonNode? form) =>
        form is JsonArray fields
            ? [.. fields.Select(field => KeyValuePair.Create(field![0]!.ToString(), field[1]!.ToString()))]
            : [];

    [GeneratedRegex("op=[a-z_]+", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Query();
}

/// <summary>A call that was made beside the recorded ones, and its response thrown away.</summary>
/// <param name="UntilRefused">The call was repeated until the region refused it.</param>
internal sealed record Unrecorded(
    string User,
    string Method,
    string Path,
    IReadOnlyList<KeyValuePair<string, string>> Form,
    bool UntilRefused
)
{
    public static IReadOnlyList<Unrecorded> Read(JsonNode? calls)
    {
        var all = new List<Unrecorded>();
        foreach (var call in calls as JsonArray ?? [])
        {
            if (call![0]!.ToString() == "repeat")
            {
                all[^1] = all[^1] with { UntilRefused = true };
                continue;
            }

            all.Add(
                new Unrecorded(
                    call[0]!.ToString(),
                    call[1]!.ToString(),
                    call[2]!.ToString(),
                    [.. call[3]!.AsObject().Select(field => KeyValuePair.Create(field.Key, field.Value!.ToString()))],
                    false
                )
            );
        }

        return all;
    }
}
