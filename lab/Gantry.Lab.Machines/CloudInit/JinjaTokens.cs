using System.Text;
using System.Text.RegularExpressions;

namespace Gantry.Lab.Machines.CloudInit;

/// <summary>A template that Jinja would refuse, or that uses what this reading of it does not know.</summary>
internal sealed class JinjaException(string message) : Exception(message);

/// <summary>A stretch of a template: text, an expression between braces, or a statement.</summary>
internal readonly record struct JinjaPiece(char Kind, string Text);

/// <param name="Kind"><c>n</c> name, <c>d</c> number, <c>s</c> string, <c>o</c> operator.</param>
internal readonly record struct JinjaToken(char Kind, string Text);

internal static partial class JinjaTokens
{
    /// <summary>
    /// Cuts a template as cloud-init has Jinja do it: <c>trim_blocks</c> on (the newline after a statement or comment goes),
    /// <c>lstrip_blocks</c> off, one newline at the end dropped.
    /// </summary>
    public static IReadOnlyList<JinjaPiece> Cut(string template)
    {
        var source = template.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n');
        source = source.EndsWith('\n') ? source[..^1] : source;
        var pieces = new List<JinjaPiece>();
        var at = 0;
        var trimNext = false;
        while (at < source.Length)
        {
            var open = NextOpening(source, at);
            var text = open < 0 ? source[at..] : source[at..open];
            text = trimNext ? text.TrimStart() : text;
            trimNext = false;
            if (open < 0)
            {
                pieces.Add(new JinjaPiece('t', text));
                break;
            }

            var kind = source[open + 1];
            var inside = open + 2;
            var trimsBefore = inside < source.Length && source[inside] == '-';
            if (trimsBefore || inside < source.Length && source[inside] == '+')
            {
                inside++;
            }

            pieces.Add(new JinjaPiece('t', trimsBefore ? text.TrimEnd() : text));
            var close = Closing(source, inside, kind);
            var body = source[inside..close];
            at = close + 2;
            if (body.EndsWith('-'))
            {
                body = body[..^1];
                trimNext = true;
            }
            else if (kind != '{' && !body.EndsWith('+') && at < source.Length && source[at] == '\n')
            {
                at++;
            }

            body = body.TrimEnd('+').Trim();
            if (kind == '%' && body == "raw")
            {
                var end = EndOfRaw().Match(source, at);
                if (!end.Success)
                {
                    throw new JinjaException("Missing end of raw directive");
                }

                pieces.Add(new JinjaPiece('t', source[at..end.Index]));
                at = end.Index + end.Length;
            }
            else if (kind != '#')
            {
                pieces.Add(new JinjaPiece(kind == '{' ? 'e' : 's', body));
            }
        }

        return pieces;
    }

    public static IReadOnlyList<JinjaToken> Of(string expression)
    {
        var tokens = new List<JinjaToken>();
        var at = 0;
        while (at < expression.Length)
        {
            if (char.IsWhiteSpace(expression[at]))
            {
                at++;
                continue;
            }

            var match = Token().Match(expression, at);
            if (!match.Success)
            {
                throw new JinjaException($"unexpected char '{expression[at]}' in \"{expression}\"");
            }

            tokens.Add(match switch
            {
                _ when match.Groups["name"].Success => new JinjaToken('n', match.Value),
                _ when match.Groups["number"].Success => new JinjaToken('d', match.Value.Replace("_", "", StringComparison.Ordinal)),
                _ when match.Groups["string"].Success => new JinjaToken('s', Unescape(match.Value[1..^1])),
                _ => new JinjaToken('o', match.Value),
            });
            at += match.Length;
        }

        return tokens;
    }

    private static int NextOpening(string source, int from)
    {
        for (var i = from; i + 1 < source.Length; i++)
        {
            if (source[i] == '{' && source[i + 1] is '{' or '%' or '#')
            {
                return i;
            }
        }

        return -1;
    }

    private static int Closing(string source, int from, char kind)
    {
        var end = kind switch { '{' => "}}", '%' => "%}", _ => "#}" };
        var quote = '\0';
        var depth = 0;
        for (var i = from; i + 1 < source.Length; i++)
        {
            var c = source[i];
            if (kind != '#' && quote != '\0')
            {
                i += c == '\\' ? 1 : 0;
                quote = c == quote ? '\0' : quote;
            }
            else if (kind != '#' && c is '"' or '\'')
            {
                quote = c;
            }
            else if (depth == 0 && c == end[0] && source[i + 1] == end[1])
            {
                return i;
            }
            else if (kind == '{')
            {
                depth += c == '{' ? 1 : c == '}' ? -1 : 0;
            }
        }

        throw new JinjaException($"unexpected end of template, expected '{end}'");
    }

    private static string Unescape(string text)
    {
        var result = new StringBuilder();
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '\\' || i + 1 == text.Length)
            {
                result.Append(text[i]);
                continue;
            }

            i++;
            result.Append(text[i] switch { 'n' => "\n", 't' => "\t", 'r' => "\r", '\\' or '\'' or '"' => text[i].ToString(), var other => "\\" + other });
        }

        return result.ToString();
    }

    [GeneratedRegex(@"\G(?:(?<name>[A-Za-z_][A-Za-z0-9_]*)|(?<number>[0-9][0-9_]*(?:\.[0-9]+)?)|(?<string>'(?:[^'\\]|\\.)*'|""(?:[^""\\]|\\.)*"")|(?<op>//|\*\*|==|!=|<=|>=|[-+*/%~<>=.,:|()\[\]{}]))", RegexOptions.Singleline)]
    private static partial Regex Token();

    [GeneratedRegex(@"\{%[-+]?\s*endraw\s*[-+]?%\}\n?")]
    private static partial Regex EndOfRaw();
}
