using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace Gantry.Clusters.Model;

/// <summary>The host that a client connects to: an IP address or a domain name, as written.</summary>
[JsonConverter(typeof(TextValueConverter<HostAddress>))]
public sealed record HostAddress : ITextValue<HostAddress>
{
    private HostAddress(string value) => Value = value;

    public static string Is => "a host";

    public static string Write => "a name or an IP address, for example ntp.ubuntu.com or 10.0.0.10";

    public string Value { get; }

    /// <exception cref="FormatException">The text is not a host; the message names it and the expected form.</exception>
    public static HostAddress Parse(string? text) => TextValue.Parse<HostAddress>(text);

    public static bool TryParse([NotNullWhen(true)] string? text, [MaybeNullWhen(false)] out HostAddress value)
    {
        value = IpAddress.TryParse(text, out _) || DnsName.TryParse(text, out _) ? new HostAddress(text!) : null;
        return value is not null;
    }

    public static bool TryReadStored([NotNullWhen(true)] string? text, [MaybeNullWhen(false)] out HostAddress value)
    {
        value = text is null ? null : new HostAddress(text);
        return value is not null;
    }

    public bool Equals(HostAddress? other) => other is not null && Value == other.Value;

    public override int GetHashCode() => Value.GetHashCode(StringComparison.Ordinal);

    public override string ToString() => Value;
}
