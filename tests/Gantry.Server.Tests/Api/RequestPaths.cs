using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Gantry.Server.Tests.Api;

/// <summary>Places in requests, such as <c>spec.machinepoolconfig[1].poolConfig.size</c>.</summary>
internal static partial class RequestPaths
{
    public static void Set(JsonNode body, string path, JsonNode? value)
    {
        var parts = Parts(path);
        Parent(body, parts).AsObject()[parts[^1]] = value;
    }

    public static void Remove(JsonNode body, string path)
    {
        var parts = Parts(path);
        Parent(body, parts).AsObject().Remove(parts[^1]);
    }

    /// <summary>Whether one is the other, or a part of it.</summary>
    public static bool Covers(string one, string other)
    {
        var (first, second) = (Index().Replace(one, "[]"), Index().Replace(other, "[]"));
        return first == second || IsAbove(first, second) || IsAbove(second, first);
    }

    private static bool IsAbove(string above, string path) =>
        path.StartsWith(above, StringComparison.Ordinal) && path.Length > above.Length && path[above.Length] is '.' or '[';

    private static string[] Parts(string path) => [.. Part().Matches(path).Select(part => part.Value)];

    private static JsonNode Parent(JsonNode body, IReadOnlyList<string> parts)
    {
        var at = body;
        foreach (var part in parts.SkipLast(1))
        {
            at = part is ['[', ..] ? at[int.Parse(part[1..^1], CultureInfo.InvariantCulture)]! : at[part] ??= new JsonObject();
        }

        return at;
    }

    [GeneratedRegex(@"[^.\[\]]+|\[[0-9]+\]")]
    private static partial Regex Part();

    [GeneratedRegex(@"\[[0-9]+\]")]
    private static partial Regex Index();
}
