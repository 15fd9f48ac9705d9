using System.Text.Json.Nodes;

namespace Gantry.Lab.Kubernetes;

/// <summary>JSON Patch (RFC 6902) and JSON Merge Patch (RFC 7396).</summary>
internal static class JsonPatch
{
    /// <exception cref="KubeException">422: an operation does not fit the document; 400: an operation is malformed.</exception>
    public static JsonObject Apply(JsonObject document, JsonNode? patch)
    {
        if (patch is not JsonArray operations)
        {
            throw KubeException.BadRequest("json patch: the body must be an array of operations");
        }

        JsonNode? root = document.Copy();
        foreach (var operation in operations.OfType<JsonObject>())
        {
            var path = Pointer(operation.Text("path"));
            switch (operation.Text("op"))
            {
                case "add":
                    root = Add(root, path, operation["value"]?.DeepClone());
                    break;
                case "remove":
                    Remove(root, path);
                    break;
                case "replace":
                    if (path.Length > 0)
                    {
                        Remove(root, path);
                    }

                    root = Add(root, path, operation["value"]?.DeepClone());
                    break;
                case "move":
                    var moved = Find(root, Pointer(operation.Text("from")))?.DeepClone();
                    Remove(root, Pointer(operation.Text("from")));
                    root = Add(root, path, moved);
                    break;
                case "copy":
                    root = Add(root, path, Find(root, Pointer(operation.Text("from")))?.DeepClone());
                    break;
                case "test":
                    if (!JsonNode.DeepEquals(Find(root, path), operation["value"]))
                    {
                        throw Refused($"testing value {operation.Text("path")} failed");
                    }

                    break;
                default:
                    throw KubeException.BadRequest(
                        $"json patch: op is \"{operation.Text("op")}\": write add, remove, replace, move, copy or test"
                    );
            }
        }

        return root as JsonObject ?? throw Refused("the result is not an object");
    }

    public static JsonNode? Merge(JsonNode? target, JsonNode? patch)
    {
        if (patch is not JsonObject changes)
        {
            return patch?.DeepClone();
        }

        var merged = target is JsonObject o ? o.Copy() : [];
        foreach (var (name, value) in changes)
        {
            if (value is null)
            {
                merged.Remove(name);
            }
            else
            {
                merged[name] = Merge(merged[name], value);
            }
        }

        return merged;
    }

    private static string[] Pointer(string? pointer)
    {
        if (pointer is null || (pointer.Length > 0 && pointer[0] != '/'))
        {
            throw KubeException.BadRequest($"json patch: \"{pointer}\" is not a path: write for example /spec/replicas");
        }

        return
        [
            .. pointer
                .Split('/')
                .Skip(1)
                .Select(s => s.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal)),
        ];
    }

    private static JsonNode? Find(JsonNode? root, ReadOnlySpan<string> path)
    {
        foreach (var step in path)
        {
            root = root switch
            {
                JsonObject o when o.TryGetPropertyValue(step, out var value) => value,
                JsonArray a when int.TryParse(step, out var i) && i >= 0 && i < a.Count => a[i],
                _ => throw Refused($"path not found: {step}"),
            };
        }

        return root;
    }

    private static JsonNode? Add(JsonNode? root, string[] path, JsonNode? value)
    {
        if (path.Length == 0)
        {
            return value;
        }

        switch (Find(root, path.AsSpan(0, path.Length - 1)))
        {
            case JsonObject o:
                o[path[^1]] = value;
                break;
            case JsonArray a when path[^1] == "-":
                a.Add(value);
                break;
            case JsonArray a when int.TryParse(path[^1], out var i) && i >= 0 && i <= a.Count:
                a.Insert(i, value);
                break;
            default:
                throw Refused($"add operation does not apply: doc is missing path: \"/{string.Join('/', path)}\": missing value");
        }

        return root;
    }

    private static void Remove(JsonNode? root, string[] path)
    {
        var done =
            path.Length > 0
            && Find(root, path.AsSpan(0, path.Length - 1)) switch
            {
                JsonObject o => o.Remove(path[^1]),
                JsonArray a when int.TryParse(path[^1], out var i) && i >= 0 && i < a.Count => RemoveAt(a, i),
                _ => false,
            };
        if (!done)
        {
            throw Refused($"remove operation does not apply: doc is missing path: \"/{string.Join('/', path)}\": missing value");
        }
    }

    private static bool RemoveAt(JsonArray array, int i)
    {
        array.RemoveAt(i);
        return true;
    }

    private static KubeException Refused(string why) =>
        new(422, "Invalid", "the server rejected our request due to an error in our request: " + why);
}
