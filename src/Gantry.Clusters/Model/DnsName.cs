using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;

namespace Gantry.Clusters.Model;

/// <summary>
/// A host name or a domain: labels of RFC 1123 with dots between them, 253 characters at most. Its case is kept.
/// </summary>
[JsonConverter(typeof(TextValueConverter<DnsName>))]
public sealed partial record DnsName : ITextValue<DnsName>
{
    private const int MostCharacters = 253;

    private DnsName(string value) => Value = value;

    public static string Is => "a domain name";

    public static string Write => "letters, digits and dashes with dots between them, for example maas or api.example.com";

    public string Value { get; }

    /// <exception cref="FormatException">The text is not a DNS name; the message names it and the expected form.</exception>
    public static DnsName Parse(string? text) => TextValue.Parse<DnsName>(text);

    public static bool TryParse([NotNullWhen(true)] string? text, [MaybeNullWhen(false)] out DnsName value)
    {
        value = text is { Length: <= MostCharacters } && Form().IsMatch(text) ? new DnsName(text) : null;
        return value is not null;
    }

    public static bool TryReadStored([NotNullWhen(true)] string? text, [MaybeNullWhen(false)] out DnsName value)
    {
        value = text is null ? null : new DnsName(text);
        return value is not null;
    }

    public bool Equals(DnsName? other) => other is not null && Value == other.Value;

    public override int GetHashCode() => Value.GetHashCode(StringComparison.Ordinal);

    public override string ToString() => Value;

    [GeneratedRegex(
        "^[A-Za-z0-9]([-A-Za-z0-9]{0,61}[A-Za-z0-9])?(\\.[A-Za-z0-9]([-A-Za-z0-9]{0,61}[A-Za-z0-9])?)*\\z",
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant
    )]
    private static partial Regex Form();
}
