using System.Text.Json;
using System.Text.Json.Serialization;

namespace Gantry.Maas.Http;

/// <summary>MAAS writes snake_case, adds fields in later versions and omits some fields without a value.</summary>
internal static class MaasJson
{
    public static JsonSerializerOptions Options { get; } =
        new()
        {
            PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
            NumberHandling = JsonNumberHandling.AllowReadingFromString,
            RespectNullableAnnotations = false,
        };
}
