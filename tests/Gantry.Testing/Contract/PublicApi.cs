using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Gantry.Testing.Contract;

/// <summary>
/// The part of Palette's public API that a console has, as <c>public-api.txt</c> lists it, in the form of an OpenAPI document. Answers
/// may hold more than it says: clients ignore what they do not know.
/// </summary>
public static partial class PublicApi
{
    private static readonly Lazy<JsonElement> Read = new(() => JsonSerializer.SerializeToElement(Parse(Text())));

    public static JsonElement Document => Read.Value;

    public static OpenApiContract Contract { get; } = new(Document) { IsPartial = true };

    private static string Text()
    {
        using var stream = typeof(PublicApi).Assembly.GetManifestResourceStream("public-api.txt")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    private static JsonObject Parse(string text)
    {
        var (paths, schemas) = (new JsonObject(), new JsonObject());
        foreach (var line in text.Split('\n').Where(line => line.Length > 0 && line[0] is not '#'))
        {
            if (line.Split(" = ", 2) is [var name, var shape])
            {
                schemas[name] = new Shapes(shape).Whole();
                continue;
            }

            var parts = line.Split(' ', 4);
            var operations = paths[parts[1]] ??= new JsonObject();
            operations[parts[0].ToLowerInvariant()] = new JsonObject
            {
                ["responses"] = new JsonObject
                {
                    [parts[2]] = parts is [.., _, _, _, var answer] ? Body(answer) : new JsonObject(),
                    ["default"] = Body("Error"),
                },
            };
        }

        return new JsonObject { ["paths"] = paths, ["schemas"] = schemas };
    }

    private static JsonObject Body(string shape) =>
        new()
        {
            ["content"] = shape is "bytes"
                ? new JsonObject { ["application/octet-stream"] = new JsonObject(), ["image/png"] = new JsonObject() }
                : new JsonObject { ["application/json"] = new JsonObject { ["schema"] = new Shapes(shape).Whole() } },
        };

    /// <summary>Reads a shape from the left to the right.</summary>
    private sealed class Shapes(string text)
    {
        private readonly string[] _tokens = [.. Tokens().Matches(text).Select(match => match.Value)];
        private int _at;

        public JsonNode Whole()
        {
            var shape = Next();
            return _at == _tokens.Length ? shape : throw new FormatException($"'{text}' goes on after a shape.");
        }

        private JsonNode Next()
        {
            switch (Take())
            {
                case "[":
                    var items = Next();
                    Expect("]");
                    return new JsonObject { ["type"] = "array", ["items"] = items };
                case "map":
                    return new JsonObject { ["type"] = "object", ["additionalProperties"] = Next() };
                case "{":
                    return Fields();
                case "any":
                    return JsonValue.Create(true);
                case "object":
                    return new JsonObject { ["type"] = "object" };
                case "text":
                    return new JsonObject { ["type"] = "string" };
                case "flag":
                    return new JsonObject { ["type"] = "boolean" };
                case ("integer" or "number") and var number:
                    return new JsonObject { ["type"] = number };
                case ['\'', ..] and var first:
                    JsonArray values = [first.Trim('\'')];
                    while (_at < _tokens.Length && _tokens[_at] is "|")
                    {
                        _at++;
                        values.Add(Take().Trim('\''));
                    }

                    return new JsonObject { ["enum"] = values };
                case var name:
                    return new JsonObject { ["$ref"] = $"#/schemas/{name}" };
            }
        }

        private JsonObject Fields()
        {
            var (properties, required) = (new JsonObject(), new JsonArray());
            while (_tokens[_at] is not "}")
            {
                var name = Take();
                if (_tokens[_at] is "!")
                {
                    _at++;
                    required.Add(name);
                }

                Expect(":");
                properties[name] = Next();
                if (_tokens[_at] is ",")
                {
                    _at++;
                }
            }

            Expect("}");
            return new JsonObject
            {
                ["type"] = "object",
                ["properties"] = properties,
                ["required"] = required,
            };
        }

        private string Take() => _at < _tokens.Length ? _tokens[_at++] : throw new FormatException($"'{text}' ends early.");

        private void Expect(string token)
        {
            if (Take() != token)
            {
                throw new FormatException($"'{text}' has no {token} at its token {_at}.");
            }
        }
    }

    [GeneratedRegex(@"'[^']*'|[\w$.-]+|[\[\]{}:,!|]", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Tokens();
}
