using System.Text.Json.Nodes;

namespace Gantry.Lab.Kubernetes;

/// <summary>A label or field selector. Every requirement must hold.</summary>
public sealed class Selector
{
    private enum Operator
    {
        In,
        NotIn,
        Exists,
        DoesNotExist,
        GreaterThan,
        LessThan,
    }

    private sealed record Requirement(string Key, Operator Operator, IReadOnlyList<string> Values)
    {
        public bool Holds(string? value) =>
            Operator switch
            {
                Operator.In => value is not null && Values.Contains(value),
                Operator.NotIn => value is null || !Values.Contains(value),
                Operator.Exists => value is not null,
                Operator.DoesNotExist => value is null,
                Operator.GreaterThan => long.TryParse(value, out var more)
                    && long.TryParse(Values[0], out var than)
                    && more > than,
                Operator.LessThan => long.TryParse(value, out var less)
                    && long.TryParse(Values[0], out var limit)
                    && less < limit,
                _ => false,
            };
    }

    private readonly IReadOnlyList<Requirement> _requirements;

    private Selector(IReadOnlyList<Requirement> requirements) => _requirements = requirements;

    public static Selector Everything { get; } = new([]);

    public bool IsEmpty => _requirements.Count == 0;

    /// <summary>Reads <c>a=b,c!=d,e in (f,g),h,!i</c>.</summary>
    /// <exception cref="KubeException">400: the text is not a valid selector.</exception>
    public static Selector Labels(string? text)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            return Everything;
        }

        return new Selector([.. Split(text).Select(LabelRequirement)]);
    }

    /// <summary>Reads <c>metadata.name=a,status.phase!=Running</c>.</summary>
    public static Selector Fields(string? text)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            return Everything;
        }

        return new Selector([
            .. Split(text)
                .Select(t =>
                    Comparison(t) ?? throw KubeException.BadRequest($"invalid selector: '{text}'; can't understand '{t}'")
                ),
        ]);
    }

    /// <summary>
    /// Reads <c>matchLabels</c> and <c>matchExpressions</c>. A null selector matches nothing, an empty one everything.
    /// </summary>
    public static Selector? Of(JsonNode? labelSelector)
    {
        if (labelSelector is not JsonObject o)
        {
            return null;
        }

        var all = Map(o.At("matchLabels")).Concat(o.Items("matchExpressions").Select(Expression));
        return new Selector([.. all]);
    }

    /// <summary>A selector that requires every label of a map: a service's selector, a pod's node selector.</summary>
    public static Selector OfMap(JsonNode? map) => new([.. Map(map)]);

    /// <summary>One term of a node affinity.</summary>
    public static Selector OfTerm(JsonObject term) => new([.. term.Items("matchExpressions").Select(Expression)]);

    public static Selector OfFieldTerm(JsonObject term) => new([.. term.Items("matchFields").Select(Expression)]);

    public bool MatchesLabels(JsonObject o) => Matches(key => o.Label(key));

    public bool MatchesLabelMap(JsonNode? labels) => Matches(key => labels.Text(key));

    public bool MatchesFields(JsonObject o) => Matches(key => Field(o, key));

    private bool Matches(Func<string, string?> value) => _requirements.All(r => r.Holds(value(r.Key)));

    /// <summary>An absent field counts as empty, so that <c>spec.nodeName=</c> matches pods without a node.</summary>
    private static string Field(JsonObject o, string path)
    {
        var node = o.At(path.Split('.'));
        return node switch
        {
            null => path == "spec.unschedulable" ? "false" : "",
            JsonValue value => value.ToString() is var text && text is "True" or "False"
                ? text.ToLowerInvariant()
                : value.ToString(),
            _ => node.ToJsonString(),
        };
    }

    private static IEnumerable<Requirement> Map(JsonNode? map) =>
        map is JsonObject o ? o.Select(p => new Requirement(p.Key, Operator.In, [p.Value?.ToString() ?? ""])) : [];

    private static Requirement Expression(JsonObject e)
    {
        var values = e.At("values") is JsonArray list ? list.Select(v => v?.ToString() ?? "").ToArray() : [];
        return new Requirement(
            e.Text("key") ?? "",
            e.Text("operator") switch
            {
                "In" => Operator.In,
                "NotIn" => Operator.NotIn,
                "Exists" => Operator.Exists,
                "DoesNotExist" => Operator.DoesNotExist,
                "Gt" => Operator.GreaterThan,
                "Lt" => Operator.LessThan,
                var other => throw KubeException.BadRequest($"\"{other}\" is not a valid label selector operator"),
            },
            values
        );
    }

    private static Requirement LabelRequirement(string text)
    {
        if (Comparison(text) is { } comparison)
        {
            return comparison;
        }

        if (text.StartsWith('!'))
        {
            return new Requirement(text[1..].Trim(), Operator.DoesNotExist, []);
        }

        var open = text.IndexOf('(', StringComparison.Ordinal);
        if (open < 0)
        {
            return text.Contains(' ', StringComparison.Ordinal)
                ? throw KubeException.BadRequest(
                    $"unable to parse requirement: found '{text}', expected: in, notin, =, ==, !=, gt, lt"
                )
                : new Requirement(text, Operator.Exists, []);
        }

        var words = text[..open].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var values = text[(open + 1)..].TrimEnd(')').Split(',', StringSplitOptions.TrimEntries);
        return words is [var key, "in" or "notin"]
            ? new Requirement(key, words[1] == "in" ? Operator.In : Operator.NotIn, values)
            : throw KubeException.BadRequest(
                $"unable to parse requirement: found '{text}', expected: in, notin, =, ==, !=, gt, lt"
            );
    }

    private static Requirement? Comparison(string text)
    {
        if (text.Contains('(', StringComparison.Ordinal))
        {
            return null;
        }

        var at = text.IndexOf('=', StringComparison.Ordinal);
        if (at < 1)
        {
            return null;
        }

        var not = text[at - 1] == '!';
        var key = text[..(not ? at - 1 : at)].Trim();
        var value = text[(at + 1)..].TrimStart('=').Trim();
        return new Requirement(key, not ? Operator.NotIn : Operator.In, [value]);
    }

    private static List<string> Split(string text)
    {
        var parts = new List<string>();
        var (depth, start) = (0, 0);
        for (var i = 0; i <= text.Length; i++)
        {
            if (i == text.Length || (text[i] == ',' && depth == 0))
            {
                parts.Add(text[start..i].Trim());
                start = i + 1;
            }
            else
            {
                depth +=
                    text[i] == '(' ? 1
                    : text[i] == ')' ? -1
                    : 0;
            }
        }

        return parts;
    }
}
