using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Gantry.Server.Security;

/// <summary>The user of a session token, and when it expires.</summary>
/// <param name="Id">Of the session since its login: the tokens that renew one have it too, and end with it.</param>
public sealed record Session(string UserUid, string Id, DateTimeOffset ExpiresAt);

/// <summary>Session tokens: JWTs signed with HMAC-SHA256 by a key that all replicas of a console share.</summary>
public sealed class SessionTokens(byte[] key, TimeProvider time)
{
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(15);

    private static readonly string Header = Base64Url.EncodeToString("""{"alg":"HS256","typ":"JWT"}"""u8);

    /// <param name="session">The session to renew; <c>null</c> begins one.</param>
    public string Issue(string userUid, Session? session = null)
    {
        var now = time.GetUtcNow();
        var claims = new Claims(
            userUid,
            session?.Id ?? Api.Uids.New(),
            now.ToUnixTimeSeconds(),
            (now + Lifetime).ToUnixTimeSeconds()
        );
        var body = $"{Header}.{Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(claims, JsonSerializerOptions.Web))}";
        return $"{body}.{Sign(body)}";
    }

    /// <returns><c>null</c> when the console did not issue the token, or the token was changed or has expired.</returns>
    public Session? Read(string token)
    {
        var end = token.LastIndexOf('.');
        if (end < 0 || token.Length > 2048)
        {
            return null;
        }

        var body = token[..end];
        if (
            !body.StartsWith(Header + ".", StringComparison.Ordinal)
            || !CryptographicOperations.FixedTimeEquals(
                Encoding.ASCII.GetBytes(Sign(body)),
                Encoding.ASCII.GetBytes(token[(end + 1)..])
            )
        )
        {
            return null;
        }

        var claims = JsonSerializer.Deserialize<Claims>(
            Base64Url.DecodeFromChars(body.AsSpan(Header.Length + 1)),
            JsonSerializerOptions.Web
        );
        var expires = DateTimeOffset.FromUnixTimeSeconds(claims!.Exp);
        return expires > time.GetUtcNow() ? new Session(claims.Sub, claims.Jti, expires) : null;
    }

    private string Sign(string body) => Base64Url.EncodeToString(HMACSHA256.HashData(key, Encoding.ASCII.GetBytes(body)));

    private sealed record Claims(string Sub, string Jti, long Iat, long Exp);
}
