using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Gantry.Maas.Http;

/// <summary>
/// MAAS writes snake_case, adds fields in later versions, omits some fields without a value and writes <c>null</c> for others.
/// </summary>
internal static class MaasJson
{
    public static JsonSerializerOptions Options { get; } =
        new()
        {
            PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
            NumberHandling = JsonNumberHandling.AllowReadingFromString,
            RespectNullableAnnotations = false,
            TypeInfoResolver = new DefaultJsonTypeInfoResolver { Modifiers = { ReadNullAsAbsent } },
        };

    // A null in a field that has a default is no reason to refuse the answer; the default stays. Without its required fields an
    // object cannot be told from another.
    private static void ReadNullAsAbsent(JsonTypeInfo type)
    {
        foreach (var property in type.Properties)
        {
            if (property is { IsSetNullable: false, PropertyType.IsValueType: false, Set: { } set, Name: var name })
            {
                property.Set = (target, value) =>
                {
                    if (value is not null)
                    {
                        set(target, value);
                    }
                    else if (property.IsRequired)
                    {
                        throw new JsonException($"{name} is null.");
                    }
                };
            }
        }
    }
}
