using System.Text.Json;
using System.Text.Json.Serialization;

namespace Gantry.Maas.Networks;

/// <summary>Reads the name of an owner. MAAS writes a user object or a name, depending on the call.</summary>
internal sealed class OwnerNameConverter : JsonConverter<string?>
{
    public override string? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType is JsonTokenType.Null or JsonTokenType.String)
        {
            return reader.GetString();
        }

        using var owner = JsonDocument.ParseValue(ref reader);
        return owner.RootElement.ValueKind is not JsonValueKind.Object ? throw new JsonException()
            : !owner.RootElement.TryGetProperty("username", out var name) ? null
            : name.ValueKind is JsonValueKind.String ? name.GetString()
            : throw new JsonException();
    }

    public override void Write(Utf8JsonWriter writer, string? value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value);
}
