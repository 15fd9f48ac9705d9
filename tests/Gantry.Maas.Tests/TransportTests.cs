using System.Net;
using System.Net.Sockets;

namespace Gantry.Maas.Tests;

/// <summary>The client over a real socket: trust, proxy, and the report of an unreachable region.</summary>
public sealed class TransportTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_client_with_the_CA_reaches_a_region_with_a_private_certificate()
    {
        using var certificate = SocketRegion.SelfSigned();
        using var region = new SocketRegion(certificate);
        using var client = Client($"https://127.0.0.1:{region.Port}", caPem: certificate.ExportCertificatePem());

        Assert.Equal("3.7.3", (await client.Version.GetAsync(Cancel)).Version);
        Assert.Equal(new Uri($"https://127.0.0.1:{region.Port}/MAAS/"), client.Url);
    }

    [Fact]
    public async Task A_certificate_of_an_unknown_CA_is_refused_with_what_to_do()
    {
        using var certificate = SocketRegion.SelfSigned();
        using var region = new SocketRegion(certificate);
        using var client = Client($"https://127.0.0.1:{region.Port}");

        var refused = await Assert.ThrowsAsync<MaasUnavailableException>(() => client.Version.GetAsync(Cancel));

        Assert.Equal("The certificate of 127.0.0.1 is not trusted: add the CA that signed it to the account.", refused.Message);
        Assert.Empty(region.Requests);
    }

    [Fact]
    public async Task Requests_go_through_the_configured_proxy()
    {
        using var proxy = new SocketRegion();
        using var client = Client("http://maas.example:5240", proxy: $"http://127.0.0.1:{proxy.Port}");

        await client.Version.GetAsync(Cancel);

        Assert.Equal("GET http://maas.example:5240/MAAS/api/2.0/version/ HTTP/1.1", Assert.Single(proxy.Requests));
    }

    [Fact]
    public async Task An_empty_proxy_disables_the_proxy()
    {
        using var region = new SocketRegion();
        using var client = Client($"http://127.0.0.1:{region.Port}", proxy: "");

        await client.Version.GetAsync(Cancel);

        Assert.Equal("GET /MAAS/api/2.0/version/ HTTP/1.1", Assert.Single(region.Requests));
    }

    [Fact]
    public async Task An_unreachable_region_is_reported_with_its_address_and_what_to_check()
    {
        using var free = new TcpListener(IPAddress.Loopback, 0);
        free.Start();
        var port = ((IPEndPoint)free.LocalEndpoint).Port;
        free.Stop();
        using var client = Client($"http://127.0.0.1:{port}");

        var failure = await Assert.ThrowsAsync<MaasUnavailableException>(() => client.Version.GetAsync(Cancel));

        Assert.StartsWith($"MAAS at http://127.0.0.1:{port} cannot be reached", failure.Message, StringComparison.Ordinal);
        Assert.Null(failure.Status);
    }

    private static MaasClient Client(string url, string? caPem = null, string? proxy = null) =>
        new(
            new MaasClientOptions(MaasEndpoint.Parse(url), MaasApiKey.Parse("a:b:c"))
            {
                CaPem = caPem,
                Proxy = proxy,
                ReadAttempts = 1,
            },
            TimeProvider.System
        );
}
