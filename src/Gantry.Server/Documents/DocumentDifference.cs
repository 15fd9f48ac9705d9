using System.Text.Json;
using System.Text.Json.Nodes;

namespace Gantry.Server.Documents;

/// <summary>The fields in which two documents differ. Pure.</summary>
internal static class DocumentDifference
{
    public static IReadOnlyList<DocumentChange> Between<T>(T before, T after)
    {
        var (was, becomes) = (Fields(before), Fields(after));
        return
        [
            .. was
                .Keys.Concat(becomes.Keys.Where(field => !was.ContainsKey(field)))
                .Select(field => new DocumentChange(field, was.GetValueOrDefault(field), becomes.GetValueOrDefault(field)))
                .Where(change => change.From != change.To),
        ];
    }

    private static Dictionary<string, string> Fields<T>(T document)
    {
        var fields = new Dictionary<string, string>();
        Add(fields, "", JsonSerializer.SerializeToNode(document, ApiJson.Options));
        return fields;
    }

    private static void Add(Dictionary<string, string> fields, string path, JsonNode? node)
    {
        switch (node)
        {
            case JsonObject properties:
                foreach (var (name, value) in properties)
                {
                    Add(fields, path.Length is 0 ? name : $"{path}.{name}", value);
                }

                break;

            // A list of objects is named by their names or keys; a list of texts is one value, whose order counts.
            case JsonArray { Count: > 0 } items when items.All(item => item is JsonObject):
                foreach (var item in items.OfType<JsonObject>())
                {
                    Add(fields, $"{path}[{NameOf(item)}]", item);
                }

                break;
            case JsonArray items:
                fields[path] = string.Join(", ", items.Select(item => $"{item}"));
                break;
            default:
                fields[path] = $"{node}";
                break;
        }
    }

    private static string NameOf(JsonObject item) => item["name"] is { } name ? $"{name}" : $"{item["key"]}:{item["effect"]}";
}
