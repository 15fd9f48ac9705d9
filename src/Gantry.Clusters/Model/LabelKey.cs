using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;

namespace Gantry.Clusters.Model;

/// <summary>
/// The key of a label, an annotation or a taint: a qualified name of Kubernetes (<c>IsQualifiedName</c> of
/// <c>k8s.io/apimachinery/pkg/util/validation</c>). An optional prefix is a domain in lower case of 253 characters at most;
/// the name has 63 at most.
/// </summary>
[JsonConverter(typeof(TextValueConverter<LabelKey>))]
public sealed partial record LabelKey : ITextValue<LabelKey>
{
    private const int MostInPrefix = 253;

    private LabelKey(string value) => Value = value;

    public static string Is => "a Kubernetes label key";

    public static string Write =>
        "up to 63 letters, digits, dashes, dots and underscores, after a domain and a slash if there is one, for "
        + "example example.com/role";

    public string Value { get; }

    /// <summary>The domain before the slash; <c>null</c> when there is none.</summary>
    public string? Prefix => Value.IndexOf('/', StringComparison.Ordinal) is var slash and > 0 ? Value[..slash] : null;

    /// <exception cref="FormatException">The text is not a label key; the message names it and the expected form.</exception>
    public static LabelKey Parse(string? text) => TextValue.Parse<LabelKey>(text);

    public static bool TryParse([NotNullWhen(true)] string? text, [MaybeNullWhen(false)] out LabelKey value)
    {
        value =
            text is not null && text.IndexOf('/', StringComparison.Ordinal) <= MostInPrefix && Form().IsMatch(text)
                ? new LabelKey(text)
                : null;
        return value is not null;
    }

    /// <summary>A key of an annotation, in whose domain Kubernetes accepts upper case too.</summary>
    public static bool TryParseAnnotation([NotNullWhen(true)] string? text, [MaybeNullWhen(false)] out LabelKey value)
    {
        value = TryParse(text?.ToLowerInvariant(), out _) ? new LabelKey(text!) : null;
        return value is not null;
    }

    public static bool TryReadStored([NotNullWhen(true)] string? text, [MaybeNullWhen(false)] out LabelKey value)
    {
        value = text is null ? null : new LabelKey(text);
        return value is not null;
    }

    public bool Equals(LabelKey? other) => other is not null && Value == other.Value;

    public override int GetHashCode() => Value.GetHashCode(StringComparison.Ordinal);

    public override string ToString() => Value;

    [GeneratedRegex(
        "^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?\\z",
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant,
        1000
    )]
    private static partial Regex Form();
}
