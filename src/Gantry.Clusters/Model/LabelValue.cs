using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;

namespace Gantry.Clusters.Model;

/// <summary>
/// The value of a label or a taint (<c>IsValidLabelValue</c> of <c>k8s.io/apimachinery/pkg/util/validation</c>). It may be empty.
/// </summary>
[JsonConverter(typeof(TextValueConverter<LabelValue>))]
public sealed partial record LabelValue : ITextValue<LabelValue>
{
    private LabelValue(string value) => Value = value;

    public static string Is => "a Kubernetes label value";

    public static string Write => "up to 63 letters, digits, dashes, dots and underscores, with a letter or digit at both ends";

    public string Value { get; }

    /// <exception cref="FormatException">The text is not a label value; the message names it and the expected form.</exception>
    public static LabelValue Parse(string? text) => TextValue.Parse<LabelValue>(text);

    public static bool TryParse([NotNullWhen(true)] string? text, [MaybeNullWhen(false)] out LabelValue value)
    {
        value = text is not null && Form().IsMatch(text) ? new LabelValue(text) : null;
        return value is not null;
    }

    public static bool TryReadStored([NotNullWhen(true)] string? text, [MaybeNullWhen(false)] out LabelValue value)
    {
        value = text is null ? null : new LabelValue(text);
        return value is not null;
    }

    public bool Equals(LabelValue? other) => other is not null && Value == other.Value;

    public override int GetHashCode() => Value.GetHashCode(StringComparison.Ordinal);

    public override string ToString() => Value;

    [GeneratedRegex(
        "^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?\\z",
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant
    )]
    private static partial Regex Form();
}
