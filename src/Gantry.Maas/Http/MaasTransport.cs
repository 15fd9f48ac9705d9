using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Gantry.Maas.Http;

/// <summary>Creates the HTTP handler with trust, proxy and pooling, and describes failed connections.</summary>
internal static class MaasTransport
{
    public static HttpMessageHandler Create(MaasClientOptions options, TimeProvider time)
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.All,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            ConnectTimeout = TimeSpan.FromSeconds(15),
        };
        if (options.Proxy is { } proxy)
        {
            handler.UseProxy = proxy.Length > 0;
            handler.Proxy = proxy.Length > 0 ? new WebProxy(proxy) : null;
        }

        handler.SslOptions.RemoteCertificateValidationCallback = CertificateRefusal.Validation(options.Endpoint.Url.Host, time);
        if (options.CaPem is { Length: > 0 } pem)
        {
            handler.SslOptions.CertificateChainPolicy = Trusting(pem);
        }

        return handler;
    }

    /// <summary>Describes a failed connection and what to check.</summary>
    public static string Describe(Uri url, HttpRequestException failure) =>
        failure switch
        {
            { InnerException: CertificateRefusal refusal } => refusal.Message,
            { HttpRequestError: HttpRequestError.SecureConnectionError } =>
                $"{url.Authority} answers without TLS, or not as HTTPS does: write http:// for a region without TLS, or the port "
                    + "of its HTTPS (5443, or 443 of a proxy).",
            _ => $"MAAS at {url.Scheme}://{url.Authority} cannot be reached ({failure.Message}): check the address, the "
                + "network and the proxy.",
        };

    public static TimeSpan? RetryAfter(HttpResponseHeaders headers, DateTimeOffset now) =>
        headers.RetryAfter switch
        {
            { Delta: { } delta } => delta,
            { Date: { } date } => date > now ? date - now : TimeSpan.Zero,
            _ => null,
        };

    private static X509ChainPolicy Trusting(string pem)
    {
        var policy = new X509ChainPolicy
        {
            RevocationMode = X509RevocationMode.NoCheck,
            TrustMode = X509ChainTrustMode.CustomRootTrust,
        };
        policy.CustomTrustStore.ImportFromPem(pem);
        using var system = new X509Store(StoreName.Root, StoreLocation.LocalMachine, OpenFlags.ReadOnly);
        policy.CustomTrustStore.AddRange(system.Certificates);
        return policy;
    }
}
