using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Gantry.Lab.Kubernetes.Serving;

/// <summary>OpenAPI v3: one document per group version. Documents of the built-in kinds are shared by all clusters.</summary>
internal static class OpenApiV3
{
    private static readonly ConcurrentDictionary<string, byte[]> BuiltIn = new();

    public static JsonObject Index(LabCluster cluster)
    {
        var paths = new JsonObject();
        foreach (var place in cluster.ServedResources.Select(Place).Distinct())
        {
            paths[place] = new JsonObject { ["serverRelativeURL"] = "/openapi/v3/" + place };
        }

        return new JsonObject { ["paths"] = paths };
    }

    /// <param name="place">The path of a group version, as <c>apis/apps/v1</c>.</param>
    public static byte[]? Find(LabCluster cluster, string place)
    {
        if (cluster.CustomResources.Any(r => Place(r) == place))
        {
            return Document(cluster.ServedResources.Where(r => Place(r) == place), cluster.SchemaOf);
        }

        return KubeResources.All.Any(r => Place(r) == place)
            ? BuiltIn.GetOrAdd(place, p => Document(KubeResources.All.Where(r => Place(r) == p), KubeSchemas.Find))
            : null;
    }

    private static string Place(KubeResource resource) =>
        resource.Group.Length == 0 ? "api/" + resource.Version : "apis/" + resource.ApiVersion;

    private static byte[] Document(IEnumerable<KubeResource> resources, Func<KubeResource, KubeSchema?> schemaOf)
    {
        var schemas = new SchemaWriter("#/components/schemas/");
        var paths = new JsonObject();
        foreach (var resource in resources)
        {
            if (schemaOf(resource) is { } schema)
            {
                schemas.AddKind(resource, schema);
            }

            paths[OpenApiPaths.Of(resource)] = new JsonObject { ["patch"] = OpenApiPaths.Patch(resource, v3: true) };
        }

        return JsonSerializer.SerializeToUtf8Bytes(
            new JsonObject
            {
                ["openapi"] = "3.0.0",
                ["info"] = new JsonObject { ["title"] = "Kubernetes", ["version"] = "unversioned" },
                ["paths"] = paths,
                ["components"] = new JsonObject { ["schemas"] = schemas.Finish() },
            }
        );
    }
}

/// <summary>The operations that clients read: whether a patch supports <c>dryRun</c> and <c>fieldValidation</c>.</summary>
internal static class OpenApiPaths
{
    public static string Of(KubeResource resource)
    {
        var path = new StringBuilder(resource.Group.Length == 0 ? "/api/" : "/apis/").Append(resource.ApiVersion);
        if (resource.Namespaced)
        {
            path.Append("/namespaces/{namespace}");
        }

        return path.Append('/').Append(resource.Plural).Append("/{name}").ToString();
    }

    public static JsonObject Patch(KubeResource resource, bool v3)
    {
        string[] media = resource.IsCustom
            ? ["application/json-patch+json", "application/merge-patch+json", "application/apply-patch+yaml"]
            :
            [
                "application/json-patch+json",
                "application/merge-patch+json",
                "application/strategic-merge-patch+json",
                "application/apply-patch+yaml",
            ];
        var operation = new JsonObject
        {
            ["operationId"] = $"patch{resource.Group}{resource.Version}{resource.Kind}",
            ["parameters"] = new JsonArray([
                .. ((string[])["dryRun", "fieldManager", "fieldValidation", "force"]).Select(p => Parameter(p, v3)),
            ]),
            ["responses"] = new JsonObject { ["200"] = new JsonObject { ["description"] = "OK" } },
            ["x-kubernetes-action"] = "patch",
            ["x-kubernetes-group-version-kind"] = new JsonObject
            {
                ["group"] = resource.Group,
                ["version"] = resource.Version,
                ["kind"] = resource.Kind,
            },
        };
        if (v3)
        {
            var content = new JsonObject();
            foreach (var type in media)
            {
                content[type] = new JsonObject { ["schema"] = new JsonObject { ["type"] = "object" } };
            }

            operation["requestBody"] = new JsonObject { ["content"] = content };
        }
        else
        {
            operation["consumes"] = new JsonArray([.. media.Select(m => JsonValue.Create(m))]);
        }

        return operation;
    }

    private static JsonObject Parameter(string name, bool v3)
    {
        var type = name == "force" ? "boolean" : "string";
        var parameter = new JsonObject { ["name"] = name, ["in"] = "query" };
        if (v3)
        {
            parameter["schema"] = new JsonObject { ["type"] = type };
        }
        else
        {
            parameter["type"] = type;
        }

        return parameter;
    }
}

/// <summary>Collects the definitions that a set of kinds needs.</summary>
internal sealed class SchemaWriter(string prefix)
{
    private readonly SortedDictionary<string, JsonObject> _definitions = new(StringComparer.Ordinal);

    public void AddKind(KubeResource resource, KubeSchema schema)
    {
        Reference(schema);
        _definitions[schema.Definition!]["x-kubernetes-group-version-kind"] = new JsonArray(
            new JsonObject
            {
                ["group"] = resource.Group,
                ["kind"] = resource.Kind,
                ["version"] = resource.Version,
            }
        );
    }

    public JsonObject Finish()
    {
        var o = new JsonObject();
        foreach (var (name, definition) in _definitions)
        {
            o[name] = definition;
        }

        return o;
    }

    private JsonObject Reference(KubeSchema schema)
    {
        if (schema.Definition is not { } name)
        {
            return Body(schema);
        }

        if (!_definitions.ContainsKey(name))
        {
            _definitions[name] = [];
            foreach (var (key, value) in Body(schema).ToArray())
            {
                _definitions[name][key] = value?.DeepClone();
            }
        }

        return new JsonObject { ["$ref"] = prefix + name };
    }

    private JsonObject Body(KubeSchema schema)
    {
        var o = new JsonObject();
        o.SetOrRemove("description", schema.Description);
        o.SetOrRemove("type", schema.Type);
        o.SetOrRemove("format", schema.Format);
        if (schema.Properties.Count > 0)
        {
            var properties = new JsonObject();
            foreach (var (name, property) in schema.Properties)
            {
                properties[name] = Reference(property);
            }

            o["properties"] = properties;
        }

        if (schema.Required.Count > 0)
        {
            o["required"] = new JsonArray([.. schema.Required.Select(r => JsonValue.Create(r))]);
        }

        o.SetOrRemove("items", schema.Items is { } items ? Reference(items) : null);
        o.SetOrRemove("additionalProperties", schema.Values is { } values ? Reference(values) : null);
        Extensions(o, schema);
        return o;
    }

    private static void Extensions(JsonObject o, KubeSchema schema)
    {
        if (schema.Type == "array")
        {
            o["x-kubernetes-list-type"] =
                schema.ListKeys.Count > 0 ? "map"
                : schema.IsSet ? "set"
                : "atomic";
            if (schema.ListKeys.Count > 0)
            {
                o["x-kubernetes-list-map-keys"] = new JsonArray([.. schema.ListKeys.Select(k => JsonValue.Create(k))]);
            }
        }
        else if (schema.IsAtomic)
        {
            o["x-kubernetes-map-type"] = "atomic";
        }

        if (schema.MergesLists)
        {
            o["x-kubernetes-patch-strategy"] = schema.RetainsKeys ? "merge,retainKeys" : "merge";
            o.SetOrRemove("x-kubernetes-patch-merge-key", schema.MergeKey);
        }
        else if (schema.RetainsKeys)
        {
            o["x-kubernetes-patch-strategy"] = "retainKeys";
        }

        if (schema.AllowsUnknown)
        {
            o["x-kubernetes-preserve-unknown-fields"] = true;
        }
    }
}
