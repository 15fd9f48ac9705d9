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

        Assert.Equal(
            "The certificate of 127.0.0.1 is not trusted: nobody here knows the authority that signed it (itself): add the CA "
                + "to the account.",
            refused.Message
        );
        Assert.Empty(region.Requests);
    }

    [Fact]
    public async Task A_certificate_of_a_trusted_CA_for_another_name_is_refused_with_the_names_it_is_for()
    {
        using var certificate = SocketRegion.SelfSigned();
        using var region = new SocketRegion(certificate);
        using var client = Client($"https://localhost:{region.Port}", caPem: certificate.ExportCertificatePem());

        var refused = await Assert.ThrowsAsync<MaasUnavailableException>(() => client.Version.GetAsync(Cancel));

        Assert.Equal(
            "The certificate of localhost is not trusted: it is for 127.0.0.1 and not for localhost: use an address that it names.",
            refused.Message
        );
    }

    [Fact]
    public async Task A_certificate_that_expired_is_refused_with_its_last_day()
    {
        using var certificate = SocketRegion.SelfSigned(until: 2021);
        using var region = new SocketRegion(certificate);
        using var client = Client($"https://127.0.0.1:{region.Port}", caPem: certificate.ExportCertificatePem());

        var refused = await Assert.ThrowsAsync<MaasUnavailableException>(() => client.Version.GetAsync(Cancel));

        Assert.Equal("The certificate of 127.0.0.1 is not trusted: it expired on 2021-01-01: renew it in MAAS.", refused.Message);
    }

    [Fact]
    public async Task A_port_without_TLS_is_told_from_a_certificate_that_is_not_trusted()
    {
        using var region = new SocketRegion { AnswersAtOnce = true, Answer = "HTTP/1.1 400 Bad Request\r\n\r\n" };
        using var client = Client($"https://127.0.0.1:{region.Port}");

        var refused = await Assert.ThrowsAsync<MaasUnavailableException>(() => client.Version.GetAsync(Cancel));

        Assert.StartsWith($"127.0.0.1:{region.Port} answers without TLS", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_port_of_HTTPS_that_is_called_without_TLS_is_named()
    {
        using var region = new SocketRegion
        {
            Answer =
                "HTTP/1.1 400 Bad Request\r\nContent-Type: text/html\r\nContent-Length: 6\r\nConnection: close\r\n\r\n<html>",
        };
        using var client = Client($"http://127.0.0.1:{region.Port}");

        var refused = await Assert.ThrowsAsync<MaasUnexpectedException>(() => client.Version.GetAsync(Cancel));

        Assert.Equal($"127.0.0.1:{region.Port} refuses plain HTTP: write https:// when MAAS has TLS there.", refused.Message);
    }

    [Theory]
    [InlineData(
        "https://maas.example:5443/MAAS/api/2.0/version/",
        "redirects to https://maas.example:5443/MAAS: write that as the address of MAAS."
    )]
    [InlineData(
        "https://login.example/sso?back=secret",
        "redirects to https://login.example/sso, which is not the API of MAAS: check the address, and whether a proxy asks for a login."
    )]
    public async Task A_redirect_is_told_with_its_target_and_not_followed(string to, string told)
    {
        using var region = new SocketRegion
        {
            Answer = $"HTTP/1.1 301 Moved Permanently\r\nLocation: {to}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        };
        using var client = Client($"http://127.0.0.1:{region.Port}");

        var refused = await Assert.ThrowsAsync<MaasUnexpectedException>(() => client.Version.GetAsync(Cancel));

        Assert.Equal($"http://127.0.0.1:{region.Port}/MAAS {told}", refused.Message);
        Assert.Single(region.Requests);
    }

    [Fact]
    public async Task A_path_without_MAAS_is_told_with_the_one_that_a_region_has()
    {
        using var region = new SocketRegion
        {
            Answer = "HTTP/1.1 404 Not Found\r\nContent-Type: text/html\r\nContent-Length: 6\r\nConnection: close\r\n\r\n<html>",
        };
        using var client = Client($"http://127.0.0.1:{region.Port}/maas");

        var refused = await Assert.ThrowsAsync<MaasNotFoundException>(() => client.Version.GetAsync(Cancel));

        Assert.Equal(
            $"No API of MAAS is at http://127.0.0.1:{region.Port}/maas: the path of a region is /MAAS, as in "
                + $"http://127.0.0.1:{region.Port}/MAAS.",
            refused.Message
        );
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
