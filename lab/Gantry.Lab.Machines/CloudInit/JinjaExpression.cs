using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Gantry.Lab.Machines.CloudInit;

/// <summary>A value of an expression.</summary>
/// <param name="Missing">The name of an undefined variable, which cloud-init prints with a marker.</param>
internal readonly record struct JinjaValue(JsonNode? Node, string? Missing = null)
{
    public string Text => Missing is null ? PythonText.Of(Node) : "CI_MISSING_JINJA_VAR/" + Missing;

    public bool IsTrue =>
        Missing is null
        && Node switch
        {
            null => false,
            JsonArray list => list.Count > 0,
            JsonObject map => map.Count > 0,
            JsonValue value when value.TryGetValue<string>(out var text) => text.Length > 0,
            _ => Text is not ("False" or "0" or "0.0"),
        };
}

/// <summary>
/// One expression: a string or a path into the instance data (<c>ds.meta_data['instance-id']</c>), followed by filters, and in a
/// condition <c>not</c>, <c>==</c>, <c>!=</c>, <c>is defined</c>.
/// </summary>
internal sealed partial class JinjaExpression(string source, JsonObject names)
{
    private readonly IReadOnlyList<string> _tokens = Tokens(source);
    private int _at;

    /// <exception cref="JinjaException">The expression is invalid, or reads a member of an undefined value.</exception>
    public JinjaValue Value()
    {
        var value = Operand();
        return _at == _tokens.Count ? value : throw Unexpected();
    }

    /// <inheritdoc cref="Value"/>
    public bool Holds()
    {
        var negated = Take("not");
        var left = Operand();
        var holds = left.IsTrue;
        if (Take("==") || Take("!="))
        {
            var differs = _tokens[_at - 1] is "!=";
            var right = Operand();
            holds = (left.Missing is null && right.Missing is null && JsonNode.DeepEquals(left.Node, right.Node)) != differs;
        }
        else if (Take("is"))
        {
            var absent = Take("not");
            Expect("defined");
            holds = left.Missing is null != absent;
        }

        return _at == _tokens.Count ? holds != negated : throw Unexpected();
    }

    private JinjaValue Operand()
    {
        var value = IsText() ? new JinjaValue(Text()) : Path();
        while (Take("|"))
        {
            value = Filter(value, Next());
        }

        return value;
    }

    private JinjaValue Path()
    {
        var value = Member(new JinjaValue(names), Name());
        while (true)
        {
            if (Take("."))
            {
                value = Member(value, Name());
            }
            else if (Take("["))
            {
                value =
                    IsText() ? Member(value, Text())
                    : int.TryParse(Next(), out var index) ? Item(value, index)
                    : throw Unexpected();
                Expect("]");
            }
            else
            {
                return value;
            }
        }
    }

    private JinjaValue Filter(JinjaValue value, string name)
    {
        var arguments = Arguments();
        return (name, arguments) switch
        {
            ("default" or "d", [var otherwise]) => value.Missing is null ? value : new JinjaValue(otherwise),
            ("upper", []) => new JinjaValue(value.Text.ToUpperInvariant()),
            ("lower", []) => new JinjaValue(value.Text.ToLowerInvariant()),
            ("replace", [var old, var replacement]) => new JinjaValue(
                value.Text.Replace(old, replacement, StringComparison.Ordinal)
            ),
            _ => throw new JinjaException($"No filter named '{name}' with {arguments.Count} arguments is known here."),
        };
    }

    private List<string> Arguments()
    {
        var arguments = new List<string>();
        if (Take("("))
        {
            do
            {
                arguments.Add(Text());
            } while (Take(","));
            Expect(")");
        }

        return arguments;
    }

    private static JinjaValue Member(JinjaValue value, string name) =>
        value switch
        {
            { Missing: { } missing } => throw new JinjaException($"'{missing}' is undefined"),
            { Node: JsonObject map } when map.TryGetPropertyValue(name, out var found) => new JinjaValue(found),
            _ => new JinjaValue(null, name),
        };

    private static JinjaValue Item(JinjaValue value, int index) =>
        value switch
        {
            { Missing: { } missing } => throw new JinjaException($"'{missing}' is undefined"),
            { Node: JsonArray list } when index < list.Count => new JinjaValue(list[index]),
            _ => new JinjaValue(null, $"{index}"),
        };

    private bool IsText() => _at < _tokens.Count && _tokens[_at][0] is '"' or '\'';

    private string Text() => IsText() ? Next()[1..^1] : throw Unexpected();

    private string Name() =>
        _at < _tokens.Count && (char.IsAsciiLetter(_tokens[_at][0]) || _tokens[_at][0] is '_') ? Next() : throw Unexpected();

    private string Next() => _at < _tokens.Count ? _tokens[_at++] : throw Unexpected();

    private bool Take(string token)
    {
        var there = _at < _tokens.Count && _tokens[_at] == token;
        _at += there ? 1 : 0;
        return there;
    }

    private void Expect(string token)
    {
        if (!Take(token))
        {
            throw Unexpected();
        }
    }

    private JinjaException Unexpected() =>
        new(
            _at < _tokens.Count
                ? $"'{_tokens[_at]}' in \"{source}\" is not known here"
                : $"unexpected end of expression in \"{source}\""
        );

    private static IReadOnlyList<string> Tokens(string source)
    {
        var tokens = new List<string>();
        for (var at = 0; at < source.Length; )
        {
            var token = Token().Match(source, at);
            if (!token.Success)
            {
                throw new JinjaException($"'{source[at]}' in \"{source}\" is not known here");
            }

            at += token.Length;
            if (!string.IsNullOrWhiteSpace(token.Value))
            {
                tokens.Add(token.Value);
            }
        }

        return tokens;
    }

    // Strings have no escapes: a string with a backslash is refused.
    [GeneratedRegex("""\G(?:\s+|[A-Za-z_][A-Za-z0-9_]*|[0-9]+|'[^'\\]*'|"[^"\\]*"|==|!=|[.|,()\[\]])""")]
    private static partial Regex Token();
}
