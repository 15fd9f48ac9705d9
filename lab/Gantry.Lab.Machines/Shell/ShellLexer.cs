using System.Text;

namespace Gantry.Lab.Machines.Shell;

/// <summary>Splits a POSIX shell script into words and operators; here-documents are read at the end of their line.</summary>
internal sealed class ShellLexer
{
    private static readonly string[] Operators =
    [
        "<<-",
        "&&",
        "||",
        ";;",
        ">>",
        "<<",
        ">&",
        "<&",
        ">|",
        ";",
        "&",
        "|",
        "(",
        ")",
        "<",
        ">",
        "\n",
    ];

    private readonly string _text;
    private readonly List<ShellToken> _tokens = [];
    private readonly List<(int Index, bool StripTabs)> _hereDocuments = [];
    private int _at;

    private ShellLexer(string text) => _text = text;

    public static IReadOnlyList<ShellToken> Read(string script)
    {
        var lexer = new ShellLexer(script.Replace("\\\n", "", StringComparison.Ordinal));
        lexer.ReadAll();
        return lexer._tokens;
    }

    private void ReadAll()
    {
        while (_at < _text.Length)
        {
            var c = _text[_at];
            if (c is ' ' or '\t' or '\r')
            {
                _at++;
            }
            else if (c == '#')
            {
                while (_at < _text.Length && _text[_at] != '\n')
                {
                    _at++;
                }
            }
            else if (Operator() is { } op)
            {
                ReadOperator(op);
            }
            else if (char.IsAsciiDigit(c) && _at + 1 < _text.Length && _text[_at + 1] is '<' or '>')
            {
                _at++;
                ReadOperator(Operator()!, c - '0');
            }
            else
            {
                _tokens.Add(new ShellToken(null, ReadWord()));
            }
        }
    }

    private void ReadOperator(string op, int? descriptor = null)
    {
        _at += op.Length;
        if (op is "<<" or "<<-")
        {
            _hereDocuments.Add((_tokens.Count + 1, op == "<<-"));
            op = "<<";
        }

        _tokens.Add(new ShellToken(op, null, descriptor));
        if (op == "\n" && _hereDocuments.Count > 0)
        {
            foreach (var (index, stripTabs) in _hereDocuments)
            {
                ReadHereDocument(index, stripTabs);
            }

            _hereDocuments.Clear();
        }
    }

    private void ReadHereDocument(int index, bool stripTabs)
    {
        var delimiter = _tokens[index].Word ?? throw new ShellSyntaxException("here-document without a delimiter");
        var quoted = delimiter.Parts.Any(part => part.Quoted);
        var end = string.Concat(delimiter.Parts.Select(part => part is WordPart.Literal literal ? literal.Text : ""));
        var body = new StringBuilder();
        while (_at < _text.Length)
        {
            var newline = _text.IndexOf('\n', _at);
            var line = newline < 0 ? _text[_at..] : _text[_at..newline];
            _at = newline < 0 ? _text.Length : newline + 1;
            line = stripTabs ? line.TrimStart('\t') : line;
            if (line == end)
            {
                break;
            }

            body.Append(line).Append('\n');
        }

        _tokens[index] = new ShellToken(
            null,
            quoted
                ? new Word([new WordPart.Literal(body.ToString(), Quoted: true)])
                : new ShellLexer(body.ToString()).ReadQuoted('\0')
        );
    }

    private string? Operator()
    {
        foreach (var op in Operators)
        {
            if (string.CompareOrdinal(_text, _at, op, 0, op.Length) == 0)
            {
                return op;
            }
        }

        return null;
    }

    private Word ReadWord()
    {
        var parts = new List<WordPart>();
        var plain = new StringBuilder();
        while (
            _at < _text.Length
            && !char.IsWhiteSpace(_text[_at])
            && _text[_at] is not (';' or '&' or '|' or '(' or ')' or '<' or '>')
        )
        {
            switch (_text[_at])
            {
                case '\'':
                    Flush(parts, plain, quoted: false);
                    var close = _text.IndexOf('\'', _at + 1);
                    if (close < 0)
                    {
                        throw new ShellSyntaxException("Unterminated quoted string");
                    }

                    parts.Add(new WordPart.Literal(_text[(_at + 1)..close], Quoted: true));
                    _at = close + 1;
                    break;
                case '"':
                    Flush(parts, plain, quoted: false);
                    _at++;
                    var inside = ReadQuoted('"');
                    parts.AddRange(inside.Parts.Count > 0 ? inside.Parts : [new WordPart.Literal("", Quoted: true)]);
                    break;
                case '\\' when _at + 1 < _text.Length:
                    Flush(parts, plain, quoted: false);
                    parts.Add(new WordPart.Literal(_text[_at + 1].ToString(), Quoted: true));
                    _at += 2;
                    break;
                case '$' or '`' when Expansion(quoted: false) is { } expansion:
                    Flush(parts, plain, quoted: false);
                    parts.Add(expansion);
                    break;
                default:
                    plain.Append(_text[_at++]);
                    break;
            }
        }

        Flush(parts, plain, quoted: false);
        return new Word(parts);
    }

    // Text in double quotes up to the closing quote; without a closing character, a here-document up to its end.
    private Word ReadQuoted(char close)
    {
        var parts = new List<WordPart>();
        var plain = new StringBuilder();
        while (_at < _text.Length && _text[_at] != close)
        {
            if (_text[_at] == '\\' && _at + 1 < _text.Length && _text[_at + 1] is '$' or '`' or '"' or '\\')
            {
                plain.Append(_text[_at + 1]);
                _at += 2;
            }
            else if (_text[_at] is '$' or '`' && Expansion(quoted: true) is { } expansion)
            {
                Flush(parts, plain, quoted: true);
                parts.Add(expansion);
            }
            else
            {
                plain.Append(_text[_at++]);
            }
        }

        if (close != '\0')
        {
            if (_at >= _text.Length)
            {
                throw new ShellSyntaxException("Unterminated quoted string");
            }

            _at++;
        }

        Flush(parts, plain, quoted: true);
        return new Word(parts);
    }

    // A dollar sign that starts no expansion is text: returns null and consumes nothing.
    private WordPart? Expansion(bool quoted)
    {
        if (_text[_at] == '`')
        {
            var end = _text.IndexOf('`', _at + 1);
            if (end < 0)
            {
                throw new ShellSyntaxException("EOF in backquote substitution");
            }

            var script = _text[(_at + 1)..end];
            _at = end + 1;
            return new WordPart.Command(script, quoted);
        }

        if (string.CompareOrdinal(_text, _at, "$((", 0, 3) == 0)
        {
            var end = _text.IndexOf("))", _at, StringComparison.Ordinal);
            if (end < 0)
            {
                throw new ShellSyntaxException("missing '))'");
            }

            var expression = _text[(_at + 3)..end];
            _at = end + 2;
            return new WordPart.Arithmetic(expression, quoted);
        }

        if (string.CompareOrdinal(_text, _at, "$(", 0, 2) == 0)
        {
            var end = MatchingParenthesis(_at + 2);
            var script = _text[(_at + 2)..end];
            _at = end + 1;
            return new WordPart.Command(script, quoted);
        }

        if (string.CompareOrdinal(_text, _at, "${", 0, 2) == 0)
        {
            var end = _text.IndexOf('}', _at);
            if (end < 0)
            {
                throw new ShellSyntaxException("missing '}'");
            }

            var inside = _text[(_at + 2)..end];
            _at = end + 1;
            var cut = inside.IndexOf(":-", StringComparison.Ordinal);
            var name = cut < 0 ? inside : inside[..cut];
            return name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '?' or '#' or '@' or '*')
                ? new WordPart.Variable(name, quoted, cut < 0 ? null : inside[(cut + 2)..])
                : throw new ShellSyntaxException($"Bad substitution: ${{{inside}}}");
        }

        var next = _at + 1 < _text.Length ? _text[_at + 1] : ' ';
        if (next is '?' or '#' or '@' or '*' or '$' || char.IsAsciiDigit(next))
        {
            _at += 2;
            return new WordPart.Variable(next.ToString(), quoted);
        }

        var stop = _at + 1;
        while (stop < _text.Length && (char.IsAsciiLetterOrDigit(_text[stop]) || _text[stop] == '_'))
        {
            stop++;
        }

        if (stop == _at + 1)
        {
            return null;
        }

        var variable = _text[(_at + 1)..stop];
        _at = stop;
        return new WordPart.Variable(variable, quoted);
    }

    private int MatchingParenthesis(int from)
    {
        var depth = 1;
        var quote = '\0';
        for (var i = from; i < _text.Length; i++)
        {
            var c = _text[i];
            if (quote != '\0')
            {
                quote = c == quote ? '\0' : quote;
            }
            else if (c is '\'' or '"')
            {
                quote = c;
            }
            else if (c == '(')
            {
                depth++;
            }
            else if (c == ')' && --depth == 0)
            {
                return i;
            }
        }

        throw new ShellSyntaxException("missing ')'");
    }

    private static void Flush(List<WordPart> parts, StringBuilder plain, bool quoted)
    {
        if (plain.Length > 0)
        {
            parts.Add(new WordPart.Literal(plain.ToString(), quoted));
            plain.Clear();
        }
    }
}

/// <summary>An operator (with its descriptor, if any) or a word.</summary>
internal sealed record ShellToken(string? Operator, Word? Word, int? Descriptor = null);
