using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;

namespace Gantry.Clusters.Model;

/// <summary>
/// A DNS label of RFC 1123 in lower case, which Kubernetes requires for names in host names. Clusters and pools have such
/// names.
/// </summary>
[JsonConverter(typeof(TextValueConverter<DnsLabel>))]
public sealed partial record DnsLabel : ITextValue<DnsLabel>
{
    private DnsLabel(string value) => Value = value;

    public static string Is => "a name that can be part of a host name";

    public static string Write => "up to 63 lower-case letters, digits and dashes, with a letter or digit at both ends";

    public string Value { get; }

    /// <exception cref="FormatException">The text is not a DNS label; the message names it and the expected form.</exception>
    public static DnsLabel Parse(string? text) => TextValue.Parse<DnsLabel>(text);

    public static bool TryParse([NotNullWhen(true)] string? text, [MaybeNullWhen(false)] out DnsLabel value)
    {
        value = Form().IsMatch(text ?? "") ? new DnsLabel(text!) : null;
        return value is not null;
    }

    public static bool TryReadStored([NotNullWhen(true)] string? text, [MaybeNullWhen(false)] out DnsLabel value)
    {
        value = text is null ? null : new DnsLabel(text);
        return value is not null;
    }

    public bool Equals(DnsLabel? other) => other is not null && Value == other.Value;

    public override int GetHashCode() => Value.GetHashCode(StringComparison.Ordinal);

    public override string ToString() => Value;

    [GeneratedRegex("^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\\z", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant)]
    private static partial Regex Form();
}
