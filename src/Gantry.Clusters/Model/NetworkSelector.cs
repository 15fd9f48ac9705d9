using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace Gantry.Clusters.Model;

/// <summary>
/// A choice among the networks of a machine, in MAAS's words: the CIDR or the name of a subnet, the space of a subnet
/// (<c>space:NAME</c>), or a tag of an interface (<c>tag:NAME</c>).
/// </summary>
[JsonConverter(typeof(TextValueConverter<NetworkSelector>))]
public sealed record NetworkSelector : ITextValue<NetworkSelector>
{
    private const string OfSpace = "space:";
    private const string OfTag = "tag:";
    private const int MostInName = 256;

    private NetworkSelector(string value) => Value = value;

    public static string Is => "a network of machines";

    public static string Write => "the CIDR or name of a subnet in MAAS, space:NAME or tag:NAME, for example 10.40.0.0/24";

    public string Value { get; }

    /// <exception cref="FormatException">The text is not a selector; the message names it and the expected form.</exception>
    public static NetworkSelector Parse(string? text) => TextValue.Parse<NetworkSelector>(text);

    public static bool TryParse([NotNullWhen(true)] string? text, [MaybeNullWhen(false)] out NetworkSelector value)
    {
        var trimmed = text?.Trim(' ') ?? "";
        value =
            trimmed.Length is 0 or > MostInName
            || trimmed is OfSpace or OfTag
            || trimmed.Any(character => char.IsControl(character) || character is ',')
                ? null
            : Cidr.TryParse(trimmed, out var subnet) ? new NetworkSelector(subnet.Value)
            : new NetworkSelector(trimmed);
        return value is not null;
    }

    /// <summary>The selected network with its kind: <c>subnet production</c>, <c>space production</c>, <c>tag production</c>.</summary>
    [JsonIgnore]
    public string Text =>
        NameAfter(OfSpace) is { } space ? $"space {space}"
        : NameAfter(OfTag) is { } tag ? $"tag {tag}"
        : $"subnet {Value}";

    /// <summary>What a machine without such a network lacks: <c>without an address in subnet production</c>.</summary>
    [JsonIgnore]
    public string Lack =>
        NameAfter(OfTag) is { } tag ? $"without an address on an interface tagged {tag}" : $"without an address in {Text}";

    public bool Selects(NetworkLink link) =>
        NameAfter(OfSpace) is { } space ? link.Space == space
        : NameAfter(OfTag) is { } tag ? link.InterfaceTags.Contains(tag)
        : link.Subnet.Value == Value || link.Name == Value;

    public override string ToString() => Value;

    private string? NameAfter(string kind) => Value.StartsWith(kind, StringComparison.Ordinal) ? Value[kind.Length..] : null;
}
