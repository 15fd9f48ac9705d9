using System.Net;
using System.Security.Authentication;
using System.Security.Cryptography;
using Gantry.Gateway.Accounts;
using Gantry.Gateway.Limits;
using Gantry.Gateway.Pairing;
using Gantry.Gateway.Tests.Doubles;
using Gantry.Maas;
using Gantry.Protocol;
using Gantry.Testing;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace Gantry.Gateway.Tests;

/// <summary>What people with an API key learn of addresses in the gateway's network.</summary>
public sealed class KnownRegionTests : IDisposable
{
    private const string Endpoint = "http://10.0.0.7:5240/MAAS";
    private const string Key = "consumer:token:verysecret";
    private readonly string _folder = Directory.CreateTempSubdirectory("gantry-regions-").FullName;
    private readonly List<GatewayIdentity> _identities = [];
    private readonly FakeTimeProvider _time = new();
    private readonly StubMaas _server = new();
    private readonly LogLines _log = new();

    public static TheoryData<string, Action<StubMaas>> WhatAnAddressMayBe { get; } =
        new()
        {
            { "a closed port", server => server.Failure = new HttpRequestException("Connection refused (10.0.0.7:5240)") },
            { "a name that is not known", server => server.Failure = new HttpRequestException("Name or service not known") },
            {
                "a server with a certificate",
                server => server.Failure = new HttpRequestException("SSL", new AuthenticationException("CN=vault.corp"))
            },
            { "an address that drops packets", server => server.Hangs = true },
            { "a web server", server => server.Answers["version/"] = (HttpStatusCode.NotFound, "<html>the wiki</html>") },
            {
                "a server that asks for a password",
                server => server.Answers["version/"] = (HttpStatusCode.Unauthorized, "basic")
            },
            { "a server that fails", server => server.Answers["version/"] = (HttpStatusCode.InternalServerError, "the wiki") },
            { "a server that redirects", server => server.Answers["version/"] = (HttpStatusCode.Found, "the wiki") },
            { "an API", server => server.Answers["version/"] = (HttpStatusCode.OK, """{"kind":"the wiki"}""") },
            { "half a MAAS", server => server.Answers["users/"] = (HttpStatusCode.Forbidden, "the wiki") },
        };

    public void Dispose()
    {
        _identities.ForEach(identity => identity.Dispose());
        _server.Dispose();
        _log.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [MemberData(nameof(WhatAnAddressMayBe))]
    public async Task Every_address_without_a_MAAS_is_answered_alike_and_after_the_same_time(string _, Action<StubMaas> become)
    {
        become(_server);
        var (regions, seal) = Open(new GatewayLimits());

        var answering = regions.RefuseUnknownAsync(seal(), CancellationToken.None);
        _time.Advance(KnownRegions.NoRegionAfter - TimeSpan.FromMilliseconds(1));
        Assert.False(answering.IsCompleted);
        _time.Advance(TimeSpan.FromMilliseconds(1));

        Assert.Equal(
            new GatewayError(
                "Unreachable",
                $"The gateway finds no MAAS that it trusts at {Endpoint}: write its address as http://maas.example:5240/MAAS, and "
                    + "give the CA of an HTTPS region (caCert, --maas-ca). The gateway's log says what it saw, and so does an answer "
                    + "about an address in maasEndpoints of gateway.limits.json."
            ),
            await answering
        );
        Assert.Single(_log.Lines, line => line.Contains("no known MAAS answers", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_MAAS_that_takes_no_key_is_told_as_such_and_stays_unknown()
    {
        _server.Answers["users/"] = (HttpStatusCode.Unauthorized, "Authorization Error: verysecret");
        var (regions, seal) = Open(new GatewayLimits());

        var answer = await regions.RefuseUnknownAsync(seal(), CancellationToken.None);

        Assert.Equal("CredentialsRejected", answer!.Code);
        Assert.NotNull(await regions.RefuseUnknownAsync(seal(), CancellationToken.None));
    }

    [Fact]
    public async Task A_region_that_has_taken_a_key_or_that_the_data_centre_lists_is_known()
    {
        var (regions, seal) = Open(new GatewayLimits());
        Assert.Null(await regions.RefuseUnknownAsync(seal(), CancellationToken.None));
        var asked = _server.Asked.Count;
        _server.Failure = new HttpRequestException("Connection refused");

        Assert.Null(await regions.RefuseUnknownAsync(seal(), CancellationToken.None));
        var (listed, sealListed) = Open(new GatewayLimits { MaasEndpoints = [MaasEndpoint.Parse(Endpoint)] });
        Assert.Null(await listed.RefuseUnknownAsync(sealListed(), CancellationToken.None));

        Assert.Equal(asked, _server.Asked.Count);
    }

    private (KnownRegions Regions, Func<SealedAccount> Seal) Open(GatewayLimits limits)
    {
        var identity = GatewayIdentity.OpenOrCreate(_folder);
        _identities.Add(identity);
        var opener = new AccountOpener(
            identity,
            limits,
            new Dictionary<SealedSecret, string>(),
            (options, time) => new MaasClient(options, time, _server),
            _time
        );
        var recipient = Convert.ToBase64String(identity.Sealing.ExportSubjectPublicKeyInfo());
        return (
            new KnownRegions(opener, limits, _time, _log.CreateLogger("Gantry.Gateway")),
            () => new SealedAccount(new("lab"), "lab", Endpoint, new KeyDestination(Endpoint).Seal(Key, recipient))
        );
    }
}
