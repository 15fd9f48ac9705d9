using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Gantry.Protocol;

/// <summary>The result of verifying a token.</summary>
public abstract record GatewayTokenVerdict
{
    private GatewayTokenVerdict() { }

    /// <summary>The token is good for a request with this body.</summary>
    /// <param name="BodyHash">SHA-256 of the body in hexadecimal digits. The body has to be held against it.</param>
    public sealed record Accepted(string GatewayUid, string BodyHash) : GatewayTokenVerdict
    {
        public bool Covers(ReadOnlySpan<byte> body) => BodyHash == GatewayToken.HashOf(body);
    }

    /// <param name="Code">Stable: <c>Malformed</c>, <c>UnknownGateway</c>, <c>BadSignature</c>, <c>OtherRequest</c>,
    /// <c>ClockSkew</c>, <c>Replayed</c>.</param>
    public sealed record Refused(string Code, string Message) : GatewayTokenVerdict;
}

/// <summary>
/// Verifies <see cref="GatewayToken"/>s by the header alone, so that no body is read from a caller without a gateway's key. Each
/// token is accepted once.
/// </summary>
public sealed class GatewayTokenVerifier(TimeProvider time, IUsedTokens used)
{
    /// <summary>Accepted difference between the clocks of gateway and console.</summary>
    public static readonly TimeSpan Tolerance = TimeSpan.FromSeconds(60);

    private const int LongestToken = 4096;
    private const int LongestId = 64;

    /// <param name="signingKeyOf">
    /// Finds the signing key (SubjectPublicKeyInfo, base64) of a gateway; <c>null</c> when there is none or it is revoked.
    /// </param>
    public async ValueTask<GatewayTokenVerdict> VerifyAsync(
        string token,
        string method,
        string pathAndQuery,
        Func<string, ValueTask<string?>> signingKeyOf,
        CancellationToken cancellationToken
    )
    {
        if (Read(token) is not var (claims, signed, signature))
        {
            return new GatewayTokenVerdict.Refused("Malformed", "The token is not a JWT signed with ES256.");
        }

        if (await signingKeyOf(claims.Sub) is not { } publicKey)
        {
            return new GatewayTokenVerdict.Refused("UnknownGateway", "No gateway of this uid is paired; pair it again.");
        }

        using var key = ECDsa.Create();
        key.ImportSubjectPublicKeyInfo(Convert.FromBase64String(publicKey), out _);
        if (!key.VerifyData(signed, signature, HashAlgorithmName.SHA256))
        {
            return new GatewayTokenVerdict.Refused("BadSignature", "The token is not signed with this gateway's key.");
        }

        if (claims.Htm != method || claims.Htu != pathAndQuery)
        {
            return new GatewayTokenVerdict.Refused("OtherRequest", "The token was signed for another request.");
        }

        var now = time.GetUtcNow();
        if (!IsCurrent(claims, now.ToUnixTimeSeconds()))
        {
            return new GatewayTokenVerdict.Refused(
                "ClockSkew",
                $"The token is valid from {At(claims.Iat)} to {At(claims.Exp)}; here it is {At(now.ToUnixTimeSeconds())}: set "
                    + "the gateway's clock."
            );
        }

        var until = DateTimeOffset.FromUnixTimeSeconds(claims.Exp) + Tolerance;
        return await used.TryUseAsync($"{claims.Sub}/{claims.Jti}", until, now, cancellationToken)
            ? new GatewayTokenVerdict.Accepted(claims.Sub, claims.Bh)
            : new GatewayTokenVerdict.Refused("Replayed", "The token was used before.");
    }

    // The first condition bounds the issue time, so that the sums after it cannot overflow.
    private static bool IsCurrent(GatewayClaims claims, long now)
    {
        var tolerance = (long)Tolerance.TotalSeconds;
        var lifetime = (long)GatewayToken.Lifetime.TotalSeconds;
        return claims.Iat >= now - lifetime - tolerance
            && claims.Iat <= now + tolerance
            && claims.Exp >= now - tolerance
            && claims.Exp <= claims.Iat + lifetime;
    }

    private static (GatewayClaims Claims, byte[] Signed, byte[] Signature)? Read(string token)
    {
        if (token.Length > LongestToken || token.Split('.') is not [var header, var payload, var signature])
        {
            return null;
        }

        try
        {
            return
                Encoding.ASCII.GetString(Base64Url.DecodeFromChars(header)) == GatewayToken.Header
                && JsonSerializer.Deserialize<GatewayClaims>(Base64Url.DecodeFromChars(payload), ProtocolJson.Options)
                    is { Sub.Length: > 0 and <= LongestId, Jti.Length: > 0 and <= LongestId, Bh: not null } claims
                ? (claims, Encoding.ASCII.GetBytes($"{header}.{payload}"), Base64Url.DecodeFromChars(signature))
                : null;
        }
        catch (Exception malformed) when (malformed is FormatException or JsonException)
        {
            return null;
        }
    }

    private static string At(long unixSeconds) =>
        unixSeconds >= DateTimeOffset.MinValue.ToUnixTimeSeconds() && unixSeconds <= DateTimeOffset.MaxValue.ToUnixTimeSeconds()
            ? DateTimeOffset.FromUnixTimeSeconds(unixSeconds).ToString("HH:mm:ss'Z'")
            : "a time that does not exist";
}
