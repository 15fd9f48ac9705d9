using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Gantry.Server.Api;

/// <summary>Requires that a field has one of the wanted values.</summary>
public sealed record FieldCondition(string Path, IReadOnlyList<string> Wanted);

/// <summary>
/// The <c>filters</c> of lists: <c>field.path=value</c> and <c>field.path_in_a,b</c>, joined by the words AND and OR
/// without spaces around them; AND binds tighter.
/// </summary>
public static partial class ListFilter
{
    /// <exception cref="ApiException">400 when the text is not a filter.</exception>
    public static Func<JsonNode, bool> Parse(string text)
    {
        var alternatives = Read(text);
        return item => alternatives.Any(all => all.All(one => Values(item, one.Path).Any(one.Wanted.Contains)));
    }

    /// <returns>Groups of conditions; all conditions of one group must hold.</returns>
    /// <exception cref="ApiException">400 when the text is not a filter.</exception>
    public static IReadOnlyList<IReadOnlyList<FieldCondition>> Read(string text)
    {
        List<List<FieldCondition>> alternatives =
        [
            [],
        ];
        var start = 0;
        foreach (Match join in Join().Matches(text))
        {
            alternatives[^1].Add(Term(text[start..join.Index]));
            start = join.Index + join.Length;
            if (join.Value is "OR")
            {
                alternatives.Add([]);
            }
        }

        alternatives[^1].Add(Term(text[start..]));
        return alternatives;
    }

    /// <summary>The texts at a dotted path; an array in the path stands for all its elements.</summary>
    public static IEnumerable<string> Values(JsonNode? node, string path)
    {
        if (node is JsonArray array)
        {
            return array.SelectMany(element => Values(element, path));
        }

        if (path.Length == 0)
        {
            return node is JsonValue value ? [Text(value)] : [];
        }

        var (head, rest) = path.Split('.', 2) is [var first, var more] ? (first, more) : (path, "");
        return node is JsonObject @object && @object.TryGetPropertyValue(head, out var next) ? Values(next, rest) : [];
    }

    private static string Text(JsonValue value) =>
        value.GetValueKind() is JsonValueKind.String ? value.GetValue<string>() : value.ToJsonString();

    private static FieldCondition Term(string term)
    {
        var match = Condition().Match(term);
        if (!match.Success)
        {
            throw ApiError.Invalid(
                "filters",
                $"'{ApiError.Shown(term)}' is not of the form field.path=value or field.path_in_a,b, joined by AND or OR "
                    + "without spaces"
            );
        }

        var path = match.Groups["path"].Value;
        var value = match.Groups["value"].Value;
        return new FieldCondition(path, match.Groups["operator"].Value is "=" ? [value] : value.Split(','));
    }

    // A value may itself contain AND (BRAND, say): it ends only where another condition follows.
    [GeneratedRegex(
        "(AND|OR)(?=[A-Za-z][A-Za-z0-9]*(\\.[A-Za-z0-9]+)*(=|_in_))",
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant,
        1000
    )]
    private static partial Regex Join();

    [GeneratedRegex(
        "^(?<path>[A-Za-z][A-Za-z0-9]*(\\.[A-Za-z0-9]+)*)(?<operator>=|_in_)(?<value>.*)\\z",
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant,
        1000
    )]
    private static partial Regex Condition();
}
