using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;

namespace Gantry.Clusters.Model;

/// <summary>
/// The owner of a file: a user and, if there is one, a group, by names of Linux accounts or by numbers.
/// </summary>
public sealed partial record FileOwner : ITextValue<FileOwner>
{
    private FileOwner(string value) => Value = value;

    public static string Is => "the owner of a file";

    public static string Write => "a user, or a user and a group, for example root:root";

    public string Value { get; }

    public static bool TryParse([NotNullWhen(true)] string? text, [MaybeNullWhen(false)] out FileOwner value)
    {
        value = text is not null && IsValid(text) ? new FileOwner(text) : null;
        return value is not null;
    }

    public override string ToString() => Value;

    private static bool IsValid(string text) => Form().IsMatch(text);

    [GeneratedRegex(
        "^([a-z_][a-z0-9_-]{0,31}|[0-9]{1,10})(:([a-z_][a-z0-9_-]{0,31}|[0-9]{1,10}))?\\z",
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant,
        1000
    )]
    private static partial Regex Form();
}
