using System.Text.Json;
using System.Text.Json.Serialization;

namespace Gantry.Maas.Http;

/// <summary>MAAS writes snake_case, adds fields with every version, and leaves keys out that have no value.</summary>
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
