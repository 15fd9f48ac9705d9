using System.Collections;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Gantry.Maas.Http;

/// <summary>
/// How answers are read. MAAS writes snake_case, adds fields in later versions, omits some fields without a value and writes
/// <c>null</c> for others. One rule holds for every field of every object: without a required field the object cannot be read, any
/// other field may be missing or null and has its default then, and a value of another type is never taken for one of these.
/// </summary>
/// <remarks>
/// Required are C#'s <c>required</c> properties and parameters without a default, by which an object is told from others, so that
/// a text among them is not empty; and <see cref="JsonRequiredAttribute"/>, by which callers decide what may be done with the object.
/// </remarks>
internal static class MaasJson
{
    public static JsonSerializerOptions Options { get; } =
        new()
        {
            PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
            NumberHandling = JsonNumberHandling.AllowReadingFromString,
            RespectNullableAnnotations = true,
            RespectRequiredConstructorParameters = true,
            Converters = { new MachineListConverter(), new MaasListConverterFactory() },
            TypeInfoResolver = new DefaultJsonTypeInfoResolver { Modifiers = { ReadNullAsAbsent, RefuseNullInLists } },
        };

    /// <summary>The path of what cannot be read in the answer, which contains names of fields and no value.</summary>
    public static string PartOf<T>(JsonElement answer, JsonException failure) =>
        FindAbsent(answer, Options.GetTypeInfo(typeof(T)), "$") ?? failure.Path ?? "$";

    private static void ReadNullAsAbsent(JsonTypeInfo type)
    {
        var defaults = type.Properties.Count > 0 ? type.CreateObject?.Invoke() : null;
        foreach (var property in type.Properties.Where(IsRead))
        {
            if (property.CustomConverter is not null)
            {
                continue;
            }

            if (property.PropertyType == typeof(string) && Identifies(property) && !property.IsSetNullable)
            {
                property.CustomConverter = new NotEmpty();
            }
            else if (!property.IsRequired && !TakesNull(property))
            {
                property.CustomConverter = (JsonConverter)
                    Activator.CreateInstance(
                        typeof(NullAsAbsent<>).MakeGenericType(property.PropertyType),
                        property.AssociatedParameter is { } parameter ? parameter.DefaultValue : property.Get!(defaults!)
                    )!;
            }
        }
    }

    private static void RefuseNullInLists(JsonTypeInfo type)
    {
        JsonPropertyInfo[] lists =
        [
            .. type.Properties.Where(property =>
                IsRead(property)
                && property is { Get: not null, PropertyType: var kind }
                && kind != typeof(string)
                && kind.IsAssignableTo(typeof(IEnumerable))
            ),
        ];
        if (lists.Length is 0)
        {
            return;
        }

        var before = type.OnDeserialized;
        type.OnDeserialized = read =>
        {
            if (lists.Any(list => HoldsNull(list.Get!(read))))
            {
                throw new JsonException();
            }

            before?.Invoke(read);
        };
    }

    private static bool HoldsNull(object? list) =>
        ((list as IDictionary)?.Values ?? list as IEnumerable)?.Cast<object?>().Contains(null) is true;

    // What is only computed is written and not read.
    private static bool IsRead(JsonPropertyInfo property) => property.Set is not null || property.AssociatedParameter is not null;

    private static bool Identifies(JsonPropertyInfo property) =>
        property.AssociatedParameter is { } parameter
            ? !parameter.HasDefaultValue
            : property.AttributeProvider?.IsDefined(typeof(RequiredMemberAttribute), inherit: false) is true;

    private static bool TakesNull(JsonPropertyInfo property) =>
        property.PropertyType.IsValueType
            ? Nullable.GetUnderlyingType(property.PropertyType) is not null
            : property.IsSetNullable;

    // The serializer tells where a value has the wrong type, and of a field that is missing only in which object.
    private static string? FindAbsent(JsonElement value, JsonTypeInfo type, string path) =>
        (type.Kind, value.ValueKind) switch
        {
            (JsonTypeInfoKind.Object, JsonValueKind.Object) => type
                .Properties.Where(IsRead)
                .Select(property => FindAbsent(value, property, $"{path}.{property.Name}"))
                .FirstOrDefault(part => part is not null),
            (JsonTypeInfoKind.Enumerable, JsonValueKind.Array) => value
                .EnumerateArray()
                .Select((entry, at) => FindAbsent(entry, type.ElementType!, $"{path}[{at}]"))
                .FirstOrDefault(part => part is not null),
            (JsonTypeInfoKind.Dictionary, JsonValueKind.Object) => value
                .EnumerateObject()
                .Select(field => FindAbsent(field.Value, type.ElementType!, $"{path}.{field.Name}"))
                .FirstOrDefault(part => part is not null),
            _ => null,
        };

    private static string? FindAbsent(JsonElement holder, JsonPropertyInfo property, string path)
    {
        var isThere = holder.TryGetProperty(property.Name, out var value);
        if (isThere && value.ValueKind is not JsonValueKind.Null)
        {
            return FindAbsent(value, Options.GetTypeInfo(property.PropertyType), path);
        }

        return property.IsRequired && !(isThere && TakesNull(property)) ? path : null;
    }

    private static string? FindAbsent(JsonElement entry, Type type, string path) =>
        entry.ValueKind is JsonValueKind.Null && !type.IsValueType ? path : FindAbsent(entry, Options.GetTypeInfo(type), path);

    private sealed class NotEmpty : JsonConverter<string>
    {
        public override bool HandleNull => true;

        public override string Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.GetString() is { Length: > 0 } text ? text : throw new JsonException();

        public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options) =>
            writer.WriteStringValue(value);
    }

    private sealed class NullAsAbsent<T>(T absent) : JsonConverter<T>
    {
        public override bool HandleNull => true;

        public override T? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            if (reader.TokenType is JsonTokenType.Null)
            {
                return absent;
            }

            try
            {
                return JsonSerializer.Deserialize<T>(ref reader, options);
            }
            catch (JsonException)
            {
                // Its path begins at this field; the caller sets the whole one.
                throw new JsonException();
            }
        }

        public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) =>
            JsonSerializer.Serialize(writer, value, options);
    }
}
