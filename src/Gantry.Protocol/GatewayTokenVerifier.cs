using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Gantry.Protocol;

/// <summary>The result of verifying a token.</summary>
public abstract record GatewayTokenVerdict
{
    private GatewayTokenVerdict() { }

    public sealed record Accepted(string GatewayUid) : GatewayTokenVerdict;

    /// <param name="Code">Stable: <c>Malformed</c>, <c>UnknownGateway</c>, <c>BadSignature</c>, <c>OtherRequest</c>,
    /// <c>ClockSkew</c>, <c>Replayed</c>.</param>
    public sealed record Refused(string Code, string Message) : GatewayTokenVerdict;
}

/// <summary>Verifies <see cref="GatewayToken"/>s. Each token is accepted once.</summary>
public sealed class GatewayTokenVerifier(TimeProvider time, IUsedTokens used)
{
    /// <summary>Accepted difference between the clocks of gateway and console.</summary>
    public static readonly TimeSpan Tolerance = TimeSpan.FromSeconds(60);

    /// <param name="signingKeyOf">
    /// Finds the signing key (SubjectPublicKeyInfo, base64) of a gateway; <c>null</c> when there is none or it is revoked.
    /// </param>
    public async ValueTask<GatewayTokenVerdict> VerifyAsync(
        string token,
        string method,
        string pathAndQuery,
        ReadOnlyMemory<byte> body,
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
            return new GatewayTokenVerdict.Refused("UnknownGateway", $"No gateway {claims.Sub} is paired; pair it again.");
        }

        using var key = ECDsa.Create();
        key.ImportSubjectPublicKeyInfo(Convert.FromBase64String(publicKey), out _);
        if (!key.VerifyData(signed, signature, HashAlgorithmName.SHA256))
        {
            return new GatewayTokenVerdict.Refused("BadSignature", "The token is not signed with this gateway's key.");
        }

        if (claims.Htm != method || claims.Htu != pathAndQuery || claims.Bh != GatewayToken.HashOf(body.Span))
        {
            return new GatewayTokenVerdict.Refused("OtherRequest", "The token was signed for another request.");
        }

        var now = time.GetUtcNow().ToUnixTimeSeconds();
        var tolerance = (long)Tolerance.TotalSeconds;
        if (
            claims.Exp - claims.Iat > (long)GatewayToken.Lifetime.TotalSeconds
            || claims.Iat > now + tolerance
            || claims.Exp + tolerance < now
        )
        {
            return new GatewayTokenVerdict.Refused(
                "ClockSkew",
                $"The token is valid from {At(claims.Iat)} to {At(claims.Exp)}; here it is {At(now)}: set the gateway's clock."
            );
        }

        var until = DateTimeOffset.FromUnixTimeSeconds(claims.Exp + tolerance);
        return await used.TryUseAsync($"{claims.Sub}/{claims.Jti}", until, time.GetUtcNow(), cancellationToken)
            ? new GatewayTokenVerdict.Accepted(claims.Sub)
            : new GatewayTokenVerdict.Refused("Replayed", "The token was used before.");
    }

    private static (GatewayClaims Claims, byte[] Signed, byte[] Signature)? Read(string token)
    {
        if (token.Length > 4096 || token.Split('.') is not [var header, var payload, var signature])
        {
            return null;
        }

        try
        {
            return
                Encoding.ASCII.GetString(Base64Url.DecodeFromChars(header)) == GatewayToken.Header
                && JsonSerializer.Deserialize<GatewayClaims>(Base64Url.DecodeFromChars(payload), ProtocolJson.Options)
                    is { Sub: not null, Jti: not null } claims
                ? (claims, Encoding.ASCII.GetBytes($"{header}.{payload}"), Base64Url.DecodeFromChars(signature))
                : null;
        }
        catch (Exception malformed) when (malformed is FormatException or JsonException)
        {
            return null;
        }
    }

    private static string At(long unixSeconds) => DateTimeOffset.FromUnixTimeSeconds(unixSeconds).ToString("HH:mm:ss'Z'");
}
