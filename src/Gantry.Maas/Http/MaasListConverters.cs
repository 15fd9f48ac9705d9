using System.Text.Json;
using System.Text.Json.Serialization;
using Gantry.Maas.Machines;

namespace Gantry.Maas.Http;

/// <summary>Reads the entries of a list each for itself.</summary>
internal sealed class MaasListConverterFactory : JsonConverterFactory
{
    public override bool CanConvert(Type typeToConvert) =>
        typeToConvert.IsGenericType && typeToConvert.GetGenericTypeDefinition() == typeof(MaasList<>);

    public override JsonConverter CreateConverter(Type typeToConvert, JsonSerializerOptions options) =>
        (JsonConverter)
            Activator.CreateInstance(typeof(MaasListConverter<>).MakeGenericType(typeToConvert.GetGenericArguments()))!;
}

internal class MaasListConverter<T> : JsonConverter<MaasList<T>>
    where T : class
{
    public override MaasList<T> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType is not JsonTokenType.StartArray)
        {
            throw new JsonException();
        }

        var entries = new List<T>();
        var unreadable = new List<string>();
        for (var at = 0; reader.Read() && reader.TokenType is not JsonTokenType.EndArray; at++)
        {
            var start = reader;
            try
            {
                entries.Add(JsonSerializer.Deserialize<T>(ref reader, options) ?? throw new JsonException());
            }
            catch (JsonException failure)
            {
                // What is no JSON at all fails here once more.
                reader = start;
                var entry = JsonElement.ParseValue(ref reader);
                var part = MaasJson.PartOf<T>(entry, failure);
                if (Name(entry, part) is { } named)
                {
                    entries.Add(named);
                }
                else
                {
                    unreadable.Add($"$[{at}]{part[1..]}");
                }
            }
        }

        return new MaasList<T>(Settle(entries), unreadable);
    }

    public override void Write(Utf8JsonWriter writer, MaasList<T> value, JsonSerializerOptions options) =>
        throw new NotSupportedException("Answers of MAAS are read only.");

    /// <summary>An entry that tells what cannot be read; <c>null</c> when it is left out.</summary>
    protected virtual T? Name(JsonElement entry, string part) => null;

    protected virtual IReadOnlyList<T> Settle(List<T> entries) => entries;
}

/// <summary>A machine that cannot be read stays in the list, so that it is not taken for one that is gone.</summary>
internal sealed class MachineListConverter : MaasListConverter<Machine>
{
    protected override Machine? Name(JsonElement entry, string part)
    {
        var id = TextOf(entry, "system_id") ?? IdIn(TextOf(entry, "resource_uri"));
        return id is null ? null : Unreadable(id, TextOf(entry, "hostname") ?? id, part);
    }

    // Of two machines with one id nobody knows which is which.
    protected override IReadOnlyList<Machine> Settle(List<Machine> entries) =>
        [
            .. entries
                .GroupBy(machine => machine.SystemId, StringComparer.Ordinal)
                .Select(same =>
                    same.Count() is 1 ? same.First() : Unreadable(same.Key, same.First().Hostname, "$.system_id of two machines")
                ),
        ];

    private static Machine Unreadable(string id, string hostname, string part) =>
        new()
        {
            SystemId = id,
            Hostname = hostname,
            Unreadable = $"{part} is not what MAAS 3.3 or later writes",
        };

    // /MAAS/api/2.0/machines/abc123/
    private static string? IdIn(string? uri) =>
        uri?.Split('/') is [.., "machines", { Length: > 0 } id, ""] ? Uri.UnescapeDataString(id) : null;

    private static string? TextOf(JsonElement entry, string field)
    {
        try
        {
            return
                entry.ValueKind is JsonValueKind.Object
                && entry.TryGetProperty(field, out var value)
                && value.Deserialize<string>() is { Length: > 0 } text
                ? text
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
