using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Gantry.Gateway.Link;

/// <summary>The HTTP transport of the link: trusted certificates and proxy.</summary>
internal static class ConsoleTransport
{
    /// <exception cref="GatewayException">The CA file holds no certificate.</exception>
    public static HttpMessageHandler Create(GatewayOptions options)
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            ConnectTimeout = TimeSpan.FromSeconds(15),
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        };
        if (options.Proxy is { } proxy)
        {
            handler.UseProxy = proxy.Length > 0;
            handler.Proxy = proxy.Length > 0 ? new WebProxy(proxy) : null;
        }

        if (options.CaFile is { } caFile)
        {
            handler.SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = Trusting(caFile) };
        }

        return handler;
    }

    public static string Describe(Uri console, HttpRequestException failure) =>
        failure.InnerException switch
        {
            AuthenticationException =>
                $"The certificate of the console at {console.Authority} is not trusted: give the CA that signed it "
                    + "(CaFile), and check the clock.",
            _ => $"The console at {console.Authority} is not reached ({failure.Message}): check the address, the network "
                + "and the proxy.",
        };

    private static X509ChainPolicy Trusting(string caFile)
    {
        var policy = new X509ChainPolicy
        {
            RevocationMode = X509RevocationMode.NoCheck,
            TrustMode = X509ChainTrustMode.CustomRootTrust,
        };
        try
        {
            policy.CustomTrustStore.ImportFromPemFile(caFile);
        }
        catch (CryptographicException unreadable)
        {
            throw new GatewayException($"CaFile '{caFile}' is not a PEM file with certificates.", unreadable);
        }

        if (policy.CustomTrustStore.Count is 0)
        {
            throw new GatewayException(
                $"CaFile '{caFile}' holds no certificate; it should begin with -----BEGIN CERTIFICATE-----."
            );
        }

        using var system = new X509Store(StoreName.Root, StoreLocation.LocalMachine, OpenFlags.ReadOnly);
        policy.CustomTrustStore.AddRange(system.Certificates);
        return policy;
    }
}
