using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Gantry.Maas.Networks;

/// <summary>Reads the text of an address; a text that is none cannot be read.</summary>
internal sealed class AddressConverter() : CheckedTextConverter(text => IPAddress.TryParse(text, out _));

/// <summary>Reads the text of a network, as <c>10.0.0.0/24</c>.</summary>
internal sealed class CidrConverter() : CheckedTextConverter(text => IPNetwork.TryParse(text, out _));

internal abstract class CheckedTextConverter(Func<string, bool> isRight) : JsonConverter<string>
{
    public override string Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.GetString() is { } text && isRight(text) ? text : throw new JsonException();

    public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value);
}
