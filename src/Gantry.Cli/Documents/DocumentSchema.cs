using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Reflection;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using Gantry.Api;

namespace Gantry.Cli.Documents;

/// <summary>The JSON schema of documents, by which editors complete and check them; made from the records of the contract.</summary>
public static class DocumentSchema
{
    private static readonly JsonSchemaExporterOptions Options = new() { TransformSchemaNode = Transform };

    public static JsonObject Make() =>
        new()
        {
            ["$schema"] = "https://json-schema.org/draft/2020-12/schema",
            ["title"] = "Documents of Gantry",
            ["oneOf"] = new JsonArray(Of<ClusterDocument>(), Of<ClusterProfileDocument>()),
        };

    private static JsonNode Of<T>() => ApiJson.Options.GetJsonSchemaAsNode(typeof(T), Options);

    private static JsonNode Transform(JsonSchemaExporterContext context, JsonNode node)
    {
        if (node is not JsonObject schema)
        {
            return node;
        }

        // What is left out is absent, and never null.
        if (schema["type"] is JsonArray types)
        {
            schema["type"] = types.Select(type => (string?)type).First(type => type is not "null");
        }

        var property = context.PropertyInfo?.AttributeProvider;
        if ((One<DescriptionAttribute>(property) ?? One<DescriptionAttribute>(context.TypeInfo.Type)) is { } described)
        {
            schema.Insert(0, "description", described.Description);
        }

        if (One<AllowedValuesAttribute>(property) is { } allowed)
        {
            schema["enum"] = new JsonArray([.. allowed.Values.Select(value => (JsonNode?)JsonValue.Create((string?)value))]);
        }

        if (schema["properties"] is JsonObject)
        {
            var required = context
                .TypeInfo.Properties.Where(one => One<RequiredAttribute>(one.AttributeProvider) is not null)
                .Select(one => (JsonNode?)JsonValue.Create(one.Name))
                .ToArray();
            if (required.Length > 0)
            {
                schema["required"] = new JsonArray(required);
            }

            schema["additionalProperties"] = false;
        }
        else if (context.TypeInfo.Type == typeof(IReadOnlyDictionary<string, string>))
        {
            // A number or a switch is read as the text that stands there.
            schema["additionalProperties"] = new JsonObject { ["type"] = new JsonArray("string", "number", "boolean") };
        }

        return schema;
    }

    private static T? One<T>(ICustomAttributeProvider? provider)
        where T : Attribute => provider?.GetCustomAttributes(typeof(T), inherit: true).OfType<T>().FirstOrDefault();
}
