using System.Text.Json;
using Gantry.Protocol;
using Gantry.Server.Api;

namespace Gantry.Server.Gateways;

/// <summary>Bodies of the gateway protocol, parsed while they arrive and to their end.</summary>
public static class GatewayBody
{
    /// <exception cref="ApiException">
    /// 400: it is not a <typeparamref name="T"/>. 401: it is not what the gateway signed.
    /// </exception>
    public static async Task<T> ReadAsync<T>(HttpContext context)
    {
        try
        {
            return await JsonSerializer.DeserializeAsync<T>(
                    context.Request.Body,
                    ProtocolJson.FromGateway,
                    context.RequestAborted
                ) ?? throw IsNull<T>();
        }
        catch (JsonException unreadable)
        {
            throw IsNot<T>(unreadable);
        }
    }

    /// <summary>One value or a list of them.</summary>
    /// <exception cref="ApiException">400: it is neither. 401: it is not what the gateway signed.</exception>
    public static async Task<IReadOnlyList<T>> ReadOneOrManyAsync<T>(HttpContext context)
    {
        var read = await ReadAsync<JsonElement>(context);
        try
        {
            return read.ValueKind is JsonValueKind.Array
                ? read.Deserialize<T[]>(ProtocolJson.FromGateway) ?? throw IsNull<T>()
                : [read.Deserialize<T>(ProtocolJson.FromGateway) ?? throw IsNull<T>()];
        }
        catch (JsonException unreadable)
        {
            throw IsNot<T>(unreadable);
        }
    }

    private static ApiException IsNull<T>() => ApiError.Invalid("body", $"is null; send a {typeof(T).Name}");

    private static ApiException IsNot<T>(JsonException unreadable) =>
        ApiError.Invalid("body", $"is not a {typeof(T).Name}: {unreadable.Message}");
}
