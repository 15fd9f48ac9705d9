using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;

namespace Gantry.Clusters.Model;

/// <summary>
/// An absolute path of a file on a node, without <c>.</c> and <c>..</c>.
/// </summary>
public sealed partial record FilePath : ITextValue<FilePath>
{
    private FilePath(string value) => Value = value;

    public static string Is => "an absolute path";

    public static string Write => "for example /etc/motd";

    public string Value { get; }

    public static bool TryParse([NotNullWhen(true)] string? text, [MaybeNullWhen(false)] out FilePath value)
    {
        value = text is not null && IsValid(text) ? new FilePath(text) : null;
        return value is not null;
    }

    public override string ToString() => Value;

    // PATH_MAX of Linux, with the byte at the end.
    private const int MostCharacters = 4095;

    private static bool IsValid(string text) =>
        text.Length <= MostCharacters && Form().IsMatch(text) && !text.Split('/').Any(part => part is "." or "..");

    [GeneratedRegex("^(/[^/\\p{Cc}]+)+\\z", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Form();
}
