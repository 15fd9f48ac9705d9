using System.Security.Cryptography;
using Gantry.Protocol;
using Microsoft.Extensions.Time.Testing;

namespace Gantry.Protocol.Tests;

public sealed class GatewayTokenTests : IDisposable
{
    private static readonly byte[] s_body = "{}"u8.ToArray();
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 1, 1, 12, 0, 0, TimeSpan.Zero));
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly GatewayTokenVerifier _verifier;

    public GatewayTokenTests() => _verifier = new GatewayTokenVerifier(_time);

    public void Dispose() => _key.Dispose();

    [Fact]
    public void A_token_is_good_for_the_request_it_was_signed_for() =>
        Assert.Equal(new GatewayTokenVerdict.Accepted("gw1"), Verify(Sign()));

    [Fact]
    public void A_token_is_not_good_twice()
    {
        var token = Sign();
        Verify(token);

        AssertRefused("Replayed", Verify(token));
    }

    [Fact]
    public void A_token_is_remembered_as_long_as_it_would_be_accepted()
    {
        var token = Sign();
        Verify(token);
        _time.Advance(GatewayToken.Lifetime + GatewayTokenVerifier.Tolerance);

        AssertRefused("Replayed", Verify(token));
    }

    [Theory]
    [InlineData("GET", "/gateway/v1/desired", "{}")]
    [InlineData("POST", "/gateway/v1/status", "{}")]
    [InlineData("POST", "/gateway/v1/desired", "{ }")]
    public void A_token_is_not_good_for_another_request(string method, string path, string body) =>
        AssertRefused("OtherRequest", _verifier.Verify(Sign(), method, path, System.Text.Encoding.UTF8.GetBytes(body), KeyOf));

    [Fact]
    public void A_clock_that_is_off_by_more_than_the_tolerance_is_named_as_the_cause()
    {
        var token = Sign();
        _time.Advance(TimeSpan.FromMinutes(3));

        AssertRefused("ClockSkew", Verify(token));
    }

    [Fact]
    public void A_token_from_a_clock_that_is_ahead_is_refused()
    {
        var ahead = GatewayToken.Sign(
            _key, "gw1", "POST", "/gateway/v1/desired", s_body, _time.GetUtcNow() + TimeSpan.FromMinutes(2));

        AssertRefused("ClockSkew", Verify(ahead));
    }

    [Fact]
    public void A_key_that_was_revoked_or_is_another_opens_nothing()
    {
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var publicKey = Convert.ToBase64String(other.ExportSubjectPublicKeyInfo());

        AssertRefused("UnknownGateway", _verifier.Verify(Sign(), "POST", "/gateway/v1/desired", s_body, _ => null));
        AssertRefused("BadSignature", _verifier.Verify(Sign(), "POST", "/gateway/v1/desired", s_body, _ => publicKey));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a.b")]
    [InlineData("a.b.c")]
    [InlineData("eyJhbGciOiJub25lIn0.e30.")]
    public void What_is_no_token_is_refused(string token) => AssertRefused("Malformed", Verify(token));

    [Fact]
    public void A_changed_claim_breaks_the_signature()
    {
        var parts = Sign().Split('.');
        var claims = System.Text.Encoding.UTF8.GetString(System.Buffers.Text.Base64Url.DecodeFromChars(parts[1]));
        var forged = System.Buffers.Text.Base64Url.EncodeToString(
            System.Text.Encoding.UTF8.GetBytes(claims.Replace("\"iat\":1", "\"iat\":2", StringComparison.Ordinal)));

        AssertRefused("BadSignature", Verify($"{parts[0]}.{forged}.{parts[2]}"));
    }

    private string Sign() => GatewayToken.Sign(_key, "gw1", "POST", "/gateway/v1/desired", s_body, _time.GetUtcNow());

    private GatewayTokenVerdict Verify(string token) => _verifier.Verify(token, "POST", "/gateway/v1/desired", s_body, KeyOf);

    private string? KeyOf(string gateway) => gateway == "gw1" ? Convert.ToBase64String(_key.ExportSubjectPublicKeyInfo()) : null;

    private static void AssertRefused(string code, GatewayTokenVerdict verdict) =>
        Assert.Equal(code, Assert.IsType<GatewayTokenVerdict.Refused>(verdict).Code);
}
