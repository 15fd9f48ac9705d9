using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Gantry.Protocol;

/// <summary>
/// The credential of a gateway's request: a JWT signed with the gateway's ES256 key. It is valid for one request (method, path
/// with query, body) and for at most a minute, and is sent as <c>Authorization: Bearer …</c>.
/// </summary>
public static class GatewayToken
{
    /// <summary>From issue to expiry.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(60);

    internal const string Header = """{"alg":"ES256","typ":"JWT"}""";

    /// <param name="gatewayUid">Uid that the console gave the gateway when they paired.</param>
    /// <param name="pathAndQuery">Path and query as sent: <c>/gateway/v1/desired</c>.</param>
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

    /// <summary>What a token says of a body: its SHA-256 in hexadecimal digits.</summary>
    public static string HashOf(ReadOnlySpan<byte> body) => Convert.ToHexStringLower(SHA256.HashData(body));

    private static string Encode(ReadOnlySpan<byte> bytes) => Base64Url.EncodeToString(bytes);
}

/// <param name="Sub">The gateway's uid.</param>
/// <param name="Iat">Issued at, Unix seconds.</param>
/// <param name="Exp">Expiry, Unix seconds.</param>
/// <param name="Jti">Unique id of the token.</param>
/// <param name="Htm">HTTP method.</param>
/// <param name="Htu">Path with query.</param>
/// <param name="Bh">SHA-256 of the body, hex.</param>
internal sealed record GatewayClaims(string Sub, long Iat, long Exp, string Jti, string Htm, string Htu, string Bh);
