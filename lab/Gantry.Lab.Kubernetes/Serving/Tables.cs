using System.Text.Json.Nodes;

namespace Gantry.Lab.Kubernetes.Serving;

/// <summary>Tables as the server prints them for <c>kubectl get</c>.</summary>
internal static class Tables
{
    /// <param name="includeObject">What each row carries: <c>Metadata</c> (the default), <c>Object</c> or <c>None</c>.</param>
    public static JsonObject Of(
        LabCluster cluster,
        KubeResource resource,
        IEnumerable<JsonObject> objects,
        string resourceVersion,
        string includeObject
    )
    {
        var now = cluster.Time.GetUtcNow();
        var columns = resource.IsCustom ? CustomColumns.Of(cluster, resource) : TableColumns.Of(resource);
        var rows = new JsonArray();
        foreach (var o in objects)
        {
            rows.Add(
                new JsonObject
                {
                    ["cells"] = new JsonArray([.. columns.Select(c => c.Value(o, now))]),
                    ["object"] = includeObject switch
                    {
                        "Object" => o.DeepClone(),
                        "None" => null,
                        _ => ResourceVerbs.Metadata(o),
                    },
                }
            );
        }

        return new JsonObject
        {
            ["kind"] = "Table",
            ["apiVersion"] = "meta.k8s.io/v1",
            ["metadata"] = new JsonObject { ["resourceVersion"] = resourceVersion },
            ["columnDefinitions"] = new JsonArray([
                .. columns.Select(c => new JsonObject
                {
                    ["name"] = c.Name,
                    ["type"] = c.Type,
                    ["format"] = c.Name == "Name" ? "name" : "",
                    ["description"] = "",
                    ["priority"] = c.Priority,
                }),
            ]),
            ["rows"] = rows,
        };
    }
}

/// <param name="Priority">0 is always shown, 1 with <c>-o wide</c>.</param>
internal sealed record TableColumn(
    string Name,
    Func<JsonObject, DateTimeOffset, JsonNode?> Value,
    int Priority = 0,
    string Type = "string"
);

/// <summary>The additional printer columns of a custom resource definition.</summary>
internal static class CustomColumns
{
    public static IReadOnlyList<TableColumn> Of(LabCluster cluster, KubeResource resource)
    {
        var asked = CustomResourceSchema
            .Columns(cluster, resource)
            .Select(c => new TableColumn(
                c.Text("name") ?? "",
                (o, now) => Cell(o, c.Text("jsonPath") ?? "", c.Text("type"), now),
                (int)(c.Number("priority") ?? 0),
                c.Text("type") ?? "string"
            ))
            .ToArray();
        return asked.Length == 0 ? [TableColumns.Name, TableColumns.Age] : [TableColumns.Name, .. asked];
    }

    private static JsonNode? Cell(JsonObject o, string path, string? type, DateTimeOffset now)
    {
        var value = Find(o, path);
        return type == "date" ? Ages.Since(value?.ToString(), now) : value?.DeepClone();
    }

    /// <summary>
    /// Evaluates the JSONPath subset of printer columns: names, and filters by equality (<c>conditions[?(@.type=="Ready")]</c>).
    /// </summary>
    private static JsonNode? Find(JsonNode? node, string path)
    {
        var rest = path.TrimStart('.');
        while (rest.Length > 0 && node is not null)
        {
            if (rest[0] == '[')
            {
                var close = rest.IndexOf(']', StringComparison.Ordinal);
                node = Index(node as JsonArray, rest[1..close]);
                rest = rest[(close + 1)..].TrimStart('.');
                continue;
            }

            var end = rest.IndexOfAny(['.', '[']);
            var name = end < 0 ? rest : rest[..end];
            node = node.At(name);
            rest = end < 0 ? "" : rest[end..].TrimStart('.');
        }

        return node;
    }

    private static JsonNode? Index(JsonArray? array, string index)
    {
        if (array is null || int.TryParse(index, out var i))
        {
            return array is not null && int.TryParse(index, out i) && i < array.Count ? array[i] : null;
        }

        var parts = index.TrimStart('?').Trim('(', ')').Split("==", StringSplitOptions.TrimEntries);
        return parts is [var field, var wanted]
            ? array.FirstOrDefault(e => e.Text(field.Replace("@.", "", StringComparison.Ordinal)) == wanted.Trim('"', '\''))
            : null;
    }
}

/// <summary>Durations in kubectl's format: <c>45s</c>, <c>3m10s</c>, <c>5h</c>, <c>12d</c>.</summary>
internal static class Ages
{
    public static string Since(string? stamp, DateTimeOffset now) =>
        KubeJson.Time(stamp) is { } time ? Of(now - time) : "<unknown>";

    public static string Of(TimeSpan span)
    {
        if (span < TimeSpan.Zero)
        {
            return "0s";
        }

        var (seconds, minutes, hours) = ((long)span.TotalSeconds, (long)span.TotalMinutes, (long)span.TotalHours);
        return span switch
        {
            { TotalSeconds: < 120 } => $"{seconds}s",
            { TotalMinutes: < 10 } => With(minutes, "m", seconds % 60, "s"),
            { TotalHours: < 3 } => $"{minutes}m",
            { TotalHours: < 8 } => With(hours, "h", minutes % 60, "m"),
            { TotalHours: < 48 } => $"{hours}h",
            { TotalHours: < 192 } => With(hours / 24, "d", hours % 24, "h"),
            { TotalDays: < 730 } => $"{hours / 24}d",
            _ => With(hours / 24 / 365, "y", hours / 24 % 365, "d"),
        };
    }

    private static string With(long whole, string unit, long rest, string restUnit) =>
        rest == 0 ? $"{whole}{unit}" : $"{whole}{unit}{rest}{restUnit}";
}
