using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Gantry.Clusters.Model;

namespace Gantry.Server.Tests.Hosting;

/// <summary>A kubeconfig as a gateway issues it, for the endpoint of <see cref="FakeGateway.Status"/>.</summary>
public static class SampleKubeconfig
{
    public static Kubeconfig Of(string cluster, string user, string server = "https://10.0.0.10:6443")
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = new CertificateRequest($"CN={user}", key, HashAlgorithmName.SHA256).CreateSelfSigned(
            now,
            now.AddDays(1)
        );
        var pem = certificate.ExportCertificatePem() + "\n";
        return new Kubeconfig(cluster, server, pem, user, pem, key.ExportPkcs8PrivateKeyPem() + "\n");
    }
}
