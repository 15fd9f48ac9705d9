using System.Text.Json.Nodes;

namespace Gantry.Lab.Kubernetes;

/// <summary>
/// Strategic merge patches: merge patches that merge lists by key
/// (https://github.com/kubernetes/community/blob/master/contributors/devel/sig-api-machinery/strategic-merge-patch.md).
/// </summary>
internal static class StrategicMerge
{
    private const string Directive = "$patch";
    private const string RetainKeys = "$retainKeys";
    private const string DeletePrimitives = "$deleteFromPrimitiveList/";
    private const string ElementOrder = "$setElementOrder/";

    public static JsonObject Apply(JsonObject target, JsonObject patch, KubeSchema? schema)
    {
        switch (patch.Text(Directive))
        {
            case "replace":
                return Clean(patch).AsObject();
            case "delete":
                return [];
            default:
                break;
        }

        var merged = target.Copy();
        if (patch[RetainKeys] is JsonArray retained)
        {
            var keep = retained.Select(k => k!.GetValue<string>()).ToHashSet(StringComparer.Ordinal);
            foreach (var name in merged.Select(p => p.Key).Where(k => !keep.Contains(k)).ToArray())
            {
                merged.Remove(name);
            }
        }

        foreach (var (name, value) in patch)
        {
            if (name.StartsWith(DeletePrimitives, StringComparison.Ordinal))
            {
                if (merged[name[DeletePrimitives.Length..]] is JsonArray list && value is JsonArray gone)
                {
                    list.RemoveAll(i => gone.Any(g => JsonNode.DeepEquals(g, i)));
                }
            }
            else if (name.StartsWith('$'))
            {
                continue;
            }
            else if (value is null)
            {
                merged.Remove(name);
            }
            else
            {
                merged[name] = Value(merged[name], value, schema?.Property(name));
            }
        }

        foreach (var (name, order) in patch.Where(p => p.Key.StartsWith(ElementOrder, StringComparison.Ordinal)))
        {
            var list = name[ElementOrder.Length..];
            if (merged[list] is JsonArray items && order is JsonArray wanted)
            {
                merged[list] = Ordered(items, wanted, schema?.Property(list)?.MergeKey);
            }
        }

        return merged;
    }

    private static JsonNode? Value(JsonNode? target, JsonNode value, KubeSchema? schema)
    {
        if (value is JsonObject o)
        {
            return Apply(target as JsonObject ?? [], o, schema);
        }

        if (value is not JsonArray list || schema is not { MergesLists: true })
        {
            return value.DeepClone();
        }

        if (list.OfType<JsonObject>().Any(i => i.Text(Directive) == "replace" && i.Count == 1))
        {
            return new JsonArray([.. list.Where(i => i.Text(Directive) != "replace").Select(i => i?.DeepClone())]);
        }

        var merged = target is JsonArray old ? old.DeepClone().AsArray() : [];
        foreach (var item in list)
        {
            Item(merged, item, schema);
        }

        return merged;
    }

    private static void Item(JsonArray merged, JsonNode? item, KubeSchema schema)
    {
        if (schema.MergeKey is not { } key || item is not JsonObject o)
        {
            if (!merged.Any(m => JsonNode.DeepEquals(m, item)))
            {
                merged.Add(item?.DeepClone());
            }

            return;
        }

        var at = merged.ToList().FindIndex(m => JsonNode.DeepEquals(m.At(key), o.At(key)));
        if (o.Text(Directive) == "delete")
        {
            if (at >= 0)
            {
                merged.RemoveAt(at);
            }
        }
        else if (at >= 0)
        {
            merged[at] = Apply(merged[at]!.AsObject(), o, schema.Items);
        }
        else
        {
            merged.Add(Clean(o));
        }
    }

    /// <summary>Puts the named elements in the wanted order; the other elements keep their positions.</summary>
    private static JsonArray Ordered(JsonArray items, JsonArray wanted, string? key)
    {
        var rank = new Dictionary<string, int>();
        foreach (var (w, i) in wanted.Select((w, i) => (w, i)))
        {
            rank[Text(w)] = i;
        }

        var named = new Queue<JsonNode?>(items.Where(i => rank.ContainsKey(Text(i))).OrderBy(i => rank[Text(i)]));
        return new JsonArray([.. items.Select(i => rank.ContainsKey(Text(i)) ? named.Dequeue() : i).Select(i => i?.DeepClone())]);

        string Text(JsonNode? node) => (key is not null && node is JsonObject o ? o[key] : node)?.ToJsonString() ?? "null";
    }

    /// <summary>Removes the patch directives from a value that is new in the target.</summary>
    private static JsonNode Clean(JsonNode node)
    {
        switch (node)
        {
            case JsonObject o:
                var clean = new JsonObject();
                foreach (var (name, value) in o.Where(p => !p.Key.StartsWith('$') && p.Value is not null))
                {
                    clean[name] = Clean(value!);
                }

                return clean;
            case JsonArray a:
                return new JsonArray([.. a.Select(i => i is null ? null : Clean(i))]);
            default:
                return node.DeepClone();
        }
    }
}
