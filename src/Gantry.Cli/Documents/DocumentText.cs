using System.Text.Json;
using System.Text.Json.Nodes;
using Gantry.Api;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using YamlDotNet.Serialization;

namespace Gantry.Cli.Documents;

/// <summary>Writes documents as YAML: fields in the order of the contract, texts of several lines as blocks. Pure.</summary>
public static class DocumentText
{
    // Texts that YAML 1.1 or 1.2 would read as something else.
    private static readonly string[] Words = ["true", "false", "yes", "no", "on", "off", "y", "n", "null", "~", ""];

    public static string Write<T>(T document)
    {
        var text = new StringWriter { NewLine = "\n" };
        var emitter = new Emitter(text, new EmitterSettings(2, int.MaxValue, isCanonical: false, maxSimpleKeyLength: 1024));
        emitter.Emit(new StreamStart());
        emitter.Emit(new DocumentStart());
        Emit(emitter, JsonSerializer.SerializeToNode(document, ApiJson.Options));
        emitter.Emit(new DocumentEnd(isImplicit: true));
        emitter.Emit(new StreamEnd());
        return text.ToString();
    }

    private static void Emit(Emitter emitter, JsonNode? node)
    {
        switch (node)
        {
            case JsonObject properties:
                emitter.Emit(new MappingStart(AnchorName.Empty, TagName.Empty, isImplicit: true, MappingStyle.Block));
                foreach (var (name, value) in properties)
                {
                    Emit(emitter, JsonValue.Create(name));
                    Emit(emitter, value);
                }

                emitter.Emit(new MappingEnd());
                break;
            case JsonArray items:
                emitter.Emit(new SequenceStart(AnchorName.Empty, TagName.Empty, isImplicit: true, SequenceStyle.Block));
                foreach (var item in items)
                {
                    Emit(emitter, item);
                }

                emitter.Emit(new SequenceEnd());
                break;
            case JsonValue value when value.GetValueKind() is JsonValueKind.String:
                var text = value.GetValue<string>();
                emitter.Emit(new Scalar(AnchorName.Empty, TagName.Empty, text, Style(text), true, true));
                break;
            default:
                emitter.Emit(new Scalar(node?.ToJsonString() ?? "null"));
                break;
        }
    }

    private static ScalarStyle Style(string text) =>
        text switch
        {
            _ when text.Contains('\n', StringComparison.Ordinal) => IsBlock(text)
                ? ScalarStyle.Literal
                : ScalarStyle.DoubleQuoted,
            _ when Words.Contains(text.ToLowerInvariant()) || IsNumber(text) => ScalarStyle.DoubleQuoted,
            _ => ScalarStyle.Any,
        };

    // A block keeps neither carriage returns nor control characters, and its first line sets the indent.
    private static bool IsBlock(string text) =>
        text[0] is not (' ' or '\n' or '\t') && text.All(letter => letter is '\n' or '\t' || !char.IsControl(letter));

    private static bool IsNumber(string text) =>
        text.Length > 0
        && (char.IsAsciiDigit(text[0]) || text[0] is '.' or '-' or '+')
        && text.Any(char.IsAsciiDigit)
        && !text.Contains('/');
}
