using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Gantry.Lab.Machines.Shell;

internal sealed partial class ShellRun
{
    private async Task<List<string>> ExpandAllAsync(
        IReadOnlyList<Word> words,
        ShellStreams streams,
        CancellationToken cancellationToken
    )
    {
        var result = new List<string>();
        foreach (var word in words)
        {
            var current = new StringBuilder();
            var started = false;
            foreach (var part in word.Parts)
            {
                var text = await ExpandAsync(part, streams, cancellationToken);
                if (part.Quoted || part is WordPart.Literal)
                {
                    current.Append(text);
                    started = true;
                    continue;
                }

                var fields = text.Split([' ', '\t', '\n'], StringSplitOptions.RemoveEmptyEntries);
                for (var i = 0; i < fields.Length; i++)
                {
                    if (i > 0)
                    {
                        result.Add(current.ToString());
                        current.Clear();
                    }

                    current.Append(fields[i]);
                    started = true;
                }
            }

            if (!started)
            {
                continue;
            }

            var expanded = current.ToString();
            var globs =
                word.Parts.Any(part =>
                    !part.Quoted && part is WordPart.Literal literal && literal.Text.AsSpan().ContainsAny('*', '?')
                ) && expanded.StartsWith('/');
            var matches = globs ? files.Below("/").Where(path => Glob(expanded, path: true).IsMatch(path)).ToArray() : [];
            result.AddRange(matches.Length > 0 ? matches : [expanded]);
        }

        return result;
    }

    private async Task<string> ExpandOneAsync(Word word, ShellStreams streams, CancellationToken cancellationToken)
    {
        var text = new StringBuilder();
        foreach (var part in word.Parts)
        {
            text.Append(await ExpandAsync(part, streams, cancellationToken));
        }

        return text.ToString();
    }

    private async Task<string> ExpandAsync(WordPart part, ShellStreams streams, CancellationToken cancellationToken)
    {
        switch (part)
        {
            case WordPart.Literal literal:
                return literal.Text;
            case WordPart.Variable variable:
                var value = Value(variable.Name);
                return value.Length == 0 && variable.Fallback is { } fallback ? fallback : value;
            case WordPart.Arithmetic arithmetic:
                return Sum(arithmetic.Expression).ToString(CultureInfo.InvariantCulture);
            case WordPart.Command command:
                var output = new StringBuilder();
                try
                {
                    await RunAsync(
                        ShellParser.Parse(command.Script),
                        new ShellStreams(streams.Input, output, streams.Errors),
                        cancellationToken
                    );
                }
                catch (ShellExit exit)
                {
                    _status = exit.Status;
                }

                return output.ToString().TrimEnd('\n');
            default:
                throw new InvalidOperationException(part.GetType().Name);
        }
    }

    private string Value(string name) =>
        name switch
        {
            "?" => _status.ToString(CultureInfo.InvariantCulture),
            "#" => _parameters.Length.ToString(CultureInfo.InvariantCulture),
            "@" or "*" => string.Join(' ', _parameters),
            "$" => "1000",
            "0" => _scriptName,
            _ when int.TryParse(name, CultureInfo.InvariantCulture, out var i) => _parameters.ElementAtOrDefault(i - 1) ?? "",
            _ => _variables.GetValueOrDefault(name, ""),
        };

    // Whole numbers with + - * / % and comparison, left to right at two levels of precedence: sufficient for retry counters.
    private long Sum(string expression)
    {
        var items = Regex
            .Matches(expression, @"\d+|[A-Za-z_]\w*|\$\w+|<=|>=|==|!=|[-+*/%<>()]", RegexOptions.None, TimeSpan.FromSeconds(1))
            .Select(m => m.Value)
            .ToArray();
        var at = 0;
        long Atom()
        {
            var item =
                at < items.Length
                    ? items[at++]
                    : throw new ShellSyntaxException($"arithmetic expression: expecting primary: \"{expression}\"");
            if (item == "(")
            {
                var inside = Compared();
                at++;
                return inside;
            }

            return item == "-" ? -Atom()
                : long.TryParse(item, CultureInfo.InvariantCulture, out var number) ? number
                : long.TryParse(Value(item.TrimStart('$')), CultureInfo.InvariantCulture, out var held) ? held
                : 0;
        }

        long Product()
        {
            var value = Atom();
            while (at < items.Length && items[at] is "*" or "/" or "%")
            {
                var op = items[at++];
                var right = Atom();
                value = op switch
                {
                    "*" => value * right,
                    _ when right == 0 => throw new ShellSyntaxException("division by zero"),
                    "/" => value / right,
                    _ => value % right,
                };
            }

            return value;
        }

        long Added()
        {
            var value = Product();
            while (at < items.Length && items[at] is "+" or "-")
            {
                value = items[at++] == "+" ? value + Product() : value - Product();
            }

            return value;
        }

        long Compared()
        {
            var value = Added();
            while (at < items.Length && items[at] is "<" or ">" or "<=" or ">=" or "==" or "!=")
            {
                var op = items[at++];
                var right = Added();
                value = op switch
                {
                    "<" => value < right,
                    ">" => value > right,
                    "<=" => value <= right,
                    ">=" => value >= right,
                    "==" => value == right,
                    _ => value != right,
                }
                    ? 1
                    : 0;
            }

            return value;
        }

        return Compared();
    }
}
