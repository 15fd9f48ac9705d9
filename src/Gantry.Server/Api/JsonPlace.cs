using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using System.Text.RegularExpressions;

namespace Gantry.Server.Api;

/// <summary>The expected content of a place in a request's JSON.</summary>
internal static partial class JsonPlace
{
    /// <param name="path">The path from the JSON reader: <c>$.spec.machinepoolconfig[0].poolConfig.size</c>.</param>
    /// <returns>A text that follows "write"; null for a place that the type does not have.</returns>
    public static string? Expected(Type type, string? path)
    {
        JsonTypeInfo? place = ApiJson.Options.GetTypeInfo(type);
        foreach (Match part in Part().Matches(path ?? ""))
        {
            var name = part.Groups["name"].Success ? part.Groups["name"].Value : part.Groups["quoted"].Value;
            var below = place switch
            {
                { Kind: JsonTypeInfoKind.Object } => place
                    .Properties.FirstOrDefault(property => property.Name == name)
                    ?.PropertyType,
                { ElementType: { } element } => element,
                _ => null,
            };
            if (below is null)
            {
                return null;
            }

            place = ApiJson.Options.GetTypeInfo(below);
        }

        return place.Kind switch
        {
            JsonTypeInfoKind.Enumerable => "a list",
            JsonTypeInfoKind.Dictionary => "an object of texts",
            JsonTypeInfoKind.Object => "an object",
            _ => Word(Nullable.GetUnderlyingType(place.Type) ?? place.Type),
        };
    }

    /// <summary>A record of the contract from JSON that a patch has made.</summary>
    /// <param name="field">The record's place in the request, with a trailing dot; empty when it is the request.</param>
    /// <exception cref="ApiException">400</exception>
    public static T Read<T>(JsonObject patched, string field)
    {
        try
        {
            return patched.Deserialize<T>(ApiJson.Options)!;
        }
        catch (JsonException unreadable)
        {
            var path = unreadable.Path is { Length: > 2 } inside ? inside[2..] : "";
            throw ApiError.Invalid($"{field}{path}", Wording.OfJson(unreadable.Message, Expected(typeof(T), unreadable.Path)));
        }
    }

    public static string? Word(Type type) =>
        type switch
        {
            _ when type == typeof(string) => "a text",
            _ when type == typeof(bool) => "true or false",
            _ when type == typeof(int) || type == typeof(long) => "a whole number",
            _ when type == typeof(DateTimeOffset) => "a time such as 2030-01-31T12:00:00.000Z",
            _ => null,
        };

    [GeneratedRegex(
        "\\.(?<name>[^.\\[]+)|\\['(?<quoted>[^']*)'\\]|\\[[0-9]+\\]",
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant,
        1000
    )]
    private static partial Regex Part();
}
