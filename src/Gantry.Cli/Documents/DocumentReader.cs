using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Gantry.Api;
using Gantry.Server.Api;
using Gantry.Server.Profiles;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Gantry.Cli.Documents;

/// <summary>A document as it stands in a file, and the line of each of its fields.</summary>
public sealed record ReadDocument(string File, int Line, string Kind, JsonObject Content, IReadOnlyDictionary<string, int> Lines)
{
    /// <summary>The line of a field, or of what it would stand in.</summary>
    public int LineOf(string field)
    {
        for (var place = field; place.Length > 0; place = place[..Math.Max(0, place.LastIndexOfAny(['.', '[']))])
        {
            if (Lines.TryGetValue(place, out var line))
            {
                return line;
            }
        }

        return Line;
    }
}

/// <param name="Line">0 where the file as a whole cannot be read.</param>
/// <param name="Field">Path in the document; empty for the document itself.</param>
public sealed record DocumentProblem(string File, int Line, string Field, string Message)
{
    /// <summary><c>demo.yaml:12: spec.pools[1].size</c></summary>
    public string Place => $"{File}{(Line > 0 ? $":{Line}" : "")}{(Field.Length > 0 ? $": {Field}" : "")}";
}

/// <summary>
/// Reads documents from YAML (JSON is YAML too). The records of the contract say which fields there are and what each of them holds; what
/// their values mean is for the console to judge. Pure.
/// </summary>
public static class DocumentReader
{
    private static readonly Dictionary<string, Type> Kinds = new()
    {
        [DocumentKinds.Cluster] = typeof(ClusterDocument),
        [DocumentKinds.ClusterProfile] = typeof(ClusterProfileDocument),
    };

    public static IReadOnlyList<ReadDocument> Read(string file, string text, List<DocumentProblem> problems)
    {
        var check = new Check();
        var roots = YamlText.Documents(check, file, text) ?? [];
        problems.AddRange(check.Problems.Select(problem => new DocumentProblem(file, 0, "", problem.Message)));
        return
        [
            .. roots
                .Where(root => root is not YamlScalarNode scalar || YamlText.Scalar(scalar) is not null)
                .Select(root => Document(file, root, problems))
                .OfType<ReadDocument>(),
        ];
    }

    private static ReadDocument? Document(string file, YamlNode root, List<DocumentProblem> problems)
    {
        var kinds = string.Join(" or ", Kinds.Keys);
        if (root is not YamlMappingNode mapping)
        {
            problems.Add(
                new DocumentProblem(
                    file,
                    LineOf(root),
                    "",
                    $"is no document; write apiVersion, kind ({kinds}), metadata and spec"
                )
            );
            return null;
        }

        var kind = mapping.Children.FirstOrDefault(pair => YamlText.Scalar(pair.Key) == "kind").Value;
        if (YamlText.Scalar(kind) is not { } named || !Kinds.TryGetValue(named, out var type))
        {
            problems.Add(
                kind is null
                    ? new DocumentProblem(file, LineOf(root), "kind", $"is missing; write {kinds}")
                    : new DocumentProblem(file, LineOf(kind), "kind", $"'{kind}' is not known; write {kinds}")
            );
            return null;
        }

        var walk = new Walk(file, problems);
        var content = (JsonObject)walk.Convert(mapping, ApiJson.Options.GetTypeInfo(type), "")!;
        return new ReadDocument(file, LineOf(root), named, content, walk.Lines);
    }

    private static int LineOf(YamlNode node) => (int)node.Start.Line;

    private sealed class Walk(string file, List<DocumentProblem> problems)
    {
        public Dictionary<string, int> Lines { get; } = [];

        public JsonNode? Convert(YamlNode node, JsonTypeInfo type, string path) =>
            type.Kind switch
            {
                _ when node is YamlScalarNode scalar && YamlText.Scalar(scalar) is null && type.Type != typeof(string) => null,
                JsonTypeInfoKind.Object => Object(node, type, path),
                JsonTypeInfoKind.Dictionary => Texts(node, path),
                JsonTypeInfoKind.Enumerable => List(node, type, path),
                _ => Value(node, Nullable.GetUnderlyingType(type.Type) ?? type.Type, path),
            };

        private JsonObject? Object(YamlNode node, JsonTypeInfo type, string path)
        {
            if (node is not YamlMappingNode mapping)
            {
                return Wrong<JsonObject>(node, path, $"is not a mapping; write {string.Join(", ", Fields(type))} below it");
            }

            var read = new JsonObject();
            foreach (var (key, value) in mapping.Children)
            {
                var name = YamlText.Scalar(key) ?? "";
                var place = path.Length is 0 ? name : $"{path}.{name}";
                Lines[place] = LineOf(key);
                if (type.Properties.FirstOrDefault(property => property.Name == name) is not { } field)
                {
                    Wrong<JsonNode>(key, place, $"is no field of this document; there is: {string.Join(", ", Fields(type))}");
                    continue;
                }

                if (Convert(value, ApiJson.Options.GetTypeInfo(field.PropertyType), place) is { } content)
                {
                    read[name] = content;
                }
            }

            return read;
        }

        private JsonObject? Texts(YamlNode node, string path)
        {
            if (node is not YamlMappingNode mapping)
            {
                return Wrong<JsonObject>(node, path, "is not a mapping; write KEY: VALUE below it");
            }

            var read = new JsonObject();
            foreach (var (key, value) in mapping.Children)
            {
                var name = (key as YamlScalarNode)?.Value ?? "";
                var place = $"{path}.{name}";
                Lines[place] = LineOf(key);
                read[name] = Value(value, typeof(string), place) ?? JsonValue.Create("");
            }

            return read;
        }

        private JsonArray? List(YamlNode node, JsonTypeInfo type, string path)
        {
            if (node is not YamlSequenceNode list)
            {
                return Wrong<JsonArray>(node, path, "is not a list; write each element on a line of its own after a dash");
            }

            var element = ApiJson.Options.GetTypeInfo(type.ElementType!);
            var read = new JsonArray();
            foreach (var (item, index) in list.Children.Select((item, index) => (item, index)))
            {
                var place = $"{path}[{index}]";
                Lines[place] = LineOf(item);
                if (Convert(item, element, place) is { } content)
                {
                    read.Add(content);
                }
            }

            return read;
        }

        // A plain 1 or true is a text where a text is expected: labels need no quotes.
        private JsonValue? Value(YamlNode node, Type type, string path) =>
            node switch
            {
                not YamlScalarNode => Wrong<JsonValue>(node, path, "is not one value"),
                YamlScalarNode { Value: var text } scalar when type == typeof(string) => scalar.Style is ScalarStyle.Plain
                && YamlText.Scalar(scalar) is null
                    ? null
                    : JsonValue.Create(text),
                YamlScalarNode { Value: var text } when type == typeof(bool) => text switch
                {
                    "true" => JsonValue.Create(true),
                    "false" => JsonValue.Create(false),
                    _ => Wrong<JsonValue>(node, path, $"'{text}' is no switch; write true or false"),
                },
                YamlScalarNode { Value: var text } => int.TryParse(
                    text,
                    NumberStyles.AllowLeadingSign,
                    CultureInfo.InvariantCulture,
                    out var number
                )
                    ? JsonValue.Create(number)
                    : Wrong<JsonValue>(node, path, $"'{text}' is not a whole number; write one, for example 3"),
            };

        private T? Wrong<T>(YamlNode node, string path, string message)
            where T : JsonNode
        {
            problems.Add(new DocumentProblem(file, LineOf(node), path, message));
            return null;
        }

        private static IEnumerable<string> Fields(JsonTypeInfo type) => type.Properties.Select(property => property.Name);
    }
}
