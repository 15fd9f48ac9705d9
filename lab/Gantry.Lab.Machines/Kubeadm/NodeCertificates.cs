using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Gantry.Lab.Machines.Kubeadm;

/// <summary>
/// The certificate authorities on a control plane machine's disk, and the certificates kubeadm signs with them.
/// </summary>
internal sealed class NodeCertificates
{
    public const string Folder = "/etc/kubernetes/pki/";

    private static readonly (string Name, string Path)[] Authorities =
    [
        ("ca", "ca"),
        ("front-proxy-ca", "front-proxy-ca"),
        ("etcd-ca", "etcd/ca"),
    ];

    private NodeCertificates(MachineFiles files)
    {
        string Pem(string name) => files.Find(Folder + name)!.Text.Trim();
        (CaPem, CaKeyPem) = (Pem("ca.crt"), Pem("ca.key"));
        (EtcdCaPem, EtcdCaKeyPem) = (Pem("etcd/ca.crt"), Pem("etcd/ca.key"));
    }

    public string CaPem { get; }

    public string CaKeyPem { get; }

    public string EtcdCaPem { get; }

    public string EtcdCaKeyPem { get; }

    /// <summary>The certs phase of <c>kubeadm init</c>: checks and uses existing authorities, and creates missing ones.</summary>
    /// <exception cref="KubeadmException">An authority is expired, is not a CA, or does not match its key.</exception>
    public static NodeCertificates ForInit(MachineFiles files, DateTimeOffset now)
    {
        foreach (var (name, path) in Authorities)
        {
            if (files.Find($"{Folder}{path}.crt") is null)
            {
                MakeAuthority(files, name, path, now);
            }

            CheckAuthority(files, name, path, now, $"error execution phase certs/{name}: ");
        }

        if (files.Find(Folder + "sa.key") is null)
        {
            using var key = RSA.Create(2048);
            files.Write(Folder + "sa.key", key.ExportPkcs8PrivateKeyPem(), 0b110_000_000);
            files.Write(Folder + "sa.pub", key.ExportSubjectPublicKeyInfoPem());
        }

        CheckServiceAccountKey(files, "error execution phase certs/sa: ");
        return new NodeCertificates(files);
    }

    /// <summary>The certificate checks of a joining control plane, before its first change.</summary>
    /// <exception cref="KubeadmException">Names every missing or invalid file.</exception>
    public static NodeCertificates ForJoin(MachineFiles files, DateTimeOffset now)
    {
        var problems = new List<string>();
        void Try(Action check)
        {
            try
            {
                check();
            }
            catch (KubeadmException problem)
            {
                problems.Add(problem.Message);
            }
        }

        foreach (var (name, path) in Authorities)
        {
            Try(() => CheckAuthority(files, name, path, now, ""));
        }

        Try(() => CheckServiceAccountKey(files, ""));
        return problems.Count == 0
            ? new NodeCertificates(files)
            : throw new KubeadmException(
                "error execution phase preflight: \nOne or more conditions for hosting a new "
                    + $"control plane instance is not satisfied.\n\n[{string.Join(", ", problems)}]\n\nPlease ensure that:\n"
                    + "* The cluster has a stable controlPlaneEndpoint address.\n* The certificates that must be shared "
                    + "among control plane instances are provided."
            );
    }

    /// <summary>A kubeconfig with a client certificate that this authority signs for a year.</summary>
    public string Kubeconfig(string server, string commonName, string organization, DateTimeOffset now)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var name = new X500DistinguishedNameBuilder();
        if (organization.Length > 0)
        {
            name.AddOrganizationName(organization);
        }

        name.AddCommonName(commonName);
        var request = new CertificateRequest(name.Build(), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.2")], critical: false));
        using var signed = Sign(request, CaPem, CaKeyPem, now, commonName + server);
        static string B64(string pem) => Convert.ToBase64String(Encoding.UTF8.GetBytes(pem + "\n"));
        return $"""
            apiVersion: v1
            kind: Config
            clusters:
            - name: kubernetes
              cluster:
                server: {server}
                certificate-authority-data: {B64(CaPem)}
            contexts:
            - name: {commonName}@kubernetes
              context:
                cluster: kubernetes
                user: {commonName}
            current-context: {commonName}@kubernetes
            users:
            - name: {commonName}
              user:
                client-certificate-data: {B64(signed.ExportCertificatePem())}
                client-key-data: {B64(key.ExportPkcs8PrivateKeyPem())}

            """;
    }

    /// <summary>
    /// <c>sha256:</c> and the digest of a certificate's public key information, the format of <c>caCertHashes</c>.
    /// </summary>
    public static string KeyHash(string certificatePem)
    {
        using var certificate = X509Certificate2.CreateFromPem(certificatePem);
        return "sha256:" + Convert.ToHexStringLower(SHA256.HashData(certificate.PublicKey.ExportSubjectPublicKeyInfo()));
    }

    /// <summary>Whether the client certificate of a kubeconfig puts its user in a group.</summary>
    public static bool IsInGroup(string kubeconfig, string group)
    {
        foreach (
            var line in kubeconfig
                .Split('\n', StringSplitOptions.TrimEntries)
                .Where(line => line.StartsWith("client-certificate-data:", StringComparison.Ordinal))
        )
        {
            try
            {
                using var certificate = X509Certificate2.CreateFromPem(
                    Encoding.UTF8.GetString(Convert.FromBase64String(line["client-certificate-data:".Length..].Trim()))
                );
                return certificate
                    .SubjectName.EnumerateRelativeDistinguishedNames()
                    .Any(part =>
                        !part.HasMultipleElements
                        && part.GetSingleElementType().Value == "2.5.4.10"
                        && part.GetSingleElementValue() == group
                    );
            }
            catch (Exception unreadable) when (unreadable is FormatException or CryptographicException)
            {
                return false;
            }
        }

        return false;
    }

    /// <summary>The serving certificate of a control plane server, with its key.</summary>
    public static X509Certificate2 Serving(
        string caPem,
        string caKeyPem,
        string commonName,
        IReadOnlyList<string> names,
        DateTimeOffset now
    )
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var subject = new X500DistinguishedNameBuilder();
        subject.AddCommonName(commonName);
        var request = new CertificateRequest(subject.Build(), key, HashAlgorithmName.SHA256);
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
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], critical: false));
        using var signed = Sign(request, caPem, caKeyPem, now, commonName + string.Join(',', names));
        return signed.CopyWithPrivateKey(key);
    }

    // Signed by hand, because the authority's key may be of another algorithm than the request's.
    private static X509Certificate2 Sign(
        CertificateRequest request,
        string caPem,
        string caKeyPem,
        DateTimeOffset now,
        string serialSeed
    )
    {
        using var authority = WithKey(caPem, caKeyPem);
        using var rsa = authority.GetRSAPrivateKey();
        using var curve = authority.GetECDsaPrivateKey();
        var generator = rsa is not null
            ? X509SignatureGenerator.CreateForRSA(rsa, RSASignaturePadding.Pkcs1)
            : X509SignatureGenerator.CreateForECDsa(curve!);
        request.CertificateExtensions.Add(
            X509AuthorityKeyIdentifierExtension.CreateFromCertificate(
                authority,
                includeKeyIdentifier: false,
                includeIssuerAndSerial: true
            )
        );
        return request.Create(
            authority.SubjectName,
            generator,
            now.AddMinutes(-5),
            Earlier(now.AddYears(1), authority.NotAfter),
            Serial(serialSeed + now.ToString("O"))
        );
    }

    private static X509Certificate2 WithKey(string pem, string keyPem) => X509Certificate2.CreateFromPem(pem, keyPem);

    private static void CheckAuthority(MachineFiles files, string name, string path, DateTimeOffset now, string phase)
    {
        var certificateFile =
            files.Find($"{Folder}{path}.crt")
            ?? throw new KubeadmException(
                $"{phase}failure loading certificate for {name}: couldn't load the certificate file {Folder}{path}.crt: "
                    + $"open {Folder}{path}.crt: no such file or directory"
            );
        X509Certificate2 certificate;
        try
        {
            certificate = X509Certificate2.CreateFromPem(certificateFile.Text);
        }
        catch (CryptographicException)
        {
            throw new KubeadmException(
                $"{phase}failure loading {name} certificate: couldn't load the certificate file {Folder}{path}.crt: data "
                    + "doesn't contain any valid certificates"
            );
        }

        using (certificate)
        {
            if (certificate.NotBefore.ToUniversalTime() > now.UtcDateTime)
            {
                throw new KubeadmException($"{phase}failure loading {name} certificate: the certificate is not valid yet");
            }

            if (certificate.NotAfter.ToUniversalTime() < now.UtcDateTime)
            {
                throw new KubeadmException($"{phase}failure loading {name} certificate: the certificate has expired");
            }

            if (
                !certificate
                    .Extensions.OfType<X509BasicConstraintsExtension>()
                    .Any(constraints => constraints.CertificateAuthority)
            )
            {
                throw new KubeadmException($"{phase}failure loading {name} certificate: certificate {path} is not a CA");
            }

            var keyFile =
                files.Find($"{Folder}{path}.key")
                ?? throw new KubeadmException(
                    $"{phase}failure loading key for {name}: couldn't load the private key file {Folder}{path}.key: open "
                        + $"{Folder}{path}.key: no such file or directory"
                );
            try
            {
                using var pair = WithKey(certificateFile.Text, keyFile.Text);
            }
            catch (Exception unfit) when (unfit is CryptographicException or ArgumentException)
            {
                throw new KubeadmException(
                    $"{phase}failure loading {name} certificate: the private key {Folder}{path}.key does not match the "
                        + "certificate"
                );
            }
        }
    }

    private static void CheckServiceAccountKey(MachineFiles files, string phase)
    {
        foreach (var name in (ReadOnlySpan<string>)["sa.key", "sa.pub"])
        {
            var text =
                files.Find(Folder + name)?.Text
                ?? throw new KubeadmException(
                    $"{phase}failure loading key for service account: couldn't load the private key file {Folder}{name}: "
                        + $"open {Folder}{name}: no such file or directory"
                );
            try
            {
                using var rsa = RSA.Create();
                rsa.ImportFromPem(text);
            }
            catch (Exception other) when (other is CryptographicException or ArgumentException)
            {
                try
                {
                    using var curve = ECDsa.Create();
                    curve.ImportFromPem(text);
                }
                catch (Exception unreadable) when (unreadable is CryptographicException or ArgumentException)
                {
                    throw new KubeadmException($"{phase}failure loading key for service account: {Folder}{name} holds no key");
                }
            }
        }
    }

    private static void MakeAuthority(MachineFiles files, string name, string path, DateTimeOffset now)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={(name == "ca" ? "kubernetes" : name)}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(
            new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true)
        );
        request.CertificateExtensions.Add(
            new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.DigitalSignature, critical: true)
        );
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        using var certificate = request.CreateSelfSigned(now.AddMinutes(-5), now.AddYears(10));
        files.Write($"{Folder}{path}.crt", certificate.ExportCertificatePem() + "\n");
        files.Write($"{Folder}{path}.key", key.ExportPkcs8PrivateKeyPem() + "\n", 0b110_000_000);
    }

    private static byte[] Serial(string of)
    {
        var serial = SHA256.HashData(Encoding.UTF8.GetBytes(of))[..16];
        serial[0] &= 0x7f;
        return serial;
    }

    private static DateTimeOffset Earlier(DateTimeOffset a, DateTime b) => a < new DateTimeOffset(b) ? a : new DateTimeOffset(b);

    /// <summary>The names and addresses in kubeadm's API server certificate.</summary>
    public static IReadOnlyList<string> ApiServerNames(
        string nodeName,
        string advertiseAddress,
        string endpointHost,
        string serviceSubnet,
        string dnsDomain,
        IEnumerable<string> extra
    )
    {
        var network = IPNetwork.TryParse(serviceSubnet.Split(',')[0], out var parsed) ? parsed : IPNetwork.Parse("10.96.0.0/12");
        var bytes = network.BaseAddress.GetAddressBytes();
        bytes[^1]++;
        return
        [
            .. new[]
            {
                nodeName,
                "kubernetes",
                "kubernetes.default",
                "kubernetes.default.svc",
                $"kubernetes.default.svc.{dnsDomain}",
                new IPAddress(bytes).ToString(),
                advertiseAddress,
                endpointHost,
            }
                .Concat(extra)
                .Where(name => name.Length > 0)
                .Distinct(StringComparer.Ordinal),
        ];
    }
}
