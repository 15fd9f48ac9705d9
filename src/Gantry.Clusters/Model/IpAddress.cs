using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Text.Json.Serialization;

namespace Gantry.Clusters.Model;

/// <summary>An IPv4 or IPv6 address, printed in its shortest form.</summary>
[JsonConverter(typeof(TextValueConverter<IpAddress>))]
public sealed record IpAddress : ITextValue<IpAddress>
{
    private static readonly SearchValues<char> Characters = SearchValues.Create("0123456789abcdefABCDEF:./");

    private IpAddress(string value) => Value = value;

    public static string Is => "an IP address";

    public static string Write => "for example 10.0.0.10 or fd00::10";

    public string Value { get; }

    /// <exception cref="FormatException">The text is not an address; the message names it and the expected form.</exception>
    public static IpAddress Parse(string? text) => TextValue.Parse<IpAddress>(text);

    public static bool TryParse([NotNullWhen(true)] string? text, [MaybeNullWhen(false)] out IpAddress value)
    {
        value = IsWhole(text) && IPAddress.TryParse(text, out var address) ? new IpAddress(address.ToString()) : null;
        return value is not null;
    }

    public override string ToString() => Value;

    /// <summary>
    /// Rejects what .NET reads beside whole addresses, as C libraries do: short forms (<c>10.1</c>), octal numbers
    /// (<c>010.0.0.1</c>), brackets, ports, and scopes of any text behind a percent sign.
    /// </summary>
    /// <param name="text">An address, or one with a prefix length.</param>
    internal static bool IsWhole([NotNullWhen(true)] string? text) =>
        text is not null
        && !text.AsSpan().ContainsAnyExcept(Characters)
        && (text.Contains(':', StringComparison.Ordinal) || (text.AsSpan().Count('.') is 3 && !HasOctal(text)));

    private static bool HasOctal(string text) => text.Split('.', '/').Any(number => number.Length > 1 && number.StartsWith('0'));
}
