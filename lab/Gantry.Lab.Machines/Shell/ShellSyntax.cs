namespace Gantry.Lab.Machines.Shell;

/// <summary>A script the parser refuses: the shell exits with status 2 before it runs any command.</summary>
internal sealed class ShellSyntaxException(string message) : Exception(message);

/// <summary>A piece of a word. Quoted pieces are neither split nor globbed.</summary>
internal abstract record WordPart(bool Quoted)
{
    public sealed record Literal(string Text, bool Quoted) : WordPart(Quoted);

    /// <param name="Fallback">The word after <c>:-</c>.</param>
    public sealed record Variable(string Name, bool Quoted, string? Fallback = null) : WordPart(Quoted);

    public sealed record Command(string Script, bool Quoted) : WordPart(Quoted);

    public sealed record Arithmetic(string Expression, bool Quoted) : WordPart(Quoted);
}

internal sealed record Word(IReadOnlyList<WordPart> Parts)
{
    /// <summary>The word itself if it is plain and unquoted, as a keyword must be.</summary>
    public string? Bare => Parts is [WordPart.Literal { Quoted: false } literal] ? literal.Text : null;
}

/// <param name="Operator"><c>&gt;</c>, <c>&gt;&gt;</c>, <c>&lt;</c>, <c>&gt;&amp;</c> or <c>&lt;&lt;</c>.</param>
internal sealed record Redirect(int Descriptor, string Operator, Word Target);

internal abstract record ShellNode
{
    public sealed record Simple(
        IReadOnlyList<(string Name, Word Value)> Assignments,
        IReadOnlyList<Word> Words,
        IReadOnlyList<Redirect> Redirects
    ) : ShellNode;

    public sealed record Pipeline(IReadOnlyList<ShellNode> Commands, bool Negated) : ShellNode;

    public sealed record AndOr(ShellNode First, IReadOnlyList<(bool And, ShellNode Command)> Rest) : ShellNode;

    public sealed record Sequence(IReadOnlyList<ShellNode> Commands) : ShellNode;

    public sealed record If(
        IReadOnlyList<(ShellNode Condition, ShellNode Body)> Branches,
        ShellNode? Otherwise,
        IReadOnlyList<Redirect> Redirects
    ) : ShellNode;

    public sealed record Loop(bool Until, ShellNode Condition, ShellNode Body, IReadOnlyList<Redirect> Redirects) : ShellNode;

    public sealed record For(string Name, IReadOnlyList<Word> Items, ShellNode Body, IReadOnlyList<Redirect> Redirects)
        : ShellNode;

    public sealed record Group(ShellNode Body, bool Subshell, IReadOnlyList<Redirect> Redirects) : ShellNode;

    public sealed record Case(Word Subject, IReadOnlyList<(IReadOnlyList<Word> Patterns, ShellNode Body)> Branches) : ShellNode;
}
