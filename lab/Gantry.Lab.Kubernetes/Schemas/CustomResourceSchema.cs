using System.Text.Json.Nodes;

namespace Gantry.Lab.Kubernetes;

/// <summary>Reads custom resource definitions: the kinds they serve and the schemas of their objects.</summary>
internal static class CustomResourceSchema
{
    public static IEnumerable<KubeResource> Served(JsonObject definition)
    {
        var spec = definition.At("spec");
        var names = spec.At("names");
        if (spec.Text("group") is not { } group || names.Text("plural") is not { } plural || names.Text("kind") is not { } kind)
        {
            yield break;
        }

        foreach (var version in spec.Items("versions").Where(v => v.Flag("served")))
        {
            yield return new KubeResource(group, version.Text("name") ?? "v1", plural, kind, spec.Text("scope") == "Namespaced")
            {
                Singular = names.Text("singular") ?? kind.ToLowerInvariant(),
                ShortNames = Strings(names.At("shortNames")),
                Categories = Strings(names.At("categories")),
                HasStatus = version.At("subresources", "status") is not null,
                HasScale = version.At("subresources", "scale") is not null,
                IsCustom = true,
            };
        }
    }

    public static KubeSchema? Of(LabCluster cluster, KubeResource resource)
    {
        var schema = Version(cluster, resource).At("schema", "openAPIV3Schema");
        if (schema is not JsonObject o)
        {
            return null;
        }

        var read = Read(o, definition: null);
        var root = new KubeSchema
        {
            Type = "object",
            Definition = $"{string.Join('.', resource.Group.Split('.').Reverse())}.{resource.Version}.{resource.Kind}",
            Description = read.Description,
            AllowsUnknown = read.AllowsUnknown,
        };
        foreach (var (name, property) in read.Properties)
        {
            root.Properties[name] = property;
        }

        root.Properties["apiVersion"] = new KubeSchema { Type = "string" };
        root.Properties["kind"] = new KubeSchema { Type = "string" };
        root.Properties["metadata"] = KubeSchemas.ObjectMeta;
        root.Required.AddRange(read.Required);
        return root;
    }

    /// <summary>The printer columns of the definition.</summary>
    public static IEnumerable<JsonObject> Columns(LabCluster cluster, KubeResource resource) =>
        Version(cluster, resource).Items("additionalPrinterColumns");

    private static JsonObject? Version(LabCluster cluster, KubeResource resource) =>
        cluster
            .Find(KubeResources.CustomResourceDefinitions, ns: null, $"{resource.Plural}.{resource.Group}")
            .Items("spec", "versions")
            .FirstOrDefault(v => v.Text("name") == resource.Version);

    private static KubeSchema Read(JsonObject o, string? definition)
    {
        var schema = new KubeSchema
        {
            Type = o.Text("type"),
            Format = o.Text("format"),
            Description = o.Text("description"),
            Definition = definition,
            Items = o.At("items") is JsonObject items ? Read(items, null) : null,
            Values = o.At("additionalProperties") is JsonObject values ? Read(values, null) : null,
            ListKeys = Strings(o.At("x-kubernetes-list-map-keys")),
            IsSet = o.Text("x-kubernetes-list-type") == "set",
            IsAtomic =
                o.Text("x-kubernetes-map-type") == "atomic"
                || (o.Text("type") == "array" && o.Text("x-kubernetes-list-type") is null or "atomic"),
            AllowsUnknown =
                o.Flag("x-kubernetes-preserve-unknown-fields")
                || o.Flag("x-kubernetes-embedded-resource")
                || o.Flag("additionalProperties"),
            IntOrString = o.Flag("x-kubernetes-int-or-string"),
        };
        if (o.At("properties") is JsonObject properties)
        {
            foreach (var (name, property) in properties)
            {
                schema.Properties[name] = property is JsonObject p ? Read(p, null) : new KubeSchema { AllowsUnknown = true };
            }
        }

        schema.Required.AddRange(Strings(o.At("required")));
        return schema;
    }

    private static IReadOnlyList<string> Strings(JsonNode? array) =>
        array is JsonArray list ? [.. list.Select(s => s!.GetValue<string>())] : [];
}
