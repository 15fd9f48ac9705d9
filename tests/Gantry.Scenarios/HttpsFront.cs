using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Gantry.Scenarios;

/// <summary>
/// HTTPS in front of the lab's region, with a certificate that a private CA signed: the usual TLS set-up of a MAAS, where a proxy
/// of the region ends the connection.
/// </summary>
internal sealed class HttpsFront : IAsyncDisposable
{
    private static readonly string[] Passed = ["Authorization", "Accept"];
    private readonly WebApplication _app;
    private readonly HttpClient _http;

    private HttpsFront(WebApplication app, HttpClient http, Uri url, string caPem)
    {
        _app = app;
        _http = http;
        Url = url;
        CaPem = caPem;
    }

    /// <summary>As <c>--maas</c> takes it.</summary>
    public Uri Url { get; }

    public string CaPem { get; }

    public static async Task<HttpsFront> StartAsync(Uri region, CancellationToken cancellationToken)
    {
        using var authority = NewAuthority("Region CA");
        var certificate = Sign(authority);
        var http = new HttpClient();
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder
            .WebHost.UseKestrelCore()
            .UseKestrelHttpsConfiguration()
            .ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(certificate)));
        var app = builder.Build();
        app.Run(context => ForwardAsync(context, http, region));
        await app.StartAsync(cancellationToken);
        var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        return new HttpsFront(app, http, new Uri(new Uri(address), region.AbsolutePath), authority.ExportCertificatePem());
    }

    /// <summary>A CA that has signed nothing here.</summary>
    public static string AnotherCaPem()
    {
        using var another = NewAuthority("Another CA");
        return another.ExportCertificatePem();
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _http.Dispose();
    }

    private static async Task ForwardAsync(HttpContext context, HttpClient http, Uri region)
    {
        var from = context.Request;
        using var request = new HttpRequestMessage(
            new HttpMethod(from.Method),
            new Uri(region, $"{from.Path}{from.QueryString}")
        );
        foreach (var header in Passed.Where(from.Headers.ContainsKey))
        {
            request.Headers.TryAddWithoutValidation(header, from.Headers[header].ToString());
        }

        if (from.ContentType is { } type)
        {
            request.Content = new StreamContent(from.Body);
            request.Content.Headers.TryAddWithoutValidation("Content-Type", type);
        }

        using var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, context.RequestAborted);
        context.Response.StatusCode = (int)answer.StatusCode;
        context.Response.ContentType = answer.Content.Headers.ContentType?.ToString();
        if (answer.StatusCode is not HttpStatusCode.NoContent)
        {
            await answer.Content.CopyToAsync(context.Response.Body, context.RequestAborted);
        }
    }

    private static X509Certificate2 NewAuthority(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, critical: true));
        var now = TimeProvider.System.GetUtcNow();
        return request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
    }

    private static X509Certificate2 Sign(X509Certificate2 authority)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=maas", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using var signed = request.Create(
            authority,
            new DateTimeOffset(authority.NotBefore),
            new DateTimeOffset(authority.NotAfter),
            [1, 2, 3, 4]
        );
        using var whole = signed.CopyWithPrivateKey(key);
        return X509CertificateLoader.LoadPkcs12(whole.Export(X509ContentType.Pfx), null);
    }
}
