using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Gantry.RealMachines;

internal static class Certificates
{
    /// <summary>A certificate of an API server at an address.</summary>
    public static X509Certificate2 Server(X509Certificate2 authority, string address)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=kube-apiserver", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Parse(address));
        request.CertificateExtensions.Add(names.Build());
        using var certificate = Issue(authority, request);
        return certificate.CopyWithPrivateKey(key);
    }

    /// <summary>A certificate that is valid as long as its authority.</summary>
    public static X509Certificate2 Issue(X509Certificate2 authority, CertificateRequest request) =>
        request.Create(
            authority,
            new DateTimeOffset(authority.NotBefore),
            new DateTimeOffset(authority.NotAfter),
            RandomNumberGenerator.GetBytes(8)
        );
}
