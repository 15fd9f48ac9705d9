using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Gantry.Server.Security;

/// <summary>
/// The console's own CA and the server certificate it signs, kept in the data folder. Clients trust the CA file; the server
/// certificate is renewed before it expires or when it lacks a name, so the CA file stays the same.
/// </summary>
public static class ConsoleCertificates
{
    private static readonly TimeSpan CaLifetime = TimeSpan.FromDays(3650);

    // 397 days is the most that browsers and Apple's clients accept of a server certificate.
    private static readonly TimeSpan ServerLifetime = TimeSpan.FromDays(397);
    private static readonly TimeSpan RenewBefore = TimeSpan.FromDays(30);

    // A host's clock may be ahead at the first start: once it is set right, the CA must be valid already.
    private static readonly TimeSpan WrongClock = TimeSpan.FromDays(7);

    public static string CaFile(string folder) => Path.Combine(folder, "ca.pem");

    /// <summary>Reads or creates both certificates.</summary>
    /// <param name="names">Host names and addresses, beside localhost, the loopback addresses and this host's name.</param>
    public static X509Certificate2 ServerCertificate(string folder, IEnumerable<string> names, TimeProvider time)
    {
        var now = time.GetUtcNow();
        using var ca = ReadOrMakeCa(folder, now);
        string[] wanted =
        [
            .. new[] { "localhost", "127.0.0.1", "::1", Dns.GetHostName() }
                .Concat(names)
                .Where(name => name.Length > 0)
                .Distinct(StringComparer.OrdinalIgnoreCase),
        ];
        var certificateFile = Path.Combine(folder, "server.pem");
        var keyFile = Path.Combine(folder, "server.key");
        if (File.Exists(certificateFile) && File.Exists(keyFile))
        {
            using var existing = Read(certificateFile, keyFile, "delete both: the console signs new ones");
            if (
                existing.NotAfter.ToUniversalTime() - RenewBefore > now.UtcDateTime
                && wanted.All(name => Covers(existing, name))
                && existing.Issuer == ca.Subject
            )
            {
                return Usable(existing);
            }
        }

        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = Sign(ca, key, wanted, now);
        WritePair(
            certificateFile,
            certificate.ExportCertificatePem() + "\n" + ca.ExportCertificatePem() + "\n",
            keyFile,
            key.ExportPkcs8PrivateKeyPem()
        );
        using var withKey = certificate.CopyWithPrivateKey(key);
        return Usable(withKey);
    }

    public static X509Certificate2 FromFiles(string certificateFile, string keyFile)
    {
        using var certificate = Read(certificateFile, keyFile, "name others");
        return Usable(certificate);
    }

    private static X509Certificate2 Read(string certificateFile, string keyFile, string otherwise)
    {
        try
        {
            return X509Certificate2.CreateFromPemFile(certificateFile, keyFile);
        }
        catch (CryptographicException unusable)
        {
            throw new InvalidDataException(
                $"'{certificateFile}' and '{keyFile}' are not a certificate and its private key (PEM). Restore them from a backup, or "
                    + $"{otherwise}.",
                unusable
            );
        }
    }

    private static bool Covers(X509Certificate2 certificate, string name)
    {
        var names = certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().FirstOrDefault();
        return names is not null
            && (
                IPAddress.TryParse(name, out var address)
                    ? names.EnumerateIPAddresses().Contains(address)
                    : names.EnumerateDnsNames().Contains(name, StringComparer.OrdinalIgnoreCase)
            );
    }

    private static X509Certificate2 ReadOrMakeCa(string folder, DateTimeOffset now)
    {
        var keyFile = Path.Combine(folder, "ca.key");
        if (File.Exists(CaFile(folder)) && File.Exists(keyFile))
        {
            return Read(CaFile(folder), keyFile, "delete both: then clients and gateways have to trust the new CA");
        }

        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var name = $"CN=Gantry console CA {RandomNumberGenerator.GetHexString(8, lowercase: true)}";
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, critical: true));
        request.CertificateExtensions.Add(
            new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true)
        );
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        var ca = request.CreateSelfSigned(now - WrongClock, now + CaLifetime);
        WritePair(CaFile(folder), ca.ExportCertificatePem() + "\n", keyFile, key.ExportPkcs8PrivateKeyPem());
        return ca;
    }

    /// <summary>
    /// Writes the certificate last, after the old one is gone: a kill in between leaves a key without a certificate, which the next start
    /// makes anew, and never a pair that does not belong together.
    /// </summary>
    private static void WritePair(string certificateFile, string certificate, string keyFile, string key)
    {
        File.Delete(certificateFile);
        SecretFiles.Write(keyFile, key);
        SecretFiles.Write(certificateFile, certificate);
    }

    private static X509Certificate2 Sign(X509Certificate2 ca, ECDsa key, IReadOnlyList<string> names, DateTimeOffset now)
    {
        var request = new CertificateRequest("CN=Gantry console", key, HashAlgorithmName.SHA256);
        var alternatives = new SubjectAlternativeNameBuilder();
        foreach (var name in names)
        {
            if (IPAddress.TryParse(name, out var address))
            {
                alternatives.AddIpAddress(address);
            }
            else
            {
                alternatives.AddDnsName(name);
            }
        }

        request.CertificateExtensions.Add(alternatives.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(
            new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1", "serverAuth")], critical: false)
        );
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(ca, true, false));
        var end = now + ServerLifetime;
        var caEnd = new DateTimeOffset(ca.NotAfter.ToUniversalTime());
        return request.Create(
            ca,
            new DateTimeOffset(ca.NotBefore),
            end < caEnd ? end : caEnd,
            RandomNumberGenerator.GetBytes(16)
        );
    }

    // A round trip through PKCS#12 gives a key that TLS can use on every platform.
    private static X509Certificate2 Usable(X509Certificate2 certificate) =>
        X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), password: null);
}
