using System.Globalization;
using System.Text.Json.Nodes;
using Gantry.Engine.Ports;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Gantry.Engine.Workloads;

/// <summary>Reads the objects of a YAML stream. A List becomes its items, and empty documents are skipped.</summary>
internal static class ManifestReader
{
    /// <exception cref="WorkloadException">The manifest is not valid YAML.</exception>
    public static IReadOnlyList<JsonObject> Read(string manifest)
    {
        var stream = new YamlStream();
        try
        {
            stream.Load(new StringReader(manifest));
        }
        catch (YamlException unreadable)
        {
            throw new WorkloadException(
                unreachable: false,
                $"the manifest is not valid YAML in line {unreadable.Start.Line}: {unreadable.Message}",
                unreadable
            );
        }

        return [.. stream.Documents.Select(document => Convert(document.RootNode)).OfType<JsonObject>().SelectMany(Flatten)];
    }

    private static IEnumerable<JsonObject> Flatten(JsonObject document) =>
        document["kind"]?.GetValue<string>() is "List" && document["items"] is JsonArray items
            ? items.OfType<JsonObject>().Select(item => item.DeepClone().AsObject())
            : [document];

    private static JsonNode? Convert(YamlNode node) =>
        node switch
        {
            YamlMappingNode mapping => new JsonObject(
                mapping.Children.Select(entry =>
                    KeyValuePair.Create(((YamlScalarNode)entry.Key).Value ?? "", Convert(entry.Value))
                )
            ),
            YamlSequenceNode sequence => new JsonArray([.. sequence.Children.Select(Convert)]),
            YamlScalarNode { Style: ScalarStyle.Plain } scalar => Plain(scalar),
            YamlScalarNode scalar => JsonValue.Create(scalar.Value),
            _ => null,
        };

    // Plain scalars are read as kubectl reads them, by YAML 1.1: 0755 is octal, and yes is a boolean.
    private static JsonNode? Plain(YamlScalarNode scalar)
    {
        var text = scalar.Value ?? "";
        if (!scalar.Tag.IsEmpty && scalar.Tag.Value is "tag:yaml.org,2002:str")
        {
            return JsonValue.Create(text);
        }

        switch (text)
        {
            case "" or "~" or "null" or "Null" or "NULL":
                return null;
            case "true" or "True" or "TRUE" or "yes" or "Yes" or "YES" or "on" or "On" or "ON":
                return JsonValue.Create(true);
            case "false" or "False" or "FALSE" or "no" or "No" or "NO" or "off" or "Off" or "OFF":
                return JsonValue.Create(false);
        }

        var octal =
            text.StartsWith("0o", StringComparison.Ordinal) ? text[2..]
            : text.Length > 1 && text[0] is '0' ? text[1..]
            : "";
        if (octal.Length is > 0 and < 20 && octal.All(digit => digit is >= '0' and <= '7'))
        {
            return JsonValue.Create(System.Convert.ToInt64(octal, 8));
        }

        if (
            text.StartsWith("0x", StringComparison.Ordinal)
            && long.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var hex)
        )
        {
            return JsonValue.Create(hex);
        }

        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole))
        {
            return JsonValue.Create(whole);
        }

        const NumberStyles floating = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
        var startsAsNumber =
            char.IsAsciiDigit(text[0])
            || (text.Length > 1 && text[0] is '-' or '+' or '.' && (char.IsAsciiDigit(text[1]) || text[1] is '.'));
        return startsAsNumber && double.TryParse(text, floating, CultureInfo.InvariantCulture, out var fraction)
            ? JsonValue.Create(fraction)
            : JsonValue.Create(text);
    }
}
