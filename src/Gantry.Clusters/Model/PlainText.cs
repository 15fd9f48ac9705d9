using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Gantry.Clusters.Model;

/// <summary>
/// Makes a text from another program harmless for a terminal and a page: what moves the cursor, sets colors or reverses the
/// direction of the text after it becomes U+FFFD. Texts from MAAS, gateways and consoles are cleaned where they are read.
/// </summary>
public static class PlainText
{
    private const char Replacement = '\uFFFD';

    /// <summary>Keeps line ends and tabs.</summary>
    public static string Clean(string text) => text.AsSpan().IndexOfAnyExceptInRange(' ', '~') < 0 ? text : Cleaned(text);

    /// <summary>The text in one line: line ends and tabs become spaces.</summary>
    public static string OneLine(string text) =>
        Clean(text).Replace("\r\n", " ", StringComparison.Ordinal).Replace('\n', ' ').Replace('\t', ' ');

    private static string Cleaned(string text)
    {
        var clean = new StringBuilder(text.Length);
        for (var index = 0; index < text.Length; index++)
        {
            var letter = text[index];
            var isLineEnd = letter is '\r' && index + 1 < text.Length && text[index + 1] is '\n';
            clean.Append(letter is '\n' or '\t' || isLineEnd || !IsControl(letter) ? letter : Replacement);
        }

        return clean.ToString();
    }

    // Control characters, line and paragraph separators, and what sets the direction of writing (Unicode UAX #9).
    private static bool IsControl(char letter) =>
        char.IsControl(letter)
        || letter
            is '\u2028'
                or '\u2029'
                or '\u061C'
                or '\u200E'
                or '\u200F'
                or (>= '\u202A' and <= '\u202E')
                or (>= '\u2066' and <= '\u2069');
}

/// <summary>Reads every text as <see cref="PlainText.Clean"/> leaves it.</summary>
public sealed class PlainTextConverter : JsonConverter<string>
{
    public override string? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.GetString() is { } text ? PlainText.Clean(text) : null;

    public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value);

    public override string ReadAsPropertyName(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        PlainText.Clean(reader.GetString()!);

    public override void WriteAsPropertyName(Utf8JsonWriter writer, string value, JsonSerializerOptions options) =>
        writer.WritePropertyName(value);
}
