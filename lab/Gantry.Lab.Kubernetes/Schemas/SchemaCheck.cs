using System.Text.Json;
using System.Text.Json.Nodes;

namespace Gantry.Lab.Kubernetes;

/// <summary>The violations of a schema.</summary>
internal sealed class SchemaFindings
{
    /// <summary>Values of the wrong type, which are always refused.</summary>
    public List<string> Wrong { get; } = [];

    /// <summary>
    /// Unknown fields, which are refused, warned about or dropped, as the client's <c>fieldValidation</c> states.
    /// </summary>
    public List<string> Unknown { get; } = [];
}

internal static class SchemaCheck
{
    public static void Run(JsonNode? value, KubeSchema schema, string path, SchemaFindings findings)
    {
        if (value is null || (schema.Type is null && !schema.IntOrString && schema.Properties.Count == 0))
        {
            return;
        }

        if (!Fits(value, schema))
        {
            findings.Wrong.Add($"cannot read {TypeName(value)} into field {path.TrimStart('.')} of type {schema.Type}");
            return;
        }

        switch (value)
        {
            case JsonObject o:
                foreach (var (name, child) in o.ToArray())
                {
                    var inner = $"{path}.{name}";
                    if (schema.Property(name) is { } property)
                    {
                        Run(child, property, inner, findings);
                    }
                    else if (
                        !schema.AllowsUnknown
                        && (schema.Properties.Count > 0 || schema.Values is null)
                        && !AcceptsAnyContent(schema)
                    )
                    {
                        findings.Unknown.Add($"unknown field \"{inner.TrimStart('.')}\"");
                        o.Remove(name);
                    }
                }

                break;
            case JsonArray array when schema.Items is { } items:
                for (var i = 0; i < array.Count; i++)
                {
                    Run(array[i], items, $"{path}[{i}]", findings);
                }

                break;
            default:
                break;
        }
    }

    /// <summary>An object type without properties accepts any content.</summary>
    private static bool AcceptsAnyContent(KubeSchema schema) => schema.Properties.Count == 0 && schema.Definition is null;

    private static bool Fits(JsonNode value, KubeSchema schema)
    {
        var kind = value.GetValueKind();
        return schema switch
        {
            { IntOrString: true } => kind is JsonValueKind.String or JsonValueKind.Number,
            { Type: "object" } => kind == JsonValueKind.Object,
            { Type: "array" } => kind == JsonValueKind.Array,
            { Type: "string" } => kind == JsonValueKind.String,
            { Type: "boolean" } => kind is JsonValueKind.True or JsonValueKind.False,
            { Type: "integer" or "number" } => kind == JsonValueKind.Number,
            _ => true,
        };
    }

    private static string TypeName(JsonNode value) =>
        value.GetValueKind() switch
        {
            JsonValueKind.True or JsonValueKind.False => "bool",
            var kind => kind.ToString().ToLowerInvariant(),
        };
}
