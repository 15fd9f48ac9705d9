using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;

namespace Gantry.Clusters.Model;

/// <summary>The tag of a container image, as the distribution specification of OCI has it.</summary>
public sealed partial record ImageTag : ITextValue<ImageTag>
{
    private ImageTag(string value) => Value = value;

    public static string Is => "the tag of an image";

    public static string Write => "for example 3.6.14-0";

    public string Value { get; }

    public static bool TryParse([NotNullWhen(true)] string? text, [MaybeNullWhen(false)] out ImageTag value)
    {
        value = text is not null && Form().IsMatch(text) ? new ImageTag(text) : null;
        return value is not null;
    }

    public override string ToString() => Value;

    [GeneratedRegex("^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}\\z", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Form();
}
