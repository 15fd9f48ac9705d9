using System.Text.Json;

namespace Gantry.Testing.Contract;

/// <summary>
/// Checks JSON against the keywords of JSON Schema that the OpenAPI document uses. An unknown keyword is a problem.
/// </summary>
/// <param name="document">The document that references point into.</param>
/// <param name="isClosed">
/// Whether every field must be declared. The console ignores undeclared fields of requests and writes none in answers.
/// </param>
public sealed class SchemaCheck(JsonElement document, bool isClosed)
{
    private static readonly HashSet<string> Descriptive =
    [
        "description",
        "title",
        "format",
        "default",
        "pattern",
        "deprecated",
        "example",
        "contentEncoding",
        "readOnly",
    ];

    public IEnumerable<string> Problems(JsonElement schema, JsonElement value, string at)
    {
        if (schema.ValueKind is JsonValueKind.True or JsonValueKind.False)
        {
            return schema.ValueKind is JsonValueKind.True ? [] : [$"{at}: no value is allowed"];
        }

        return schema
            .EnumerateObject()
            .SelectMany(keyword =>
                keyword.Name switch
                {
                    "$ref" => Problems(Referred(keyword.Value.GetString()!), value, at),
                    "type" => IsOfType(keyword.Value, value) ? [] : [$"{at}: {value.ValueKind} is not {keyword.Value}"],
                    "enum" => keyword.Value.EnumerateArray().Any(one => JsonElement.DeepEquals(one, value))
                        ? []
                        : [$"{at}: {value} is none of {keyword.Value}"],
                    "required" => Missing(keyword.Value, value, at),
                    "properties" => Inside(keyword.Value, value, at)
                        .Concat(
                            isClosed && !schema.TryGetProperty("additionalProperties", out _)
                                ? Others(schema, value).Select(property => $"{at}.{property.Name} is not declared")
                                : []
                        ),
                    "additionalProperties" => Others(schema, value)
                        .SelectMany(property => Problems(keyword.Value, property.Value, $"{at}.{property.Name}")),
                    "items" => Elements(keyword.Value, value, at),
                    "oneOf" or "anyOf" => keyword
                        .Value.EnumerateArray()
                        .Select(one => Problems(one, value, at).ToList())
                        .MinBy(one => (one.Count, -one.Sum(Depth)))!,
                    "allOf" => keyword.Value.EnumerateArray().SelectMany(one => Problems(one, value, at)),
                    var name when Descriptive.Contains(name) => Enumerable.Empty<string>(),
                    var name => [$"{at}: the check does not know the keyword {name}"],
                }
            );
    }

    // When all alternatives fail, the problems of the one that matches deepest are reported.
    private static int Depth(string problem) => problem.Count(letter => letter is '.' or '[');

    private JsonElement Referred(string reference) =>
        reference[2..]
            .Split('/')
            .Aggregate(document, (node, part) => node.GetProperty(part.Replace("~1", "/", StringComparison.Ordinal)));

    private static IEnumerable<string> Missing(JsonElement required, JsonElement value, string at) =>
        value.ValueKind is not JsonValueKind.Object
            ? []
            : required
                .EnumerateArray()
                .Where(name => !value.TryGetProperty(name.GetString()!, out _))
                .Select(name => $"{at}.{name} is missing");

    private IEnumerable<string> Inside(JsonElement properties, JsonElement value, string at) =>
        value.ValueKind is not JsonValueKind.Object
            ? []
            : value
                .EnumerateObject()
                .SelectMany(property =>
                    properties.TryGetProperty(property.Name, out var schema)
                        ? Problems(schema, property.Value, $"{at}.{property.Name}")
                        : []
                );

    private static IEnumerable<JsonProperty> Others(JsonElement schema, JsonElement value) =>
        value.ValueKind is not JsonValueKind.Object
            ? []
            : value
                .EnumerateObject()
                .Where(property =>
                    !schema.TryGetProperty("properties", out var declared) || !declared.TryGetProperty(property.Name, out _)
                );

    private IEnumerable<string> Elements(JsonElement items, JsonElement value, string at) =>
        value.ValueKind is not JsonValueKind.Array
            ? []
            : value.EnumerateArray().SelectMany((element, index) => Problems(items, element, $"{at}[{index}]"));

    private static bool IsOfType(JsonElement type, JsonElement value) =>
        type.ValueKind is JsonValueKind.Array
            ? type.EnumerateArray().Any(one => IsOfType(one, value))
            : (type.GetString(), value.ValueKind) switch
            {

                ("object", JsonValueKind.Object)
                or
                ("array", JsonValueKind.Array)
                or
                ("string", JsonValueKind.String)
                or ("null", JsonValueKind.Null) => true,
                ("boolean", JsonValueKind.True or JsonValueKind.False) or ("number", JsonValueKind.Number) => true,
                ("integer", JsonValueKind.Number) => value.TryGetInt64(out _),
                _ => false,
            };
}
