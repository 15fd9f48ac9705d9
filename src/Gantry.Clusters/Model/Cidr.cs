using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Text.Json.Serialization;

namespace Gantry.Clusters.Model;

/// <summary>
/// A network by its first address and prefix length: <c>10.96.0.0/12</c>. Host bits are cleared, as kubeadm does.
/// </summary>
[JsonConverter(typeof(TextValueConverter<Cidr>))]
public sealed record Cidr : ITextValue<Cidr>
{
    private Cidr(string value) => Value = value;

    public static string Is => "a network";

    public static string Write => "an address range, for example 10.96.0.0/12";

    public string Value { get; }

    /// <exception cref="FormatException">The text is not a network; the message names it and the expected form.</exception>
    public static Cidr Parse(string? text) => TextValue.Parse<Cidr>(text);

    public static bool TryParse([NotNullWhen(true)] string? text, [MaybeNullWhen(false)] out Cidr value)
    {
        value = IpAddress.IsWhole(text) && IPNetwork.TryParse(text, out var network) ? new Cidr(network.ToString()) : null;
        return value is not null;
    }

    public IPNetwork ToNetwork() => IPNetwork.Parse(Value);

    public override string ToString() => Value;
}
