using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;

namespace Gantry.Clusters.Model;

/// <summary>
/// The mode of a file in octal: <c>0644</c>.
/// </summary>
public sealed partial record FilePermissions : ITextValue<FilePermissions>
{
    private FilePermissions(string value) => Value = value;

    public static string Is => "a file mode";

    public static string Write => "octal and in quotes, for example \"0644\"";

    public string Value { get; }

    public static bool TryParse([NotNullWhen(true)] string? text, [MaybeNullWhen(false)] out FilePermissions value)
    {
        value = text is not null && IsValid(text) ? new FilePermissions(text) : null;
        return value is not null;
    }

    public override string ToString() => Value;

    private static bool IsValid(string text) => Form().IsMatch(text);

    [GeneratedRegex("^0?[0-7]{3}\\z", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Form();
}
