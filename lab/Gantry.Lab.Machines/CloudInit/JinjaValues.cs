using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Gantry.Lab.Machines.CloudInit;

/// <summary>
/// A name the template uses and nobody defines; printed the way cloud-init marks it. Without a name: an inline <c>if</c>
/// that has no <c>else</c>, which prints nothing.
/// </summary>
internal sealed record JinjaUndefined(string Name)
{
    public override string ToString() => Name.Length == 0 ? "" : "CI_MISSING_JINJA_VAR/" + Name;
}

/// <summary>Jinja's values are Python's: text, numbers, booleans, none, lists and dictionaries, with filters and methods on them.</summary>
internal static class JinjaValues
{
    /// <summary>The instance data as a template sees it: a key with <c>-</c> or <c>.</c> is also there with <c>_</c>.</summary>
    public static object? From(JsonNode? node) => node switch
    {
        null => null,
        JsonObject map => Aliased(map),
        JsonArray list => list.Select(From).ToList(),
        JsonValue value when value.TryGetValue<bool>(out var flag) => flag,
        JsonValue value when value.TryGetValue<long>(out var number) => number,
        JsonValue value when value.TryGetValue<double>(out var real) => real,
        _ => node.ToString(),
    };

    public static bool IsTrue(object? value) => value switch
    {
        null or JinjaUndefined or false or "" or 0L or 0d => false,
        List<object?> list => list.Count > 0,
        Dictionary<string, object?> map => map.Count > 0,
        _ => true,
    };

    public static string Text(object? value) => value switch
    {
        null => "None",
        true => "True",
        false => "False",
        string text => text,
        double real => real == Math.Floor(real) && Math.Abs(real) < 1e15 ? real.ToString("0.0", CultureInfo.InvariantCulture) : real.ToString("R", CultureInfo.InvariantCulture),
        List<object?> list => $"[{string.Join(", ", list.Select(Quoted))}]",
        Dictionary<string, object?> map => $"{{{string.Join(", ", map.Select(pair => $"'{pair.Key}': {Quoted(pair.Value)}"))}}}",
        _ => value.ToString()!,
    };

    public static object? Member(object? value, object? key) => (value, key) switch
    {
        (JinjaUndefined missing, _) => throw new JinjaException($"'{missing.Name}' is undefined"),
        (Dictionary<string, object?> map, string name) => map.TryGetValue(name, out var found) ? found : new JinjaUndefined(name),
        (List<object?> list, long i) => (i < 0 ? i + list.Count : i) is var at && at >= 0 && at < list.Count ? list[(int)at] : new JinjaUndefined(i.ToString()),
        (string text, long i) => (i < 0 ? i + text.Length : i) is var at && at >= 0 && at < text.Length ? text[(int)at].ToString() : new JinjaUndefined(i.ToString()),
        _ => new JinjaUndefined(Text(key)),
    };

    public static IReadOnlyList<object?> Items(object? value) => value switch
    {
        JinjaUndefined => [],
        List<object?> list => list,
        Dictionary<string, object?> map => [.. map.Keys],
        string text => [.. text.Select(c => (object?)c.ToString())],
        _ => throw new JinjaException($"'{Text(value)}' object is not iterable"),
    };

    public static object? Method(object? value, string name, IReadOnlyList<object?> arguments)
    {
        string Argument(int i) => Text(arguments[i]);
        return (value, name, arguments.Count) switch
        {
            (JinjaUndefined missing, _, _) => throw new JinjaException($"'{missing.Name}' is undefined"),
            (string text, "upper", 0) => text.ToUpperInvariant(),
            (string text, "lower", 0) => text.ToLowerInvariant(),
            (string text, "strip", 0) => text.Trim(),
            (string text, "lstrip", 0) => text.TrimStart(),
            (string text, "rstrip", 0) => text.TrimEnd(),
            (string text, "title", 0) => Title(text),
            (string text, "capitalize", 0) => Capital(text),
            (string text, "startswith", 1) => text.StartsWith(Argument(0), StringComparison.Ordinal),
            (string text, "endswith", 1) => text.EndsWith(Argument(0), StringComparison.Ordinal),
            (string text, "replace", 2) => text.Replace(Argument(0), Argument(1), StringComparison.Ordinal),
            (string text, "split", 0) => text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Select(o => (object?)o).ToList(),
            (string text, "split", 1) => text.Split(Argument(0)).Select(o => (object?)o).ToList(),
            (string text, "split", 2) => text.Split(Argument(0), (int)(long)arguments[1]! + 1).Select(o => (object?)o).ToList(),
            (string text, "join", 1) => string.Join(text, Items(arguments[0]).Select(Text)),
            (Dictionary<string, object?> map, "get", 1 or 2) => map.TryGetValue(Argument(0), out var found) ? found : arguments.Count > 1 ? arguments[1] : null,
            (Dictionary<string, object?> map, "keys", 0) => map.Keys.Select(o => (object?)o).ToList(),
            (Dictionary<string, object?> map, "values", 0) => map.Values.ToList(),
            (Dictionary<string, object?> map, "items", 0) => map.Select(pair => (object?)new List<object?> { pair.Key, pair.Value }).ToList(),
            _ => throw new JinjaException($"no method '{name}' with {arguments.Count} arguments on {Text(value)}"),
        };
    }

    public static object? Filter(object? value, string name, IReadOnlyList<object?> arguments) => name switch
    {
        "default" or "d" => value is JinjaUndefined || arguments.Count > 1 && IsTrue(arguments[1]) && !IsTrue(value)
            ? arguments.Count > 0 ? arguments[0] : "" : value,
        "upper" => Text(value).ToUpperInvariant(),
        "lower" => Text(value).ToLowerInvariant(),
        "capitalize" => Capital(Text(value)),
        "title" => Title(Text(value)),
        "trim" => Text(value).Trim(),
        "string" => Text(value),
        "replace" when arguments.Count >= 2 => Text(value).Replace(Text(arguments[0]), Text(arguments[1]), StringComparison.Ordinal),
        "int" => long.TryParse(Text(value), CultureInfo.InvariantCulture, out var number) ? number : arguments.Count > 0 ? arguments[0] : 0L,
        "length" or "count" => value is string text ? (long)text.Length : (long)Items(value).Count,
        "first" => Items(value) is [var first, ..] ? first : new JinjaUndefined("first"),
        "last" => Items(value) is [.., var last] ? last : new JinjaUndefined("last"),
        "list" => Items(value).ToList(),
        "sort" => Items(value).OrderBy(Text, StringComparer.OrdinalIgnoreCase).ToList(),
        "unique" => Items(value).DistinctBy(Text, StringComparer.OrdinalIgnoreCase).ToList(),
        "reverse" => value is string backwards ? new string([.. backwards.Reverse()]) : Items(value).Reverse().ToList(),
        "join" => string.Join(arguments.Count > 0 ? Text(arguments[0]) : "", Items(value).Select(Text)),
        "indent" => Text(value).Replace("\n", "\n" + new string(' ', arguments.Count > 0 ? (int)(long)arguments[0]! : 4), StringComparison.Ordinal),
        "tojson" => Json(value),
        "abs" => value is long whole ? Math.Abs(whole) : throw new JinjaException("abs needs a number"),
        _ => throw new JinjaException($"No filter named '{name}'."),
    };

    public static bool Test(object? value, string name) => name switch
    {
        "defined" => value is not JinjaUndefined,
        "undefined" => value is JinjaUndefined,
        "none" => value is null,
        "string" => value is string,
        "number" => value is long or double,
        "integer" => value is long,
        "boolean" => value is bool,
        "mapping" => value is Dictionary<string, object?>,
        "sequence" or "iterable" => value is List<object?> or string or Dictionary<string, object?>,
        "true" => value is true,
        "false" => value is false,
        "even" => value is long even && even % 2 == 0,
        "odd" => value is long odd && odd % 2 != 0,
        _ => throw new JinjaException($"No test named '{name}'."),
    };

    public static object? Operate(string op, object? left, object? right)
    {
        if (op == "~")
        {
            return Text(left) + Text(right);
        }

        foreach (var side in (object?[])[left, right])
        {
            if (side is JinjaUndefined missing && op is not ("==" or "!="))
            {
                throw new JinjaException(op == "-"
                    ? $"Undefined jinja variable: \"{missing.Name}-…\". Jinja tried subtraction. Perhaps you meant \"{missing.Name}_…\"?"
                    : $"'{missing.Name}' is undefined");
            }
        }

        return (op, left, right) switch
        {
            ("==", _, _) => AreEqual(left, right),
            ("!=", _, _) => !AreEqual(left, right),
            ("in", _, string text) => text.Contains(Text(left), StringComparison.Ordinal),
            ("in", _, _) => Items(right).Any(item => AreEqual(item, left)),
            ("+", string a, string b) => a + b,
            ("+", List<object?> a, List<object?> b) => a.Concat(b).ToList(),
            ("+", long a, long b) => a + b,
            ("-", long a, long b) => a - b,
            ("*", long a, long b) => a * b,
            ("//", long a, long b) when b != 0 => (long)Math.Floor((double)a / b),
            ("/", long a, long b) when b != 0 => (double)a / b,
            ("%", long a, long b) when b != 0 => ((a % b) + b) % b,
            ("<", long a, long b) => a < b,
            (">", long a, long b) => a > b,
            ("<=", long a, long b) => a <= b,
            (">=", long a, long b) => a >= b,
            ("<", string a, string b) => string.CompareOrdinal(a, b) < 0,
            (">", string a, string b) => string.CompareOrdinal(a, b) > 0,
            ("<=", string a, string b) => string.CompareOrdinal(a, b) <= 0,
            (">=", string a, string b) => string.CompareOrdinal(a, b) >= 0,
            _ => throw new JinjaException($"unsupported operand type(s) for {op}: {Text(left)} and {Text(right)}"),
        };
    }

    private static bool AreEqual(object? left, object? right) =>
        left is List<object?> or Dictionary<string, object?> ? Json(left) == Json(right) : Equals(left, right);

    private static Dictionary<string, object?> Aliased(JsonObject map)
    {
        var result = new Dictionary<string, object?>(StringComparer.Ordinal);
        foreach (var (key, node) in map.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            var value = From(node);
            result[key] = value;
            var alias = key.Replace('-', '_').Replace('.', '_');
            result[alias] = value;
            if (value is Dictionary<string, object?> inner && key.Length > 1 && key[0] == 'v' && key.Skip(1).All(char.IsAsciiDigit))
            {
                foreach (var (name, standard) in inner)
                {
                    result[name] = standard;
                }
            }
        }

        return result;
    }

    private static string Quoted(object? value) => value is string text ? $"'{text.Replace("'", "\\'", StringComparison.Ordinal)}'" : Text(value);

    private static string Capital(string text) => text.Length == 0 ? text : char.ToUpperInvariant(text[0]) + text[1..].ToLowerInvariant();

    private static string Title(string text)
    {
        var result = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            result.Append(i == 0 || !char.IsLetter(text[i - 1]) ? char.ToUpperInvariant(text[i]) : char.ToLowerInvariant(text[i]));
        }

        return result.ToString();
    }

    private static string Json(object? value) => value switch
    {
        null => "null",
        bool flag => flag ? "true" : "false",
        string text => System.Text.Json.JsonSerializer.Serialize(text),
        List<object?> list => $"[{string.Join(", ", list.Select(Json))}]",
        Dictionary<string, object?> map => $"{{{string.Join(", ", map.Select(pair => $"{Json(pair.Key)}: {Json(pair.Value)}"))}}}",
        _ => Text(value),
    };
}
