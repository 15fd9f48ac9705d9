using System.Text.Json;

namespace Gantry.Server.Api;

/// <summary>
/// JSON that asks for nothing: absent, null, false, 0, an empty text, list or object, and an object of such values. Clients in Go
/// write these for settings that their user left out.
/// </summary>
internal static class Blank
{
    // The zero time of Go, after the quote.
    private const string ZeroTime = "\"0001-01-01T00:00:00";

    public static bool Is(JsonElement? value) => value is not { } given || Is(given);

    public static bool Is(JsonElement value) =>
        value.ValueKind switch
        {
            JsonValueKind.Object => value.EnumerateObject().All(property => Is(property.Value)),
            JsonValueKind.Array => value.GetArrayLength() is 0,
            // Raw, because a text may be no Unicode.
            JsonValueKind.String => value.GetRawText() is var text
                && (text.Length is 2 || text.StartsWith(ZeroTime, StringComparison.Ordinal)),
            JsonValueKind.Number => value.TryGetDouble(out var number) && number is 0,
            _ => value.ValueKind is not JsonValueKind.True,
        };
}
