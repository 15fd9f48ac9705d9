using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Gantry.Protocol;

/// <summary>
/// What a gateway shows with each request: a JWT signed with its ES256 key that is good for this one request (method,
/// path with query, body) and for a minute at most. It travels as <c>Authorization: Bearer …</c>.
/// </summary>
public static class GatewayToken
{
    /// <summary>From issue to expiry.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(60);

    internal const string Header = """{"alg":"ES256","typ":"JWT"}""";

    /// <param name="gatewayUid">What the console called this gateway when they were paired.</param>
    /// <param name="pathAndQuery">As sent: <c>/gateway/v1/desired</c>.</param>
    public static string Sign(
        ECDsa signingKey,
        string gatewayUid,
        string method,
        string pathAndQuery,
        ReadOnlySpan<byte> body,
        DateTimeOffset now
    )
    {
        var claims = new GatewayClaims(
            gatewayUid,
            now.ToUnixTimeSeconds(),
            (now + Lifetime).ToUnixTimeSeconds(),
            Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)),
            method,
            pathAndQuery,
            HashOf(body)
        );
        var signed =
            $"{Encode(Encoding.ASCII.GetBytes(Header))}.{Encode(JsonSerializer.SerializeToUtf8Bytes(claims, ProtocolJson.Options))}";
        var signature = signingKey.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256);
        return $"{signed}.{Encode(signature)}";
    }

    internal static string HashOf(ReadOnlySpan<byte> body) => Convert.ToHexStringLower(SHA256.HashData(body));

    private static string Encode(ReadOnlySpan<byte> bytes) => Base64Url.EncodeToString(bytes);
}

/// <param name="Sub">The gateway's uid.</param>
/// <param name="Iat">Issued at, Unix seconds.</param>
/// <param name="Exp">Not good from then on, Unix seconds.</param>
/// <param name="Jti">Used once.</param>
/// <param name="Htm">HTTP method.</param>
/// <param name="Htu">Path with query.</param>
/// <param name="Bh">SHA-256 of the body, hex.</param>
internal sealed record GatewayClaims(string Sub, long Iat, long Exp, string Jti, string Htm, string Htu, string Bh);
