using System.Text.Json.Nodes;

namespace Gantry.Lab.Kubernetes;

/// <summary>Field ownership and server-side apply (https://kubernetes.io/docs/reference/using-api/server-side-apply/).</summary>
internal static class ManagedFields
{
    private sealed record Entry(
        string Manager,
        string Operation,
        string Subresource,
        string ApiVersion,
        string? Time,
        FieldSet Fields
    )
    {
        public bool IsOf(string manager, string operation, string subresource) =>
            Manager == manager && Operation == operation && Subresource == subresource;
    }

    /// <summary>Records the fields an update changed: its manager becomes their only owner.</summary>
    public static void NoteUpdate(
        KubeSchema? schema,
        JsonObject after,
        JsonObject? before,
        string manager,
        string subresource,
        string now
    )
    {
        var entries = WantsReset(after) ? [] : Read(before ?? after);
        var changed = Own(FieldSet.Changes(Stripped(before), Stripped(after), schema));
        var gone = before is null
            ? new FieldSet()
            : Own(FieldSet.Of(Stripped(before), schema).Except(FieldSet.Of(Stripped(after), schema)));
        if (!changed.IsEmpty || !gone.IsEmpty)
        {
            var mine =
                entries.FirstOrDefault(e => e.IsOf(manager, "Update", subresource))
                ?? new Entry(manager, "Update", subresource, "", null, new FieldSet());
            var rest = entries.Where(e => e != mine).Select(e => e with { Fields = e.Fields.Except(changed).Except(gone) });
            mine = mine with
            {
                ApiVersion = after.Text("apiVersion") ?? "",
                Time = now,
                Fields = mine.Fields.Except(gone).Union(changed),
            };
            entries = [.. rest, mine];
        }

        Write(after, entries);
    }

    /// <summary>Merges a manager's applied configuration into the live object.</summary>
    /// <exception cref="KubeException">409: another manager owns a field that would change, and force is off.</exception>
    public static JsonObject Apply(
        KubeSchema? schema,
        JsonObject? live,
        JsonObject applied,
        string manager,
        string subresource,
        bool force,
        string now
    )
    {
        var entries = live is null ? [] : Read(live);
        var prior = entries.FirstOrDefault(e => e.IsOf(manager, "Apply", subresource));
        var others = entries.Where(e => e != prior).ToList();
        var asked = Own(FieldSet.Of(Stripped(applied), schema));
        var merged = live is null ? applied.Copy() : Merge(live, applied, schema)!.AsObject();
        var changed = Own(FieldSet.Changes(Stripped(live), Stripped(merged), schema)).Intersect(asked);
        var conflicts = others
            .Select(e => (Entry: e, Fields: e.Fields.Intersect(changed)))
            .Where(c => !c.Fields.IsEmpty)
            .ToList();
        if (conflicts.Count > 0 && !force)
        {
            throw ConflictOf(conflicts);
        }

        foreach (var (entry, fields) in conflicts)
        {
            others[others.IndexOf(entry)] = entry with { Fields = entry.Fields.Except(fields) };
        }

        if (prior is not null)
        {
            var dropped = others.Aggregate(prior.Fields.Except(asked), (left, e) => left.Except(e.Fields));
            dropped.RemoveFrom(merged, schema);
        }

        var unchanged =
            prior is not null && prior.Fields.Except(asked).IsEmpty && asked.Except(prior.Fields).IsEmpty && changed.IsEmpty;
        var mine = unchanged ? prior! : new Entry(manager, "Apply", subresource, applied.Text("apiVersion") ?? "", now, asked);
        Write(merged, [.. others, mine]);
        return merged;
    }

    private static KubeException ConflictOf(List<(Entry Entry, FieldSet Fields)> conflicts)
    {
        var causes = new JsonArray();
        var lines = new List<string>();
        foreach (var (entry, fields) in conflicts)
        {
            var who = $"\"{entry.Manager}\"" + (entry.Operation == "Update" ? $" using {entry.ApiVersion}" : "");
            foreach (var path in fields.Paths())
            {
                causes.Add(
                    new JsonObject
                    {
                        ["reason"] = "FieldManagerConflict",
                        ["message"] = $"conflict with {who}",
                        ["field"] = path,
                    }
                );
            }

            var paths = fields.Paths().ToArray();
            lines.Add(
                paths.Length == 1 ? $"conflict with {who}: {paths[0]}" : $"conflicts with {who}:\n- {string.Join("\n- ", paths)}"
            );
        }

        var message = $"Apply failed with {causes.Count} conflict{(causes.Count == 1 ? "" : "s")}: {string.Join("\n", lines)}";
        return new KubeException(409, "Conflict", message, new JsonObject { ["causes"] = causes });
    }

    private static JsonNode? Merge(JsonNode? live, JsonNode? applied, KubeSchema? schema)
    {
        if (live is JsonObject l && applied is JsonObject a && schema is not { IsAtomic: true })
        {
            var merged = l.Copy();
            foreach (var (name, value) in a)
            {
                merged.SetOrRemove(name, Merge(l[name], value, schema?.Property(name)));
            }

            return merged;
        }

        if (
            live is JsonArray old
            && applied is JsonArray items
            && schema is { IsAtomic: false }
            && (schema.IsSet || schema.ListKeys.Count > 0)
        )
        {
            var merged = old.DeepClone().AsArray();
            foreach (var item in items)
            {
                var key = FieldSet.Element(item, schema);
                var at = merged.ToList().FindIndex(m => FieldSet.Element(m, schema) == key);
                if (at < 0)
                {
                    merged.Add(item?.DeepClone());
                }
                else
                {
                    merged[at] = Merge(merged[at], item, schema.Items);
                }
            }

            return merged;
        }

        return applied?.DeepClone();
    }

    /// <summary>Removes the fields without a manager: identity and system-managed fields.</summary>
    private static FieldSet Own(FieldSet fields)
    {
        fields = fields.Without("apiVersion").Without("kind");
        foreach (
            var name in (ReadOnlySpan<string>)
                [
                    "name",
                    "namespace",
                    "uid",
                    "resourceVersion",
                    "generation",
                    "creationTimestamp",
                    "deletionTimestamp",
                    "deletionGracePeriodSeconds",
                    "managedFields",
                    "selfLink",
                    "generateName",
                ]
        )
        {
            fields = fields.Without("metadata", name);
        }

        return fields;
    }

    private static JsonObject? Stripped(JsonObject? o)
    {
        var copy = o?.Copy();
        (copy?["metadata"] as JsonObject)?.Remove("managedFields");
        return copy;
    }

    private static bool WantsReset(JsonObject o) =>
        o.At("metadata", "managedFields") is JsonArray list && (list.Count == 0 || list is [JsonObject { Count: 0 }]);

    private static List<Entry> Read(JsonObject o) =>
        [
            .. o.Items("metadata", "managedFields")
                .Select(e => new Entry(
                    e.Text("manager") ?? "",
                    e.Text("operation") ?? "Update",
                    e.Text("subresource") ?? "",
                    e.Text("apiVersion") ?? "",
                    e.Text("time"),
                    FieldSet.Read(e.At("fieldsV1"))
                )),
        ];

    private static void Write(JsonObject o, IEnumerable<Entry> entries)
    {
        var list = new JsonArray();
        foreach (var entry in entries.Where(e => !e.Fields.IsEmpty))
        {
            var e = new JsonObject
            {
                ["manager"] = entry.Manager,
                ["operation"] = entry.Operation,
                ["apiVersion"] = entry.ApiVersion,
                ["time"] = entry.Time,
                ["fieldsType"] = "FieldsV1",
                ["fieldsV1"] = entry.Fields.Write(),
            };
            if (entry.Subresource.Length > 0)
            {
                e["subresource"] = entry.Subresource;
            }

            list.Add(e);
        }

        o.Metadata().SetOrRemove("managedFields", list.Count > 0 ? list : null);
    }
}
