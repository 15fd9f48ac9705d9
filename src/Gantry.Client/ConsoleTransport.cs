using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Gantry.Client;

/// <summary>The HTTP handler that trusts what the options name.</summary>
internal static class ConsoleTransport
{
    /// <exception cref="IOException">The CA file cannot be read, or holds no certificate.</exception>
    public static HttpMessageHandler Create(string? caFile) =>
        new SocketsHttpHandler { SslOptions = Trust(caFile), AllowAutoRedirect = false };

    private static SslClientAuthenticationOptions Trust(string? caFile)
    {
        if (caFile is null)
        {
            return new SslClientAuthenticationOptions();
        }

        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
        };
        try
        {
            policy.CustomTrustStore.ImportFromPemFile(caFile);
        }
        catch (Exception unreadable) when (unreadable is UnauthorizedAccessException or CryptographicException)
        {
            throw new IOException(unreadable.Message, unreadable);
        }

        if (policy.CustomTrustStore.Count == 0)
        {
            throw new IOException("it holds no certificate; give a PEM file that begins with -----BEGIN CERTIFICATE-----");
        }

        return new SslClientAuthenticationOptions { CertificateChainPolicy = policy };
    }
}
