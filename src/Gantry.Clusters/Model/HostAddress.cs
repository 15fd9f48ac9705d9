using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace Gantry.Clusters.Model;

/// <summary>What a client connects to: an IP address or a domain name.</summary>
[JsonConverter(typeof(TextValueConverter<HostAddress>))]
public sealed record HostAddress : ITextValue<HostAddress>
{
    private HostAddress(string value) => Value = value;

    public static string Is => "a host";

    public static string Write => "a name or an IP address, for example ntp.ubuntu.com or 10.0.0.10";

    public string Value { get; }

    public static bool TryParse([NotNullWhen(true)] string? text, [MaybeNullWhen(false)] out HostAddress value)
    {
        value =
            IpAddress.TryParse(text, out var address) ? new HostAddress(address.ToString())
            : DnsName.TryParse(text, out var name) ? new HostAddress(name.Value)
            : null;
        return value is not null;
    }

    public override string ToString() => Value;
}
