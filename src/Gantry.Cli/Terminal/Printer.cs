using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Gantry.Api;
using YamlDotNet.Serialization;

namespace Gantry.Cli.Terminal;

/// <summary>Writes results: columns for people, JSON and YAML for programs.</summary>
public static class Printer
{
    private static readonly JsonSerializerOptions Indented = new()
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static void Write(CliHost host, OutputFormat format, JsonNode? document, Func<Table> table) =>
        Write(host, format, document, () => table().Render());

    /// <param name="document">A record of the contract, or a list of them.</param>
    public static void Write<T>(CliHost host, OutputFormat format, T document, Func<Table> table)
        where T : class => Write(host, format, document, () => table().Render());

    /// <param name="document">A record of the contract, or a list of them.</param>
    /// <param name="text">The result as text.</param>
    public static void Write<T>(CliHost host, OutputFormat format, T document, Func<string> text)
        where T : class => Write(host, format, Node(format, document), text);

    /// <param name="text">The result as text.</param>
    public static void Write(CliHost host, OutputFormat format, JsonNode? document, Func<string> text)
    {
        switch (format)
        {
            case OutputFormat.Json:
                host.Out.WriteLine(document?.ToJsonString(Indented) ?? "null");
                break;
            case OutputFormat.Yaml:
                host.Out.Write(Yaml(document));
                break;
            default:
                host.Out.Write(text());
                break;
        }
    }

    /// <summary>Writes a completed action: a sentence for people, the affected resource for programs.</summary>
    public static void Done(
        CliHost host,
        OutputFormat format,
        string sentence,
        params IEnumerable<(string Name, string Value)> about
    )
    {
        if (format is not OutputFormat.Table)
        {
            var document = new JsonObject(
                about.Select(one => KeyValuePair.Create(one.Name, (JsonNode?)JsonValue.Create(one.Value)))
            );
            Write(host, format, document, () => "");
        }

        host.Error.WriteLine(sentence);
    }

    public static string Yaml(JsonNode? document) =>
        new SerializerBuilder()
            .WithQuotingNecessaryStrings(quoteYaml1_1Strings: true)
            .Build()
            .Serialize(Plain(JsonSerializer.SerializeToElement(document)));

    private static JsonNode? Node<T>(OutputFormat format, T document) =>
        document switch
        {
            JsonNode node => node,
            _ when format is OutputFormat.Table => null,
            _ => JsonSerializer.SerializeToNode(document, ApiJson.Options),
        };

    // An element knows its kind, whatever the document was made of; a node made of an int is no long to its reader.
    private static object? Plain(JsonElement node) =>
        node.ValueKind switch
        {
            JsonValueKind.Object => node.EnumerateObject()
                .ToDictionary(property => property.Name, property => Plain(property.Value)),
            JsonValueKind.Array => node.EnumerateArray().Select(Plain).ToList(),
            JsonValueKind.True or JsonValueKind.False => node.GetBoolean(),
            JsonValueKind.Number when node.TryGetInt64(out var number) => number,
            JsonValueKind.Number => node.GetDouble(),
            JsonValueKind.String => node.GetString(),
            _ => null,
        };
}
