namespace Gantry.Lab.Machines.Shell;

/// <summary>
/// Parses the subset of the POSIX shell language that bootstrap scripts use. Unsupported syntax (functions, background jobs,
/// arrays, traps) is a syntax error and never skipped.
/// </summary>
internal sealed class ShellParser
{
    private static readonly HashSet<string> Closers = new(StringComparer.Ordinal)
    {
        "then",
        "else",
        "elif",
        "fi",
        "do",
        "done",
        "esac",
        "}",
    };

    private readonly IReadOnlyList<ShellToken> _tokens;
    private int _at;

    private ShellParser(IReadOnlyList<ShellToken> tokens) => _tokens = tokens;

    /// <exception cref="ShellSyntaxException">Names the unexpected token.</exception>
    public static ShellNode Parse(string script)
    {
        var parser = new ShellParser(ShellLexer.Read(script));
        var program = parser.Sequence();
        return parser._at == parser._tokens.Count ? program : throw parser.Unexpected();
    }

    private ShellNode.Sequence Sequence()
    {
        var commands = new List<ShellNode>();
        while (true)
        {
            SkipNewlines(alsoSemicolons: false);
            if (
                _at >= _tokens.Count
                || IsOperator(")")
                || IsOperator(";;")
                || _tokens[_at].Word?.Bare is { } bare && Closers.Contains(bare)
            )
            {
                return new ShellNode.Sequence(commands);
            }

            commands.Add(AndOr());
            if (IsOperator("&"))
            {
                throw new ShellSyntaxException("background jobs (&) are not known to this machine's shell");
            }

            if (!Take(";") && !IsOperator("\n"))
            {
                return new ShellNode.Sequence(commands);
            }
        }
    }

    private ShellNode AndOr()
    {
        var first = Pipeline();
        var rest = new List<(bool, ShellNode)>();
        while (IsOperator("&&") || IsOperator("||"))
        {
            var and = _tokens[_at++].Operator == "&&";
            SkipNewlines(alsoSemicolons: false);
            rest.Add((and, Pipeline()));
        }

        return rest.Count == 0 ? first : new ShellNode.AndOr(first, rest);
    }

    private ShellNode Pipeline()
    {
        var negated = TakeWord("!");
        var commands = new List<ShellNode> { Command() };
        while (Take("|"))
        {
            SkipNewlines(alsoSemicolons: false);
            commands.Add(Command());
        }

        return commands.Count == 1 && !negated ? commands[0] : new ShellNode.Pipeline(commands, negated);
    }

    private ShellNode Command()
    {
        if (_at >= _tokens.Count)
        {
            throw Unexpected();
        }

        if (Take("("))
        {
            var body = Sequence();
            Expect(")");
            return new ShellNode.Group(body, Subshell: true, Redirects());
        }

        return _tokens[_at].Word?.Bare switch
        {
            "if" => If(),
            "while" or "until" => Loop(),
            "for" => For(),
            "case" => Case(),
            "{" => Braces(),
            "function" => throw new ShellSyntaxException("functions are not known to this machine's shell"),
            { } bare when Closers.Contains(bare) => throw Unexpected(),
            _ => Simple(),
        };
    }

    private ShellNode.Group Braces()
    {
        _at++;
        var body = Sequence();
        ExpectWord("}");
        return new ShellNode.Group(body, Subshell: false, Redirects());
    }

    private ShellNode.If If()
    {
        var branches = new List<(ShellNode, ShellNode)>();
        ShellNode? otherwise = null;
        do
        {
            _at++;
            var condition = Sequence();
            ExpectWord("then");
            branches.Add((condition, Sequence()));
        } while (_tokens.ElementAtOrDefault(_at)?.Word?.Bare == "elif");
        if (TakeWord("else"))
        {
            otherwise = Sequence();
        }

        ExpectWord("fi");
        return new ShellNode.If(branches, otherwise, Redirects());
    }

    private ShellNode.Loop Loop()
    {
        var until = _tokens[_at++].Word!.Bare == "until";
        var condition = Sequence();
        ExpectWord("do");
        var body = Sequence();
        ExpectWord("done");
        return new ShellNode.Loop(until, condition, body, Redirects());
    }

    private ShellNode.For For()
    {
        _at++;
        var name = _tokens.ElementAtOrDefault(_at++)?.Word?.Bare ?? throw Unexpected();
        var items = new List<Word>();
        ExpectWord("in");
        while (_at < _tokens.Count && _tokens[_at].Word is { } word)
        {
            items.Add(word);
            _at++;
        }

        SkipNewlines(alsoSemicolons: true);
        ExpectWord("do");
        var body = Sequence();
        ExpectWord("done");
        return new ShellNode.For(name, items, body, Redirects());
    }

    private ShellNode.Case Case()
    {
        _at++;
        var subject = _tokens.ElementAtOrDefault(_at++)?.Word ?? throw Unexpected();
        ExpectWord("in");
        SkipNewlines(alsoSemicolons: false);
        var branches = new List<(IReadOnlyList<Word>, ShellNode)>();
        while (!TakeWord("esac"))
        {
            Take("(");
            var patterns = new List<Word>();
            do
            {
                patterns.Add(_tokens.ElementAtOrDefault(_at++)?.Word ?? throw Unexpected());
            } while (Take("|"));
            Expect(")");
            branches.Add((patterns, Sequence()));
            Take(";;");
            SkipNewlines(alsoSemicolons: false);
        }

        return new ShellNode.Case(subject, branches);
    }

    private ShellNode.Simple Simple()
    {
        var assignments = new List<(string, Word)>();
        var words = new List<Word>();
        var redirects = new List<Redirect>();
        while (_at < _tokens.Count)
        {
            if (Redirection() is { } redirect)
            {
                redirects.Add(redirect);
            }
            else if (_tokens[_at].Word is not { } word)
            {
                break;
            }
            else if (words.Count == 0 && Assignment(word) is { } assignment)
            {
                assignments.Add(assignment);
                _at++;
            }
            else
            {
                words.Add(word);
                _at++;
            }
        }

        if (IsOperator("(") && words.Count == 1)
        {
            throw new ShellSyntaxException("functions are not known to this machine's shell");
        }

        return words.Count + assignments.Count + redirects.Count > 0
            ? new ShellNode.Simple(assignments, words, redirects)
            : throw Unexpected();
    }

    private static (string, Word)? Assignment(Word word)
    {
        if (word.Parts is not [WordPart.Literal { Quoted: false } first, ..])
        {
            return null;
        }

        var equals = first.Text.IndexOf('=', StringComparison.Ordinal);
        if (
            equals <= 0
            || !first.Text[..equals].All(c => char.IsAsciiLetterOrDigit(c) || c == '_')
            || char.IsAsciiDigit(first.Text[0])
        )
        {
            return null;
        }

        var rest = first.Text[(equals + 1)..];
        return (
            first.Text[..equals],
            new Word([.. rest.Length > 0 ? [first with { Text = rest }] : Array.Empty<WordPart>(), .. word.Parts.Skip(1)])
        );
    }

    private List<Redirect> Redirects()
    {
        var redirects = new List<Redirect>();
        while (Redirection() is { } redirect)
        {
            redirects.Add(redirect);
        }

        return redirects;
    }

    private Redirect? Redirection()
    {
        if (
            _at >= _tokens.Count
            || _tokens[_at].Operator is not (">" or ">>" or "<" or ">&" or "<<" or ">|")
            || _tokens[_at].Operator is not { } op
        )
        {
            return null;
        }

        var descriptor = _tokens[_at++].Descriptor ?? (op is "<" or "<<" ? 0 : 1);
        var target = _tokens.ElementAtOrDefault(_at++)?.Word ?? throw Unexpected();
        return new Redirect(descriptor, op == ">|" ? ">" : op, target);
    }

    private void SkipNewlines(bool alsoSemicolons)
    {
        while (IsOperator("\n") || alsoSemicolons && IsOperator(";"))
        {
            _at++;
        }
    }

    private bool IsOperator(string op) => _at < _tokens.Count && _tokens[_at].Operator == op;

    private bool Take(string op)
    {
        if (IsOperator(op))
        {
            _at++;
            return true;
        }

        return false;
    }

    private bool TakeWord(string word)
    {
        if (_at < _tokens.Count && _tokens[_at].Word?.Bare == word)
        {
            _at++;
            return true;
        }

        return false;
    }

    private void Expect(string op)
    {
        if (!Take(op))
        {
            throw Unexpected();
        }
    }

    private void ExpectWord(string word)
    {
        SkipNewlines(alsoSemicolons: false);
        if (!TakeWord(word))
        {
            throw new ShellSyntaxException($"Syntax error: expecting \"{word}\"");
        }
    }

    private ShellSyntaxException Unexpected()
    {
        if (_at >= _tokens.Count)
        {
            return new("Syntax error: end of file unexpected");
        }

        var token = _tokens[_at];
        var text = token.Operator?.Replace("\n", "newline", StringComparison.Ordinal) ?? token.Word!.Bare ?? "word";
        return new($"Syntax error: \"{text}\" unexpected");
    }
}
