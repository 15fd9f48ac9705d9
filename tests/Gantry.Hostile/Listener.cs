using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Gantry.Hostile;

/// <summary>A server on loopback with a certificate of its own, or without TLS, that records who calls it.</summary>
public sealed class Listener : IAsyncDisposable
{
    private readonly WebApplication _app;

    private Listener(WebApplication app, string caPem)
    {
        _app = app;
        CaPem = caPem;
    }

    public Uri Url { get; private set; } = null!;

    /// <summary>The certificate to trust; empty without TLS.</summary>
    public string CaPem { get; }

    /// <summary>The requests so far: method, target and whether they carried a credential.</summary>
    public ConcurrentQueue<string> Requests { get; } = new();

    /// <summary>Answers with the little of MAAS that a validation of a key asks for.</summary>
    public static Task<Listener> LikeMaasAsync(bool isSecure, CancellationToken cancellationToken) =>
        StartAsync(
            isSecure,
            context =>
                context.Response.WriteAsync(
                    context.Request.Path.Value!.EndsWith("/version/", StringComparison.Ordinal)
                        ? """{"version":"3.6.1","subversion":"","capabilities":[]}"""
                        : """{"username":"gantry","is_superuser":true,"email":"","is_local":true}"""
                ),
            cancellationToken
        );

    public static async Task<Listener> StartAsync(bool isSecure, RequestDelegate answer, CancellationToken cancellationToken)
    {
        var certificate = isSecure ? Certificate() : null;
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder
            .WebHost.UseKestrelCore()
            .UseKestrelHttpsConfiguration()
            .ConfigureKestrel(kestrel =>
                kestrel.Listen(
                    IPAddress.Loopback,
                    0,
                    listen =>
                    {
                        if (certificate is not null)
                        {
                            listen.UseHttps(certificate);
                        }
                    }
                )
            );
        var app = builder.Build();
        var listener = new Listener(app, certificate is null ? "" : certificate.ExportCertificatePem() + "\n");
        app.Run(context =>
        {
            var credential = context.Request.Headers.Authorization.Count > 0 ? "with" : "without";
            listener.Requests.Enqueue(
                $"{context.Request.Method} {context.Request.Host}{context.Request.Path} {credential} a credential"
            );
            return answer(context);
        });
        await app.StartAsync(cancellationToken);
        listener.Url = new Uri(
            app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()
        );
        return listener;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private static X509Certificate2 Certificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        var now = TimeProvider.System.GetUtcNow();
        using var made = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pfx), null);
    }
}
