using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Gantry.Server.Store;

/// <summary>JSON in columns of the store: the public dialect, also for the console's own records.</summary>
public static class StoreJson
{
    public static JsonSerializerOptions Options { get; } = Create();

    public static string Write<T>(T value) => JsonSerializer.Serialize(value, Options);

    public static T Read<T>(string json) =>
        JsonSerializer.Deserialize<T>(json, Options) ?? throw new JsonException($"A stored {typeof(T).Name} is null.");

    private static JsonSerializerOptions Create()
    {
        var options = new JsonSerializerOptions(ApiJson.Options)
        {
            TypeInfoResolver = JsonTypeInfoResolver.Combine(ApiJson.Resolver, new DefaultJsonTypeInfoResolver()),
        };
        options.MakeReadOnly();
        return options;
    }
}
