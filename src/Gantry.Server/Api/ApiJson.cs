using System.Collections;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Gantry.Server.Api;

/// <summary>JSON as the public API writes it: camelCase, absent instead of null, RFC 3339 times with milliseconds and <c>Z</c>.</summary>
public static class ApiJson
{
    public static JsonSerializerOptions Options { get; } = Create();

    public static void Configure(JsonSerializerOptions options)
    {
        options.DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull;
        options.NumberHandling = JsonNumberHandling.Strict;
        options.MaxDepth = 64;

        // The answers are never put into an HTML page as they are; plain quotes and plus signs keep YAML values readable.
        options.Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping;
        options.Converters.Add(new TimeConverter());
        options.TypeInfoResolver = new DefaultJsonTypeInfoResolver { Modifiers = { RefuseNullElements } };
    }

    public static string Write<T>(T value) => JsonSerializer.Serialize(value, Options);

    public static T Read<T>(string json) =>
        JsonSerializer.Deserialize<T>(json, Options) ?? throw new JsonException($"A stored {typeof(T).Name} is null.");

    private static JsonSerializerOptions Create()
    {
        var options = new JsonSerializerOptions(JsonSerializerDefaults.Web);
        Configure(options);
        options.MakeReadOnly(populateMissingResolver: true);
        return options;
    }

    // Nullable annotations say nothing about elements at run time: without this, each reader of a list would have to look.
    private static void RefuseNullElements(JsonTypeInfo type)
    {
        if (type.Kind is not JsonTypeInfoKind.Object || type.Type.Assembly != typeof(ApiJson).Assembly)
        {
            return;
        }

        var lists = type.Properties.Where(property =>
            property.Get is not null && !property.IsExtensionData
            && property.PropertyType != typeof(string) && property.PropertyType.IsAssignableTo(typeof(IEnumerable))).ToList();
        if (lists.Count > 0)
        {
            type.OnDeserialized = read =>
            {
                foreach (var property in lists.Where(property => HoldsNull(property.Get!(read))))
                {
                    throw new JsonException($"'{property.Name}' holds null; leave the element out.");
                }
            };
        }
    }

    private static bool HoldsNull(object? value) => value switch
    {
        IReadOnlyDictionary<string, string> texts => texts.Values.Any(text => text is null),
        IEnumerable elements => elements.Cast<object?>().Any(element => element is null),
        _ => false,
    };

    private sealed class TimeConverter : JsonConverter<DateTimeOffset>
    {
        public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.TryGetDateTimeOffset(out var time)
                ? time
                : throw new JsonException("A time is written as 2030-01-31T12:00:00.000Z.");

        public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) =>
            writer.WriteStringValue(value.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
    }
}
