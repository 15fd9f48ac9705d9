using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Gantry.Api;

/// <summary>
/// A merge patch (RFC 7396) of a <see cref="MachinePoolView"/>: an absent field stays, null removes a value, and a list is
/// replaced as a whole.
/// </summary>
[JsonConverter(typeof(Converter))]
public sealed record MachinePoolPatch(JsonElement Changes)
{
    /// <summary>The smallest patch that turns <paramref name="before"/> into <paramref name="after"/>.</summary>
    public static MachinePoolPatch Between(MachinePoolView before, MachinePoolView after) =>
        new(JsonSerializer.SerializeToElement(Difference(Document(before), Document(after)), ApiJson.Options));

    private static JsonObject Document(MachinePoolView pool) => JsonSerializer.SerializeToNode(pool, ApiJson.Options)!.AsObject();

    private static JsonObject Difference(JsonObject before, JsonObject after)
    {
        var patch = new JsonObject();
        foreach (var (name, value) in after.Where(one => !JsonNode.DeepEquals(before[one.Key], one.Value)))
        {
            patch[name] = before[name] is JsonObject old && value is JsonObject now ? Difference(old, now) : value?.DeepClone();
        }

        foreach (var (name, _) in before.Where(one => !after.ContainsKey(one.Key)))
        {
            patch[name] = null;
        }

        return patch;
    }

    /// <summary>Keeps the document as it was written, because null and absent differ.</summary>
    internal sealed class Converter : JsonConverter<MachinePoolPatch>
    {
        public override MachinePoolPatch Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            new(JsonElement.ParseValue(ref reader));

        public override void Write(Utf8JsonWriter writer, MachinePoolPatch value, JsonSerializerOptions options) =>
            value.Changes.WriteTo(writer);
    }
}
