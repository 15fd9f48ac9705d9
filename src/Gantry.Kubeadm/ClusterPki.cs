using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;

namespace Gantry.Kubeadm;

/// <summary>
/// The certificate authorities of a cluster and the key that signs its service account tokens. All keys are P-256 in PEM.
/// Secret.
/// </summary>
internal sealed record ClusterPki(
    string Ca,
    string CaKey,
    string EtcdCa,
    string EtcdCaKey,
    string FrontProxyCa,
    string FrontProxyCaKey,
    string ServiceAccountKey,
    string ServiceAccountPublicKey
)
{
    private const int CaYears = 10;

    // A machine's clock may be behind, and the gateway's clock may be ahead when it creates a cluster. The authority must be
    // valid once either clock is set right.
    private static readonly TimeSpan ClockError = TimeSpan.FromDays(7);

    public static ClusterPki Create(DateTimeOffset now)
    {
        var (ca, caKey) = Authority("kubernetes", now);
        var (etcd, etcdKey) = Authority("etcd-ca", now);
        var (proxy, proxyKey) = Authority("front-proxy-ca", now);
        using var accounts = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return new ClusterPki(
            ca,
            caKey,
            etcd,
            etcdKey,
            proxy,
            proxyKey,
            Pem(accounts.ExportECPrivateKeyPem()),
            Pem(accounts.ExportSubjectPublicKeyInfoPem())
        );
    }

    public static ClusterPki Read(string json) =>
        JsonSerializer.Deserialize<ClusterPki>(json) ?? throw new JsonException("The ledger holds no keys of this cluster.");

    public string Write() => JsonSerializer.Serialize(this);

    /// <summary>Issues a client certificate of the cluster. It ends with the CA's certificate at the latest.</summary>
    public (string Certificate, string Key, DateTimeOffset ExpiresAt) IssueClient(
        string user,
        string group,
        DateTimeOffset now,
        TimeSpan validity
    )
    {
        var name = new X500DistinguishedNameBuilder();
        name.AddOrganizationName(group);
        name.AddCommonName(user);
        return IssueClient(name.Build(), Ca, CaKey, now, validity);
    }

    /// <summary>Issues a client certificate of the cluster's etcd, which has no groups.</summary>
    public (string Certificate, string Key, DateTimeOffset ExpiresAt) IssueEtcdClient(
        string user,
        DateTimeOffset now,
        TimeSpan validity
    )
    {
        var name = new X500DistinguishedNameBuilder();
        name.AddCommonName(user);
        return IssueClient(name.Build(), EtcdCa, EtcdCaKey, now, validity);
    }

    public override string ToString() => "cluster keys";

    private static (string Certificate, string Key, DateTimeOffset ExpiresAt) IssueClient(
        X500DistinguishedName name,
        string authority,
        string authorityKey,
        DateTimeOffset now,
        TimeSpan validity
    )
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.2")], critical: false));
        using var ca = X509Certificate2.CreateFromPem(authority, authorityKey);
        var end = new DateTimeOffset(ca.NotAfter.ToUniversalTime());
        var expires = now + validity < end ? now + validity : end;
        using var certificate = request.Create(ca, new DateTimeOffset(ca.NotBefore), expires, Serial());
        return (Pem(certificate.ExportCertificatePem()), Pem(key.ExportECPrivateKeyPem()), expires);
    }

    private static (string Certificate, string Key) Authority(string name, DateTimeOffset now)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, critical: true));
        request.CertificateExtensions.Add(
            new X509KeyUsageExtension(
                X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign | X509KeyUsageFlags.DigitalSignature,
                critical: true
            )
        );
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        using var certificate = request.CreateSelfSigned(now - ClockError, now.AddYears(CaYears));
        return (Pem(certificate.ExportCertificatePem()), Pem(key.ExportECPrivateKeyPem()));
    }

    private static byte[] Serial()
    {
        var serial = RandomNumberGenerator.GetBytes(16);
        serial[0] &= 0x7f;
        return serial;
    }

    private static string Pem(string text) => text.EndsWith('\n') ? text : text + "\n";

    /// <summary>The files in which kubeadm expects the keys on a control plane.</summary>
    public IEnumerable<CloudFile> Files() =>
        [
            new("/etc/kubernetes/pki/ca.crt", Ca, "0640"),
            new("/etc/kubernetes/pki/ca.key", CaKey, "0600"),
            new("/etc/kubernetes/pki/etcd/ca.crt", EtcdCa, "0640"),
            new("/etc/kubernetes/pki/etcd/ca.key", EtcdCaKey, "0600"),
            new("/etc/kubernetes/pki/front-proxy-ca.crt", FrontProxyCa, "0640"),
            new("/etc/kubernetes/pki/front-proxy-ca.key", FrontProxyCaKey, "0600"),
            new("/etc/kubernetes/pki/sa.key", ServiceAccountKey, "0600"),
            new("/etc/kubernetes/pki/sa.pub", ServiceAccountPublicKey, "0640"),
        ];
}
