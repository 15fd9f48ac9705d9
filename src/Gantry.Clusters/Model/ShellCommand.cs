using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;

namespace Gantry.Clusters.Model;

/// <summary>
/// A command of a shell script on a node: one line, or several as a block of YAML has them.
/// </summary>
public sealed partial record ShellCommand : ITextValue<ShellCommand>
{
    private ShellCommand(string value) => Value = value;

    public static string Is => "a shell command";

    public static string Write => "lines of a shell script without control characters";

    public string Value { get; }

    public static bool TryParse([NotNullWhen(true)] string? text, [MaybeNullWhen(false)] out ShellCommand value)
    {
        value = text is not null && IsValid(text) ? new ShellCommand(text) : null;
        return value is not null;
    }

    public override string ToString() => Value;

    private static bool IsValid(string text) => Form().IsMatch(text);

    [GeneratedRegex("^([\\t\\n]|[^\\p{Cc}])+\\z", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Form();
}
