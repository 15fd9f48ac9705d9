using System.Globalization;
using System.Text.Json.Nodes;

namespace Gantry.Lab.Machines.CloudInit;

/// <summary>
/// Formats values as Python's <c>str()</c> does, because cloud-init prints them so in files, scripts and messages.
/// </summary>
internal static class PythonText
{
    public static string Of(JsonNode? node) =>
        node switch
        {
            null => "None",
            JsonArray list => $"[{string.Join(", ", list.Select(Quoted))}]",
            JsonObject map => $"{{{string.Join(", ", map.Select(pair => $"'{pair.Key}': {Quoted(pair.Value)}"))}}}",
            JsonValue value when value.TryGetValue<bool>(out var flag) => flag ? "True" : "False",
            JsonValue value when value.TryGetValue<long>(out var whole) => whole.ToString(CultureInfo.InvariantCulture),
            JsonValue value when value.TryGetValue<double>(out var real) => Real(real),
            _ => node.ToString(),
        };

    private static string Quoted(JsonNode? node) =>
        node is JsonValue value && value.TryGetValue<string>(out var text)
            ? $"'{text.Replace("'", "\\'", StringComparison.Ordinal)}'"
            : Of(node);

    private static string Real(double real) =>
        real.ToString(real == Math.Floor(real) && Math.Abs(real) < 1e15 ? "0.0" : "R", CultureInfo.InvariantCulture);
}
