using System.Security.Cryptography;
using Gantry.Testing;
using Microsoft.Extensions.Time.Testing;

namespace Gantry.Protocol.Tests;

public sealed class GatewayTokenTests : IDisposable
{
    private static readonly byte[] Body = "{}"u8.ToArray();
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 1, 1, 12, 0, 0, TimeSpan.Zero));
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly GatewayTokenVerifier _verifier;

    public GatewayTokenTests() => _verifier = new GatewayTokenVerifier(_time, new UsedTokensInMemory());

    public void Dispose() => _key.Dispose();

    [Fact]
    public async Task A_token_is_accepted_for_the_request_that_it_was_signed_for() =>
        Assert.Equal("gw1", Assert.IsType<GatewayTokenVerdict.Accepted>(await VerifyAsync(Sign())).GatewayUid);

    [Fact]
    public async Task A_token_covers_the_body_it_was_signed_for_and_no_other()
    {
        var accepted = Assert.IsType<GatewayTokenVerdict.Accepted>(await VerifyAsync(Sign()));

        Assert.True(accepted.Covers(Body));
        Assert.False(accepted.Covers("{ }"u8));
    }

    [Theory]
    [InlineData(long.MinValue, 1767268850)]
    [InlineData(-1, long.MaxValue)]
    [InlineData(1767268800, long.MaxValue)]
    [InlineData(1767268800, 1767268861)]
    [InlineData(1767268800, long.MinValue)]
    [InlineData(long.MaxValue, long.MaxValue)]
    public async Task A_token_that_claims_to_be_good_for_longer_than_a_minute_is_refused(long issued, long expires) =>
        AssertRefused(
            "ClockSkew",
            await VerifyAsync(
                SignClaims(
                    $$"""
                    {"sub":"gw1","iat":{{issued}},"exp":{{expires}},"jti":"x","htm":"POST","htu":"/gateway/v1/desired","bh":""}
                    """
                )
            )
        );

    [Theory]
    [InlineData("""{"iat":1767268800,"exp":1767268860,"jti":"x","htm":"POST","htu":"/gateway/v1/desired","bh":""}""")]
    [InlineData("""{"sub":"gw1","iat":1767268800,"exp":1767268860,"htm":"POST","htu":"/gateway/v1/desired","bh":""}""")]
    [InlineData("""{"sub":"gw1","iat":1767268800,"exp":1767268860,"jti":"x","htm":"POST","htu":"/gateway/v1/desired"}""")]
    [InlineData("null")]
    public async Task A_token_that_lacks_a_claim_is_refused(string claims) =>
        AssertRefused("Malformed", await VerifyAsync(SignClaims(claims)));

    [Fact]
    public async Task A_token_is_accepted_once()
    {
        var token = Sign();
        await VerifyAsync(token);

        AssertRefused("Replayed", await VerifyAsync(token));
    }

    [Fact]
    public async Task A_used_token_is_recorded_until_it_expires()
    {
        var token = Sign();
        await VerifyAsync(token);
        _time.Advance(GatewayToken.Lifetime + GatewayTokenVerifier.Tolerance);

        AssertRefused("Replayed", await VerifyAsync(token));
    }

    [Theory]
    [InlineData("GET", "/gateway/v1/desired")]
    [InlineData("POST", "/gateway/v1/status")]
    public async Task A_token_is_refused_for_another_request(string method, string path) =>
        AssertRefused(
            "OtherRequest",
            await _verifier.VerifyAsync(
                Sign(),
                method,
                path,
                gateway => ValueTask.FromResult(KeyOf(gateway)),
                TestContext.Current.CancellationToken
            )
        );

    [Fact]
    public async Task A_clock_difference_beyond_the_tolerance_is_named_as_the_cause()
    {
        var token = Sign();
        _time.Advance(TimeSpan.FromMinutes(3));

        AssertRefused("ClockSkew", await VerifyAsync(token));
    }

    [Fact]
    public async Task A_token_from_a_clock_that_is_ahead_is_refused()
    {
        var ahead = GatewayToken.Sign(
            _key,
            "gw1",
            "POST",
            "/gateway/v1/desired",
            Body,
            _time.GetUtcNow() + TimeSpan.FromMinutes(2)
        );

        AssertRefused("ClockSkew", await VerifyAsync(ahead));
    }

    [Fact]
    public async Task A_revoked_or_different_key_is_refused()
    {
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var publicKey = Convert.ToBase64String(other.ExportSubjectPublicKeyInfo());

        AssertRefused("UnknownGateway", await VerifyAsync(Sign(), _ => null));
        AssertRefused("BadSignature", await VerifyAsync(Sign(), _ => publicKey));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a.b")]
    [InlineData("a.b.c")]
    [InlineData("eyJhbGciOiJub25lIn0.e30.")]
    public async Task A_malformed_token_is_refused(string token) => AssertRefused("Malformed", await VerifyAsync(token));

    [Fact]
    public async Task A_changed_claim_breaks_the_signature()
    {
        var parts = Sign().Split('.');
        var claims = System.Text.Encoding.UTF8.GetString(System.Buffers.Text.Base64Url.DecodeFromChars(parts[1]));
        var forged = System.Buffers.Text.Base64Url.EncodeToString(
            System.Text.Encoding.UTF8.GetBytes(claims.Replace("\"iat\":1", "\"iat\":2", StringComparison.Ordinal))
        );

        AssertRefused("BadSignature", await VerifyAsync($"{parts[0]}.{forged}.{parts[2]}"));
    }

    private string SignClaims(string claims)
    {
        var signed = $"{Encode("""{"alg":"ES256","typ":"JWT"}"""u8)}.{Encode(System.Text.Encoding.UTF8.GetBytes(claims))}";
        var signature = _key.SignData(System.Text.Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256);
        return $"{signed}.{Encode(signature)}";
    }

    private static string Encode(ReadOnlySpan<byte> bytes) => System.Buffers.Text.Base64Url.EncodeToString(bytes);

    private string Sign() => GatewayToken.Sign(_key, "gw1", "POST", "/gateway/v1/desired", Body, _time.GetUtcNow());

    private ValueTask<GatewayTokenVerdict> VerifyAsync(string token) => VerifyAsync(token, KeyOf);

    private ValueTask<GatewayTokenVerdict> VerifyAsync(string token, Func<string, string?> keyOf) =>
        _verifier.VerifyAsync(
            token,
            "POST",
            "/gateway/v1/desired",
            gateway => ValueTask.FromResult(keyOf(gateway)),
            TestContext.Current.CancellationToken
        );

    private string? KeyOf(string gateway) => gateway == "gw1" ? Convert.ToBase64String(_key.ExportSubjectPublicKeyInfo()) : null;

    private static void AssertRefused(string code, GatewayTokenVerdict verdict) =>
        Assert.Equal(code, Assert.IsType<GatewayTokenVerdict.Refused>(verdict).Code);
}
