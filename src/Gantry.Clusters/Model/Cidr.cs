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

    /// <summary>Bits of an address of this family: 32 or 128.</summary>
    public int AddressBits => IsIPv6 ? 128 : 32;

    public bool IsIPv6 => Value.Contains(':', StringComparison.Ordinal);

    public int PrefixLength => ToNetwork().PrefixLength;

    /// <exception cref="FormatException">The text is not a network; the message names it and the expected form.</exception>
    public static Cidr Parse(string? text) => TextValue.Parse<Cidr>(text);

    public static bool TryParse([NotNullWhen(true)] string? text, [MaybeNullWhen(false)] out Cidr value)
    {
        value = IpAddress.IsWhole(text) && IPNetwork.TryParse(text, out var network) ? new Cidr(network.ToString()) : null;
        return value is not null;
    }

    public IPNetwork ToNetwork() => IPNetwork.Parse(Value);

    /// <summary>Whether the networks share an address. Networks of different families never do.</summary>
    public bool Overlaps(Cidr other)
    {
        var (one, another) = (ToNetwork(), other.ToNetwork());
        return IsIPv6 == other.IsIPv6 && (one.Contains(another.BaseAddress) || another.Contains(one.BaseAddress));
    }

    public bool Contains(IpAddress address)
    {
        var known = IPAddress.Parse(address.Value);
        var plain = known.IsIPv4MappedToIPv6 ? known.MapToIPv4() : known;
        return IsIPv6 == plain.ToString().Contains(':', StringComparison.Ordinal) && ToNetwork().Contains(plain);
    }

    public override string ToString() => Value;
}
