using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Gantry.Lab.Kubernetes;

/// <summary>
/// YAML 1.1 as PyYAML's safe loader resolves it (<c>yes</c> is a boolean, <c>0640</c> an octal number), as JSON nodes.
/// <c>!!binary</c> becomes an object with the base64 text under <see cref="BinaryTag"/>.
/// </summary>
public static partial class YamlText
{
    public const string BinaryTag = "!!binary";

    /// <summary>Each document of the stream, null for an empty one.</summary>
    /// <param name="uniqueKeys">Refuses duplicate keys; otherwise the last value counts, as in PyYAML.</param>
    /// <exception cref="FormatException">The message carries the line, the column and the problem.</exception>
    public static IReadOnlyList<JsonNode?> Documents(string text, bool uniqueKeys)
    {
        try
        {
            var parser = new Parser(new Scanner(new StringReader(text), skipComments: true));
            parser.Consume<StreamStart>();
            var documents = new List<JsonNode?>();
            while (parser.TryConsume<DocumentStart>(out _))
            {
                documents.Add(Node(parser, new Dictionary<string, JsonNode?>(StringComparer.Ordinal), uniqueKeys));
                parser.Consume<DocumentEnd>();
            }

            return documents;
        }
        catch (YamlException problem)
        {
            throw new FormatException(
                $"invalid YAML at line {problem.Start.Line} column {problem.Start.Column}: "
                    + $"{problem.InnerException?.Message ?? problem.Message}",
                problem
            );
        }
    }

    private static JsonNode? Node(Parser parser, Dictionary<string, JsonNode?> anchors, bool uniqueKeys)
    {
        if (parser.TryConsume<AnchorAlias>(out var alias))
        {
            return anchors.TryGetValue(alias.Value.Value, out var there)
                ? there?.DeepClone()
                : throw new YamlException(alias.Start, alias.End, $"found undefined alias '{alias.Value}'");
        }

        var anchor = (parser.Current as NodeEvent)?.Anchor ?? AnchorName.Empty;
        JsonNode? node;
        if (parser.TryConsume<Scalar>(out var scalar))
        {
            node = Resolve(scalar);
        }
        else if (parser.TryConsume<SequenceStart>(out _))
        {
            var list = new JsonArray();
            while (!parser.TryConsume<SequenceEnd>(out _))
            {
                list.Add(Node(parser, anchors, uniqueKeys));
            }

            node = list;
        }
        else
        {
            parser.Consume<MappingStart>();
            node = Mapping(parser, anchors, uniqueKeys);
        }

        if (!anchor.IsEmpty)
        {
            anchors[anchor.Value] = node;
        }

        return node;
    }

    private static JsonObject Mapping(Parser parser, Dictionary<string, JsonNode?> anchors, bool uniqueKeys)
    {
        var map = new JsonObject();
        var merged = new List<JsonObject>();
        while (!parser.TryConsume<MappingEnd>(out _))
        {
            var at = parser.Current!;
            var key = parser.TryConsume<Scalar>(out var name)
                ? name.Value
                : throw new YamlException(at.Start, at.End, "found a key that is not a plain value");
            var value = Node(parser, anchors, uniqueKeys);
            if (key == "<<" && name.Style is ScalarStyle.Plain)
            {
                merged.AddRange(
                    value is JsonArray several ? several.OfType<JsonObject>()
                    : value is JsonObject one ? [one]
                    : []
                );
                continue;
            }

            if (uniqueKeys && map.ContainsKey(key))
            {
                throw new YamlException(at.Start, at.End, $"key \"{key}\" already set in map");
            }

            map[key] = value;
        }

        foreach (var (key, value) in merged.SelectMany(source => source).Where(pair => !map.ContainsKey(pair.Key)).ToArray())
        {
            map[key] = value?.DeepClone();
        }

        return map;
    }

    private static JsonNode? Resolve(Scalar scalar)
    {
        var text = scalar.Value;
        if (!scalar.Tag.IsEmpty && scalar.Tag.Value.EndsWith("binary", StringComparison.Ordinal))
        {
            return new JsonObject { [BinaryTag] = new string([.. text.Where(c => !char.IsWhiteSpace(c))]) };
        }

        if (
            scalar.Style is not ScalarStyle.Plain
            || !scalar.Tag.IsEmpty && scalar.Tag.Value.EndsWith(":str", StringComparison.Ordinal)
        )
        {
            return JsonValue.Create(text);
        }

        return text switch
        {
            "" or "~" or "null" or "Null" or "NULL" => null,
            "true" or "True" or "TRUE" or "yes" or "Yes" or "YES" or "on" or "On" or "ON" => JsonValue.Create(true),
            "false" or "False" or "FALSE" or "no" or "No" or "NO" or "off" or "Off" or "OFF" => JsonValue.Create(false),
            _ => Number(text) ?? JsonValue.Create(text),
        };
    }

    private static JsonValue? Number(string text)
    {
        if (Octal().IsMatch(text))
        {
            return JsonValue.Create(Convert.ToInt64(text.Replace("_", "", StringComparison.Ordinal), 8));
        }

        if (Hexadecimal().IsMatch(text))
        {
            return JsonValue.Create(Convert.ToInt64(text[2..].Replace("_", "", StringComparison.Ordinal), 16));
        }

        if (
            Decimal().IsMatch(text)
            && long.TryParse(text.Replace("_", "", StringComparison.Ordinal), CultureInfo.InvariantCulture, out var whole)
        )
        {
            return JsonValue.Create(whole);
        }

        if (Sexagesimal().IsMatch(text))
        {
            return JsonValue.Create(
                text.Split(':').Aggregate(0L, (sum, part) => sum * 60 + long.Parse(part, CultureInfo.InvariantCulture))
            );
        }

        return Float().IsMatch(text) && double.TryParse(text, CultureInfo.InvariantCulture, out var real)
            ? JsonValue.Create(real)
            : null;
    }

    [GeneratedRegex("^0[0-7_]+\\z")]
    private static partial Regex Octal();

    [GeneratedRegex("^0x[0-9a-fA-F_]+\\z")]
    private static partial Regex Hexadecimal();

    [GeneratedRegex("^[-+]?(0|[1-9][0-9_]*)\\z")]
    private static partial Regex Decimal();

    [GeneratedRegex("^[1-9][0-9]*(:[0-5]?[0-9])+\\z")]
    private static partial Regex Sexagesimal();

    [GeneratedRegex(@"^[-+]?([0-9][0-9]*)\.[0-9]*([eE][-+][0-9]+)?\z|^[-+]?\.[0-9]+([eE][-+][0-9]+)?\z")]
    private static partial Regex Float();
}
