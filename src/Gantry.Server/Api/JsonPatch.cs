using System.Globalization;
using System.Text.Json.Nodes;

namespace Gantry.Server.Api;

/// <summary>Applies a JSON patch (RFC 6902). Pure; an operation that does not fit is refused with its place in the request.</summary>
internal static class JsonPatch
{
    /// <exception cref="ApiException">400</exception>
    public static JsonObject Apply(JsonObject document, IReadOnlyList<HttpPatch> operations)
    {
        var patched = document.DeepClone().AsObject();
        foreach (var (index, operation) in operations.Index())
        {
            Apply(patched, operation, $"[{index}]");
        }

        return patched;
    }

    private static void Apply(JsonObject document, HttpPatch operation, string field)
    {
        switch (operation.Op)
        {
            case PatchOperations.Add:
                Add(document, operation.Path, Value(operation, field), $"{field}.path");
                break;
            case PatchOperations.Replace:
                Take(document, operation.Path, $"{field}.path");
                Add(document, operation.Path, Value(operation, field), $"{field}.path");
                break;
            case PatchOperations.Remove:
                Take(document, operation.Path, $"{field}.path");
                break;
            case PatchOperations.Move:
                Add(document, operation.Path, Take(document, operation.From, $"{field}.from"), $"{field}.path");
                break;
            case PatchOperations.Copy:
                var (parent, name) = Find(document, operation.From, $"{field}.from");
                Add(document, operation.Path, Existing(parent, name, $"{field}.from")?.DeepClone(), $"{field}.path");
                break;
            default:
                throw ApiError.Invalid($"{field}.op", Wording.NoneOf(operation.Op ?? "", Vocabulary.Of(typeof(PatchOperations))));
        }
    }

    private static JsonNode? Value(HttpPatch operation, string field) =>
        operation.Value is { } value
            ? JsonNode.Parse(value.GetRawText())
            : throw ApiError.Invalid($"{field}.value", "is missing; write the new value");

    private static void Add(JsonObject document, string? path, JsonNode? value, string field)
    {
        var (parent, name) = Find(document, path, field);
        if (parent is JsonObject members)
        {
            members[name] = value;
        }
        else if (parent is JsonArray items && (name is "-" || Index(items, name) is not null || name == $"{items.Count}"))
        {
            items.Insert(Index(items, name) ?? items.Count, value);
        }
        else
        {
            throw Nowhere(path, field);
        }
    }

    private static JsonNode? Take(JsonObject document, string? path, string field)
    {
        var (parent, name) = Find(document, path, field);
        var taken = Existing(parent, name, field);
        if (parent is JsonObject members)
        {
            members.Remove(name);
        }
        else
        {
            parent.AsArray().RemoveAt(Index(parent.AsArray(), name)!.Value);
        }

        return taken;
    }

    private static JsonNode? Existing(JsonNode parent, string name, string field) =>
        parent switch
        {
            JsonObject members when members.TryGetPropertyValue(name, out var value) => value,
            JsonArray items when Index(items, name) is { } index => items[index],
            _ => throw Nowhere(name, field),
        };

    private static (JsonNode Parent, string Name) Find(JsonObject document, string? path, string field)
    {
        if (path is not ['/', ..])
        {
            throw ApiError.Invalid(field, "is not a JSON pointer; write for example /metadata/name");
        }

        string[] parts =
        [
            .. path[1..]
                .Split('/')
                .Select(part => part.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal)),
        ];
        JsonNode parent = document;
        foreach (var part in parts.SkipLast(1))
        {
            parent = (parent is JsonObject or JsonArray ? Existing(parent, part, field) : null) ?? throw Nowhere(path, field);
        }

        return (parent, parts[^1]);
    }

    private static int? Index(JsonArray items, string name) =>
        int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var index) && index < items.Count ? index : null;

    private static ApiException Nowhere(string? path, string field) =>
        ApiError.Invalid(field, $"there is nothing at '{ApiError.Shown(path ?? "")}'");
}
