using System.Text;

namespace Gantry.Lab.Machines.Shell;

/// <summary>Words and operators of a POSIX shell script; here-documents are read where their line ends.</summary>
internal sealed class ShellLexer
{
    private static readonly string[] Operators = ["<<-", "&&", "||", ";;", ">>", "<<", ">&", "<&", ">|", ";", "&", "|", "(", ")", "<", ">", "\n"];

    private readonly string text;
    private readonly List<ShellToken> tokens = [];
    private readonly List<(int Index, bool StripTabs)> hereDocuments = [];
    private int at;

    private ShellLexer(string text) => this.text = text;

    public static IReadOnlyList<ShellToken> Read(string script)
    {
        var lexer = new ShellLexer(script.Replace("\\\n", "", StringComparison.Ordinal));
        lexer.ReadAll();
        return lexer.tokens;
    }

    private void ReadAll()
    {
        while (at < text.Length)
        {
            var c = text[at];
            if (c is ' ' or '\t' or '\r')
            {
                at++;
            }
            else if (c == '#')
            {
                while (at < text.Length && text[at] != '\n')
                {
                    at++;
                }
            }
            else if (Operator() is { } op)
            {
                ReadOperator(op);
            }
            else if (char.IsAsciiDigit(c) && at + 1 < text.Length && text[at + 1] is '<' or '>')
            {
                at++;
                ReadOperator(Operator()!, c - '0');
            }
            else
            {
                tokens.Add(new ShellToken(null, ReadWord()));
            }
        }
    }

    private void ReadOperator(string op, int? descriptor = null)
    {
        at += op.Length;
        if (op is "<<" or "<<-")
        {
            hereDocuments.Add((tokens.Count + 1, op == "<<-"));
            op = "<<";
        }

        tokens.Add(new ShellToken(op, null, descriptor));
        if (op == "\n" && hereDocuments.Count > 0)
        {
            foreach (var (index, stripTabs) in hereDocuments)
            {
                ReadHereDocument(index, stripTabs);
            }

            hereDocuments.Clear();
        }
    }

    private void ReadHereDocument(int index, bool stripTabs)
    {
        var delimiter = tokens[index].Word ?? throw new ShellSyntaxException("here-document without a delimiter");
        var quoted = delimiter.Parts.Any(part => part.Quoted);
        var end = string.Concat(delimiter.Parts.Select(part => part is WordPart.Literal literal ? literal.Text : ""));
        var body = new StringBuilder();
        while (at < text.Length)
        {
            var newline = text.IndexOf('\n', at);
            var line = newline < 0 ? text[at..] : text[at..newline];
            at = newline < 0 ? text.Length : newline + 1;
            line = stripTabs ? line.TrimStart('\t') : line;
            if (line == end)
            {
                break;
            }

            body.Append(line).Append('\n');
        }

        tokens[index] = new ShellToken(null, quoted
            ? new Word([new WordPart.Literal(body.ToString(), Quoted: true)])
            : new ShellLexer(body.ToString()).ReadQuoted('\0'));
    }

    private string? Operator()
    {
        foreach (var op in Operators)
        {
            if (string.CompareOrdinal(text, at, op, 0, op.Length) == 0)
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
        while (at < text.Length && !char.IsWhiteSpace(text[at]) && text[at] is not (';' or '&' or '|' or '(' or ')' or '<' or '>'))
        {
            switch (text[at])
            {
                case '\'':
                    Flush(parts, plain, quoted: false);
                    var close = text.IndexOf('\'', at + 1);
                    if (close < 0)
                    {
                        throw new ShellSyntaxException("Unterminated quoted string");
                    }

                    parts.Add(new WordPart.Literal(text[(at + 1)..close], Quoted: true));
                    at = close + 1;
                    break;
                case '"':
                    Flush(parts, plain, quoted: false);
                    at++;
                    var inside = ReadQuoted('"');
                    parts.AddRange(inside.Parts.Count > 0 ? inside.Parts : [new WordPart.Literal("", Quoted: true)]);
                    break;
                case '\\' when at + 1 < text.Length:
                    Flush(parts, plain, quoted: false);
                    parts.Add(new WordPart.Literal(text[at + 1].ToString(), Quoted: true));
                    at += 2;
                    break;
                case '$' or '`' when Expansion(quoted: false) is { } expansion:
                    Flush(parts, plain, quoted: false);
                    parts.Add(expansion);
                    break;
                default:
                    plain.Append(text[at++]);
                    break;
            }
        }

        Flush(parts, plain, quoted: false);
        return new Word(parts);
    }

    // Text in double quotes up to the closing one; with no closing character a here-document, up to its end.
    private Word ReadQuoted(char close)
    {
        var parts = new List<WordPart>();
        var plain = new StringBuilder();
        while (at < text.Length && text[at] != close)
        {
            if (text[at] == '\\' && at + 1 < text.Length && text[at + 1] is '$' or '`' or '"' or '\\')
            {
                plain.Append(text[at + 1]);
                at += 2;
            }
            else if (text[at] is '$' or '`' && Expansion(quoted: true) is { } expansion)
            {
                Flush(parts, plain, quoted: true);
                parts.Add(expansion);
            }
            else
            {
                plain.Append(text[at++]);
            }
        }

        if (close != '\0')
        {
            if (at >= text.Length)
            {
                throw new ShellSyntaxException("Unterminated quoted string");
            }

            at++;
        }

        Flush(parts, plain, quoted: true);
        return new Word(parts);
    }

    // A dollar that begins nothing is text: null, and nothing is consumed.
    private WordPart? Expansion(bool quoted)
    {
        if (text[at] == '`')
        {
            var end = text.IndexOf('`', at + 1);
            if (end < 0)
            {
                throw new ShellSyntaxException("EOF in backquote substitution");
            }

            var script = text[(at + 1)..end];
            at = end + 1;
            return new WordPart.Command(script, quoted);
        }

        if (string.CompareOrdinal(text, at, "$((", 0, 3) == 0)
        {
            var end = text.IndexOf("))", at, StringComparison.Ordinal);
            if (end < 0)
            {
                throw new ShellSyntaxException("missing '))'");
            }

            var expression = text[(at + 3)..end];
            at = end + 2;
            return new WordPart.Arithmetic(expression, quoted);
        }

        if (string.CompareOrdinal(text, at, "$(", 0, 2) == 0)
        {
            var end = MatchingParenthesis(at + 2);
            var script = text[(at + 2)..end];
            at = end + 1;
            return new WordPart.Command(script, quoted);
        }

        if (string.CompareOrdinal(text, at, "${", 0, 2) == 0)
        {
            var end = text.IndexOf('}', at);
            if (end < 0)
            {
                throw new ShellSyntaxException("missing '}'");
            }

            var inside = text[(at + 2)..end];
            at = end + 1;
            var cut = inside.IndexOf(":-", StringComparison.Ordinal);
            var name = cut < 0 ? inside : inside[..cut];
            return name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '?' or '#' or '@' or '*')
                ? new WordPart.Variable(name, quoted, cut < 0 ? null : inside[(cut + 2)..])
                : throw new ShellSyntaxException($"Bad substitution: ${{{inside}}}");
        }

        var next = at + 1 < text.Length ? text[at + 1] : ' ';
        if (next is '?' or '#' or '@' or '*' or '$' || char.IsAsciiDigit(next))
        {
            at += 2;
            return new WordPart.Variable(next.ToString(), quoted);
        }

        var stop = at + 1;
        while (stop < text.Length && (char.IsAsciiLetterOrDigit(text[stop]) || text[stop] == '_'))
        {
            stop++;
        }

        if (stop == at + 1)
        {
            return null;
        }

        var variable = text[(at + 1)..stop];
        at = stop;
        return new WordPart.Variable(variable, quoted);
    }

    private int MatchingParenthesis(int from)
    {
        var depth = 1;
        var quote = '\0';
        for (var i = from; i < text.Length; i++)
        {
            var c = text[i];
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

/// <summary>Either an operator (with the descriptor written before it) or a word.</summary>
internal sealed record ShellToken(string? Operator, Word? Word, int? Descriptor = null);
