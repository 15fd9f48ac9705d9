using System.Text.Json;
using Gantry.Protocol;
using Gantry.Server.Api;

namespace Gantry.Server.Gateways;

/// <summary>Bodies of the gateway protocol. They are read as bytes first: the gateway's token covers their hash.</summary>
public static class GatewayBody
{
    // A gateway may be older, newer or a foreign program: null for a required value is refused while parsing.
    private static readonly JsonSerializerOptions Strict = new(ProtocolJson.Options) { RespectNullableAnnotations = true };

    public static async Task<byte[]> BytesAsync(HttpContext context, CancellationToken cancellationToken)
    {
        using var buffer = new MemoryStream();
        await context.Request.Body.CopyToAsync(buffer, cancellationToken);
        return buffer.ToArray();
    }

    public static T Read<T>(byte[] body)
    {
        try
        {
            return JsonSerializer.Deserialize<T>(body, Strict)
                ?? throw ApiError.Invalid("body", $"is null; send a {typeof(T).Name}");
        }
        catch (JsonException unreadable)
        {
            throw ApiError.Invalid("body", $"is not a {typeof(T).Name}: {unreadable.Message}");
        }
    }
}
