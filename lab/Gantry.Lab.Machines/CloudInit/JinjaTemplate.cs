using System.Globalization;
using System.Text;

namespace Gantry.Lab.Machines.CloudInit;

/// <summary>
/// Renders the Jinja that user-data uses: expressions with filters, methods and tests, <c>if</c>, <c>for</c>, <c>set</c>,
/// <c>raw</c>. What it does not know is an error, never silently dropped text.
/// </summary>
internal sealed class JinjaTemplate
{
    private readonly IReadOnlyList<JinjaPiece> pieces;
    private readonly Dictionary<string, object?> names;
    private readonly StringBuilder output = new();

    private JinjaTemplate(IReadOnlyList<JinjaPiece> pieces, Dictionary<string, object?> names)
    {
        this.pieces = pieces;
        this.names = names;
    }

    /// <exception cref="JinjaException">The template is wrong or reaches into something undefined.</exception>
    public static string Render(string template, Dictionary<string, object?> names)
    {
        var run = new JinjaTemplate(JinjaTokens.Cut(template), new Dictionary<string, object?>(names, StringComparer.Ordinal));
        var end = run.Block(0, live: true, []);
        if (end < run.pieces.Count)
        {
            throw new JinjaException($"Encountered unknown tag '{Word(run.pieces[end].Text)}'.");
        }

        return run.output.Append(template.EndsWith('\n') ? "\n" : "").ToString();
    }

    // Runs pieces until one of the words that end the block; a block that is not live is only walked through.
    private int Block(int at, bool live, string[] until)
    {
        while (at < pieces.Count)
        {
            var piece = pieces[at];
            if (piece.Kind == 't')
            {
                output.Append(live ? piece.Text : "");
                at++;
            }
            else if (piece.Kind == 'e')
            {
                output.Append(live ? JinjaValues.Text(Evaluate(piece.Text)) : "");
                at++;
            }
            else if (until.Contains(Word(piece.Text)))
            {
                return at;
            }
            else
            {
                at = Word(piece.Text) switch
                {
                    "if" => If(at, live),
                    "for" => For(at, live),
                    "set" => Set(at, live),
                    _ => throw new JinjaException($"Encountered unknown tag '{Word(piece.Text)}'."),
                };
            }
        }

        return until.Length == 0 ? at : throw new JinjaException($"Unexpected end of template. Looking for '{string.Join("' or '", until)}'.");
    }

    private int If(int at, bool live)
    {
        var taken = false;
        while (true)
        {
            var text = pieces[at].Text;
            var word = Word(text);
            if (word == "endif")
            {
                return at + 1;
            }

            var chosen = live && !taken && (word == "else" || JinjaValues.IsTrue(Evaluate(text[word.Length..])));
            taken |= chosen;
            at = Block(at + 1, chosen, word == "else" ? ["endif"] : ["elif", "else", "endif"]);
        }
    }

    private int For(int at, bool live)
    {
        var text = pieces[at].Text["for".Length..];
        var cut = text.IndexOf(" in ", StringComparison.Ordinal);
        if (cut < 0)
        {
            throw new JinjaException("expected token 'in' in a for statement");
        }

        var targets = text[..cut].Split(',', StringSplitOptions.TrimEntries);
        var items = live ? JinjaValues.Items(Evaluate(text[(cut + 4)..])) : [];
        var saved = new Dictionary<string, object?>(names, StringComparer.Ordinal);
        var end = at;
        for (var i = 0; i < items.Count; i++)
        {
            names["loop"] = new Dictionary<string, object?>(StringComparer.Ordinal)
            {
                ["index"] = i + 1L,
                ["index0"] = (long)i,
                ["first"] = i == 0,
                ["last"] = i == items.Count - 1,
                ["length"] = (long)items.Count,
            };
            for (var t = 0; t < targets.Length; t++)
            {
                names[targets[t]] = targets.Length == 1 ? items[i] : JinjaValues.Items(items[i])[t];
            }

            end = Block(at + 1, live, ["else", "endfor"]);
        }

        // What a loop sets ends with it.
        names.Clear();
        foreach (var (name, value) in saved)
        {
            names[name] = value;
        }

        if (items.Count == 0)
        {
            end = Block(at + 1, live: false, ["else", "endfor"]);
        }

        if (Word(pieces[end].Text) == "else")
        {
            end = Block(end + 1, live && items.Count == 0, ["endfor"]);
        }

        return end + 1;
    }

    private int Set(int at, bool live)
    {
        var text = pieces[at].Text["set".Length..];
        var equals = text.IndexOf('=', StringComparison.Ordinal);
        if (equals < 0)
        {
            throw new JinjaException("block set is not known here; write {% set name = value %}");
        }

        if (live)
        {
            names[text[..equals].Trim()] = Evaluate(text[(equals + 1)..]);
        }

        return at + 1;
    }

    private static string Word(string statement) => statement.Split([' ', '\t', '\n', '('], 2)[0];

    private object? Evaluate(string expression) => new Expression(JinjaTokens.Of(expression), names, expression).Whole();

    /// <summary>Reads and computes an expression in one go, lowest precedence first.</summary>
    private sealed class Expression(IReadOnlyList<JinjaToken> tokens, Dictionary<string, object?> names, string source)
    {
        private int at;

        public object? Whole()
        {
            var value = Choice();
            return at == tokens.Count ? value : throw Unexpected();
        }

        private object? Choice()
        {
            var value = Or();
            while (Name("if"))
            {
                var condition = JinjaValues.IsTrue(Or());
                var otherwise = Name("else") ? Choice() : new JinjaUndefined("");
                value = condition ? value : otherwise;
            }

            return value;
        }

        private object? Or()
        {
            var value = And();
            while (Name("or"))
            {
                var right = And();
                value = JinjaValues.IsTrue(value) ? value : right;
            }

            return value;
        }

        private object? And()
        {
            var value = Not();
            while (Name("and"))
            {
                var right = Not();
                value = JinjaValues.IsTrue(value) ? right : value;
            }

            return value;
        }

        private object? Not() => Name("not") ? !JinjaValues.IsTrue(Not()) : Compare();

        private object? Compare()
        {
            var value = Sum();
            while (true)
            {
                if (Any("==", "!=", "<=", ">=", "<", ">") is { } op)
                {
                    value = JinjaValues.Operate(op, value, Sum());
                }
                else if (Name("in"))
                {
                    value = JinjaValues.Operate("in", value, Sum());
                }
                else if (at + 1 < tokens.Count && tokens[at] == new JinjaToken('n', "not") && tokens[at + 1] == new JinjaToken('n', "in"))
                {
                    at += 2;
                    value = !JinjaValues.IsTrue(JinjaValues.Operate("in", value, Sum()));
                }
                else
                {
                    return value;
                }
            }
        }

        private object? Sum()
        {
            var value = Product();
            while (Any("+", "-", "~") is { } op)
            {
                value = JinjaValues.Operate(op, value, Product());
            }

            return value;
        }

        private object? Product()
        {
            var value = Unary();
            while (Any("*", "//", "/", "%") is { } op)
            {
                value = JinjaValues.Operate(op, value, Unary());
            }

            return value;
        }

        private object? Unary() => Any("-") is null ? Postfix(Primary()) : JinjaValues.Operate("-", 0L, Unary());

        private object? Postfix(object? value)
        {
            while (true)
            {
                if (Any(".") is not null)
                {
                    var name = Take('n') ?? Take('d') ?? throw Unexpected();
                    value = Any("(") is not null
                        ? JinjaValues.Method(value, name, Arguments())
                        : JinjaValues.Member(value, long.TryParse(name, CultureInfo.InvariantCulture, out var i) ? i : name);
                }
                else if (Any("[") is not null)
                {
                    value = JinjaValues.Member(value, Choice());
                    Expect("]");
                }
                else if (Any("|") is not null)
                {
                    var name = Take('n') ?? throw Unexpected();
                    value = JinjaValues.Filter(value, name, Any("(") is not null ? Arguments() : []);
                }
                else if (Name("is"))
                {
                    var negated = Name("not");
                    value = JinjaValues.Test(value, Take('n') ?? throw Unexpected()) != negated;
                }
                else
                {
                    return value;
                }
            }
        }

        private object? Primary()
        {
            if (Take('s') is { } text)
            {
                while (Take('s') is { } more)
                {
                    text += more;
                }

                return text;
            }

            if (Take('d') is { } number)
            {
                return number.Contains('.', StringComparison.Ordinal)
                    ? (object)double.Parse(number, CultureInfo.InvariantCulture)
                    : long.Parse(number, CultureInfo.InvariantCulture);
            }

            if (Take('n') is { } name)
            {
                return name switch
                {
                    "true" or "True" => true,
                    "false" or "False" => false,
                    "none" or "None" => null,
                    "range" when Any("(") is not null => Range(Arguments()),
                    _ => names.TryGetValue(name, out var value) ? value : new JinjaUndefined(name),
                };
            }

            if (Any("(") is not null)
            {
                var inner = Choice();
                Expect(")");
                return inner;
            }

            if (Any("[") is not null)
            {
                var list = new List<object?>();
                while (Any("]") is null)
                {
                    list.Add(Choice());
                    if (Any(",") is null)
                    {
                        Expect("]");
                        break;
                    }
                }

                return list;
            }

            throw Unexpected();
        }

        private static object? Range(IReadOnlyList<object?> arguments)
        {
            var (from, to) = arguments.Count > 1 ? ((long)arguments[0]!, (long)arguments[1]!) : (0L, (long)arguments[0]!);
            return Enumerable.Range((int)from, (int)Math.Clamp(to - from, 0, 100_000)).Select(i => (object?)(long)i).ToList();
        }

        private List<object?> Arguments()
        {
            var arguments = new List<object?>();
            while (Any(")") is null)
            {
                if (at + 1 < tokens.Count && tokens[at].Kind == 'n' && tokens[at + 1] == new JinjaToken('o', "="))
                {
                    at += 2;
                }

                arguments.Add(Choice());
                if (Any(",") is null)
                {
                    Expect(")");
                    break;
                }
            }

            return arguments;
        }

        private bool Name(string name)
        {
            if (at < tokens.Count && tokens[at] == new JinjaToken('n', name))
            {
                at++;
                return true;
            }

            return false;
        }

        private string? Take(char kind) => at < tokens.Count && tokens[at].Kind == kind ? tokens[at++].Text : null;

        private string? Any(params ReadOnlySpan<string> operators) =>
            at < tokens.Count && tokens[at].Kind == 'o' && operators.Contains(tokens[at].Text) ? tokens[at++].Text : null;

        private void Expect(string op)
        {
            if (Any(op) is null)
            {
                throw Unexpected();
            }
        }

        private JinjaException Unexpected() =>
            new(at < tokens.Count ? $"unexpected '{tokens[at].Text}' in \"{source.Trim()}\"" : $"unexpected end of expression in \"{source.Trim()}\"");
    }
}
