using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Gantry.Lab.Machines.CloudInit;

/// <summary>
/// A template that Jinja refuses, or one that uses Jinja features <see cref="JinjaTemplate"/> does not support.
/// </summary>
internal sealed class JinjaException(string message) : Exception(message);

/// <summary>
/// The Jinja subset of user-data: comments, <c>raw</c>, instance data values with filters, and <c>if</c> on a value. Whitespace
/// follows cloud-init: <c>trim_blocks</c> is on, <c>lstrip_blocks</c> is off. Every other Jinja feature is an error.
/// </summary>
internal static partial class JinjaTemplate
{
    /// <param name="names">Instance data in the form of <see cref="Names"/>.</param>
    /// <exception cref="JinjaException">
    /// The template is invalid, uses an unsupported feature, or reads a member of an undefined value.
    /// </exception>
    public static string Render(string template, JsonObject names)
    {
        var source = template.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n');
        var lastNewline = source.EndsWith('\n') ? "\n" : "";
        source = source[..^lastNewline.Length];

        var output = new StringBuilder();
        var branches = new Stack<Branch>();
        var at = 0;
        var trimsNext = false;
        while (Tag().Match(source, at) is { Success: true } tag)
        {
            Write(source[at..tag.Index], trimsNext, trimsEnd: tag.Groups["before"].Value is "-");
            at = tag.Index + tag.Length - (tag.Groups["after"].Value is "+" ? tag.Groups["newline"].Length : 0);
            trimsNext = tag.Groups["after"].Value is "-";
            if (tag.Groups["statement"] is { Success: true, Value: "raw" })
            {
                var end = EndOfRaw().Match(source, at);
                if (!end.Success)
                {
                    throw new JinjaException("Missing end of raw directive");
                }

                Write(source[at..end.Index], trimsNext, trimsEnd: false);
                (at, trimsNext) = (end.Index + end.Length, false);
            }
            else if (tag.Groups["statement"].Success)
            {
                Follow(tag.Groups["statement"].Value, names, branches);
            }
            else if (tag.Groups["expression"].Success && IsLive())
            {
                output.Append(new JinjaExpression(tag.Groups["expression"].Value, names).Value().Text);
            }
        }

        if (Opening().Match(source, at) is { Success: true } unclosed)
        {
            throw new JinjaException($"unexpected end of template after '{unclosed.Value}'");
        }

        Write(source[at..], trimsNext, trimsEnd: false);
        return branches.Count is 0
            ? output.Append(lastNewline).ToString()
            : throw new JinjaException("Unexpected end of template. Looking for 'endif'.");

        bool IsLive() => branches.All(branch => branch.IsLive);

        void Write(string text, bool trimsStart, bool trimsEnd)
        {
            text = trimsStart ? text.TrimStart() : text;
            output.Append(
                IsLive()
                    ? trimsEnd
                        ? text.TrimEnd()
                        : text
                    : ""
            );
        }
    }

    /// <summary>
    /// The instance data in template form: <c>-</c> and <c>.</c> in keys also as <c>_</c>, and the content of <c>v1</c> also at
    /// the top level.
    /// </summary>
    public static JsonObject Names(JsonObject instanceData)
    {
        var names = new JsonObject();
        foreach (var (key, node) in instanceData.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            var value = node is JsonObject map ? Names(map) : node?.DeepClone();
            names[key] = value;
            names[key.Replace('-', '_').Replace('.', '_')] = value?.DeepClone();
            if (key is "v1" && value is JsonObject standard)
            {
                foreach (var (name, standardized) in standard)
                {
                    names[name] = standardized?.DeepClone();
                }
            }
        }

        return names;
    }

    private static void Follow(string statement, JsonObject names, Stack<Branch> branches)
    {
        var parts = statement.Split((char[]?)null, 2, StringSplitOptions.RemoveEmptyEntries);
        switch (parts)
        {
            case ["if", var condition]:
                branches.Push(new Branch(branches.All(branch => branch.IsLive)));
                branches.Peek().Choose(Holds(condition));
                break;
            case ["elif", var condition] when branches.TryPeek(out var branch):
                branch.Choose(Holds(condition));
                break;
            case ["else"] when branches.TryPeek(out var branch):
                branch.Choose(() => true);
                break;
            case ["endif"] when branches.TryPop(out _):
                break;
            default:
                throw new JinjaException(
                    $"'{statement}': of Jinja's statements only if, elif, else, endif and raw are known here"
                );
        }

        Func<bool> Holds(string condition) => () => new JinjaExpression(condition, names).Holds();
    }

    /// <summary>An open <c>if</c>: its first true branch is rendered.</summary>
    private sealed class Branch(bool outer)
    {
        private bool _taken;

        public bool IsLive { get; private set; }

        public void Choose(Func<bool> holds)
        {
            IsLive = outer && !_taken && holds();
            _taken |= IsLive;
        }
    }

    [GeneratedRegex(
        """
            \{\{ (?<before>[-+]?) \s* (?<expression>.*?) \s* (?<after>-?) \}\}
            | \{% (?<before>[-+]?) \s* (?<statement>.*?) \s* (?<after>[-+]?) %\} (?<newline>\n?)
            | \{\# (?<before>[-+]?) .*? (?<after>[-+]?) \#\} (?<newline>\n?)
            """,
        RegexOptions.Singleline | RegexOptions.IgnorePatternWhitespace
    )]
    private static partial Regex Tag();

    [GeneratedRegex(@"\{[{%#]")]
    private static partial Regex Opening();

    [GeneratedRegex(@"\{%[-+]?\s*endraw\s*[-+]?%\}\n?")]
    private static partial Regex EndOfRaw();
}
