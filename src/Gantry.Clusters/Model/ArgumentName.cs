using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;

namespace Gantry.Clusters.Model;

/// <summary>
/// The name of a flag of a component of Kubernetes, without the dashes before it.
/// </summary>
public sealed partial record ArgumentName : ITextValue<ArgumentName>
{
    private ArgumentName(string value) => Value = value;

    public static string Is => "the name of an argument";

    public static string Write => "a flag without its leading dashes, for example audit-log-maxage";

    public string Value { get; }

    public static bool TryParse([NotNullWhen(true)] string? text, [MaybeNullWhen(false)] out ArgumentName value)
    {
        value = text is not null && IsValid(text) ? new ArgumentName(text) : null;
        return value is not null;
    }

    public override string ToString() => Value;

    private static bool IsValid(string text) => Form().IsMatch(text);

    [GeneratedRegex("^[a-zA-Z0-9][a-zA-Z0-9._-]{0,127}\\z", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Form();
}
