using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace Gantry.Clusters.Model;

/// <summary>
/// The name of an image in MAAS: <c>ubuntu/noble</c>, <c>custom/ubuntu-24.04-k8s-1.33.4</c>, or a name alone. MAAS keeps
/// names of up to 255 characters; its lists and errors separate them by spaces and commas, so a name has neither.
/// </summary>
[JsonConverter(typeof(TextValueConverter<ImageName>))]
public sealed record ImageName : ITextValue<ImageName>
{
    private const int MostCharacters = 255;

    private ImageName(string value) => Value = value;

    public static string Is => "the name of an image";

    public static string Write => "the image that MAAS deploys, for example ubuntu/noble or custom/ubuntu-24.04-k8s-1.33.4";

    public string Value { get; }

    /// <summary>MAAS imports the image from its upstream; none of those holds Kubernetes.</summary>
    public bool IsImported => Value.StartsWith("ubuntu/", StringComparison.Ordinal);

    /// <exception cref="FormatException">The text is not an image name; the message names it and the expected form.</exception>
    public static ImageName Parse(string? text) => TextValue.Parse<ImageName>(text);

    public static bool TryParse([NotNullWhen(true)] string? text, [MaybeNullWhen(false)] out ImageName value)
    {
        value =
            text is { Length: > 0 and <= MostCharacters } && !text.AsSpan().ContainsAny(" ,") && !text.Any(char.IsControl)
                ? new ImageName(text)
                : null;
        return value is not null;
    }

    public static bool TryReadStored([NotNullWhen(true)] string? text, [MaybeNullWhen(false)] out ImageName value)
    {
        value = text is null ? null : new ImageName(text);
        return value is not null;
    }

    public bool Equals(ImageName? other) => other is not null && Value == other.Value;

    public override int GetHashCode() => Value.GetHashCode(StringComparison.Ordinal);

    public override string ToString() => Value;
}
