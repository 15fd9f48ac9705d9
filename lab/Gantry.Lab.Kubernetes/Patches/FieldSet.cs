using System.Text.Json.Nodes;

namespace Gantry.Lab.Kubernetes;

/// <summary>
/// A set of paths into an object, as in <c>managedFields</c>: <c>f:name</c> is a property, <c>k:{…}</c> an element by its keys,
/// <c>v:…</c> an element of a set, <c>.</c> the object itself.
/// </summary>
internal sealed class FieldSet
{
    public bool Member { get; private set; }

    public SortedDictionary<string, FieldSet> Children { get; } = new(StringComparer.Ordinal);

    public bool IsEmpty => !Member && Children.Count == 0;

    public static FieldSet Read(JsonNode? fields)
    {
        var set = new FieldSet();
        if (fields is not JsonObject o || o.Count == 0)
        {
            set.Member = true;
            return set;
        }

        foreach (var (key, value) in o)
        {
            if (key == ".")
            {
                set.Member = true;
            }
            else
            {
                set.Children[key] = Read(value);
            }
        }

        return set;
    }

    public JsonObject Write()
    {
        var o = new JsonObject();
        if (Member && Children.Count > 0)
        {
            o["."] = new JsonObject();
        }

        foreach (var (key, child) in Children)
        {
            o[key] = child.Write();
        }

        return o;
    }

    /// <summary>All leaves of a value.</summary>
    public static FieldSet Of(JsonNode? value, KubeSchema? schema) => Changes(before: null, value, schema);

    /// <summary>The leaves of <paramref name="after"/> that are new or differ from <paramref name="before"/>.</summary>
    public static FieldSet Changes(JsonNode? before, JsonNode? after, KubeSchema? schema)
    {
        var set = new FieldSet();
        if (
            schema is { IsAtomic: true }
            || after is null or JsonValue
            || before is not null && before.GetType() != after.GetType()
        )
        {
            set.Member = !JsonNode.DeepEquals(before, after) || (before is null && after is null);
            return set;
        }

        if (after is JsonObject o)
        {
            set.Member = o.Count == 0 && before is null;
            foreach (var (name, value) in o)
            {
                var there = before is JsonObject b && b.ContainsKey(name);
                if (there && JsonNode.DeepEquals(before![name], value))
                {
                    continue;
                }

                set.Add("f:" + name, Changes(there ? before![name] : null, value, schema?.Property(name)));
            }

            return set;
        }

        var array = after.AsArray();
        if (schema is null || (schema.ListKeys.Count == 0 && !schema.IsSet))
        {
            set.Member = !JsonNode.DeepEquals(before, after);
            return set;
        }

        set.Member = array.Count == 0 && before is null;
        foreach (var item in array)
        {
            var key = Element(item, schema);
            var old = (before as JsonArray)?.FirstOrDefault(b => Element(b, schema) == key);
            if (old is not null && JsonNode.DeepEquals(old, item))
            {
                continue;
            }

            var child = schema.IsSet ? new FieldSet() : Changes(old, item, schema.Items);
            child.Member |= old is null;
            set.Add(key, child);
        }

        return set;
    }

    /// <summary>The path element of an item of a merged list.</summary>
    public static string Element(JsonNode? item, KubeSchema schema)
    {
        if (schema.IsSet || item is not JsonObject o)
        {
            return "v:" + (item?.ToJsonString(KubeJson.Relaxed) ?? "null");
        }

        var key = new JsonObject();
        foreach (var name in schema.ListKeys.Order(StringComparer.Ordinal))
        {
            var value = o[name]?.DeepClone() ?? (name == "protocol" ? "TCP" : null);
            if (value is not null)
            {
                key[name] = value;
            }
        }

        return "k:" + key.ToJsonString(KubeJson.Relaxed);
    }

    public FieldSet Union(FieldSet other)
    {
        var set = new FieldSet { Member = Member || other.Member };
        foreach (var key in Children.Keys.Union(other.Children.Keys))
        {
            set.Add(key, (Children.GetValueOrDefault(key) ?? new()).Union(other.Children.GetValueOrDefault(key) ?? new()));
        }

        return set;
    }

    public FieldSet Except(FieldSet other)
    {
        var set = new FieldSet { Member = Member && !other.Member };
        foreach (var (key, child) in Children)
        {
            set.Add(key, other.Children.TryGetValue(key, out var theirs) ? child.Except(theirs) : child);
        }

        return set;
    }

    public FieldSet Intersect(FieldSet other)
    {
        var set = new FieldSet { Member = Member && other.Member };
        foreach (var (key, child) in Children)
        {
            if (other.Children.TryGetValue(key, out var theirs))
            {
                set.Add(key, child.Intersect(theirs));
            }
        }

        return set;
    }

    public FieldSet Without(params ReadOnlySpan<string> path)
    {
        var gone = new FieldSet { Member = true };
        for (var i = path.Length - 1; i >= 0; i--)
        {
            var parent = new FieldSet();
            parent.Children["f:" + path[i]] = gone;
            gone = parent;
        }

        return Except(gone.Everywhere(this));
    }

    /// <summary>The paths in readable form: <c>.spec.replicas</c>, <c>.spec.containers[name="app"].image</c>.</summary>
    public IEnumerable<string> Paths(string prefix = "")
    {
        if (Member)
        {
            yield return prefix;
        }

        foreach (var (key, child) in Children)
        {
            var step = key[..2] switch
            {
                "f:" => "." + key[2..],
                "k:" => "["
                    + string.Join(
                        ",",
                        JsonNode.Parse(key[2..])!.AsObject().Select(p => $"{p.Key}={p.Value!.ToJsonString(KubeJson.Relaxed)}")
                    )
                    + "]",
                _ => $"[={key[2..]}]",
            };
            foreach (var path in child.Paths(prefix + step))
            {
                yield return path;
            }
        }
    }

    /// <summary>Removes the paths of this set from a value.</summary>
    public void RemoveFrom(JsonNode? value, KubeSchema? schema)
    {
        foreach (var (key, child) in Children)
        {
            if (key.StartsWith("f:", StringComparison.Ordinal) && value is JsonObject o)
            {
                var name = key[2..];
                child.RemoveFrom(o[name], schema?.Property(name));
                if (child.Member || o[name] is JsonObject { Count: 0 } or JsonArray { Count: 0 })
                {
                    o.Remove(name);
                }
            }
            else if (value is JsonArray array && schema is not null)
            {
                var at = array.ToList().FindIndex(i => Element(i, schema) == key);
                if (at >= 0 && child.Member)
                {
                    array.RemoveAt(at);
                }
                else if (at >= 0)
                {
                    child.RemoveFrom(array[at], schema.Items);
                }
            }
        }
    }

    private void Add(string key, FieldSet child)
    {
        if (!child.IsEmpty)
        {
            Children[key] = child;
        }
    }

    /// <summary>For each member of this set, all members of the other set below it.</summary>
    private FieldSet Everywhere(FieldSet other)
    {
        if (Member)
        {
            return other;
        }

        var set = new FieldSet();
        foreach (var (key, child) in Children)
        {
            if (other.Children.TryGetValue(key, out var theirs))
            {
                set.Add(key, child.Everywhere(theirs));
            }
        }

        return set;
    }
}
