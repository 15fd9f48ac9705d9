using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;

namespace Gantry.Lab.Kubernetes.Controllers;

/// <summary>
/// Approves the certificate requests of joining kubelets and signs approved requests with the cluster's authority.
/// </summary>
internal static class CertificateSigner
{
    private const string KubeletSigner = "kubernetes.io/kube-apiserver-client-kubelet";
    private static readonly TimeSpan ClockSkew = TimeSpan.FromMinutes(5);

    public static void Run(Moment moment)
    {
        if (moment.Cluster.Authority is not { } authority)
        {
            return;
        }

        foreach (var request in moment.List(KubeResources.CertificateSigningRequests))
        {
            if (
                request.Text("status", "certificate") is { Length: > 0 }
                || request.HasCondition("Denied")
                || request.HasCondition("Failed")
            )
            {
                continue;
            }

            if (request.Text("spec", "signerName") == KubeletSigner && IsJoiner(request) && !request.HasCondition("Approved"))
            {
                request.SetCondition(
                    "Approved",
                    "True",
                    moment.Stamp,
                    "AutoApproved",
                    "Auto approving kubelet client certificate after SubjectAccessReview."
                );
            }

            if (
                request.HasCondition("Approved")
                && request.Text("spec", "signerName") is KubeletSigner or "kubernetes.io/kube-apiserver-client"
            )
            {
                Sign(moment, request, authority);
            }

            moment.Save(KubeResources.CertificateSigningRequests, request);
        }
    }

    private static bool IsJoiner(JsonObject request) =>
        request.At("spec", "groups") is JsonArray groups
        && groups.Any(g => g!.GetValue<string>() is "system:nodes" or "system:bootstrappers:kubeadm:default-node-token");

    private static void Sign(Moment moment, JsonObject request, X509Certificate2 authority)
    {
        try
        {
            var pem = Encoding.ASCII.GetString(Convert.FromBase64String(request.Text("spec", "request") ?? ""));
            var asked = CertificateRequest.LoadSigningRequestPem(
                pem,
                HashAlgorithmName.SHA256,
                CertificateRequestLoadOptions.Default
            );
            var leaf = new CertificateRequest(asked.SubjectName, asked.PublicKey, HashAlgorithmName.SHA256);
            leaf.CertificateExtensions.Add(
                new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.KeyEncipherment, critical: true)
            );
            leaf.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.2")], critical: false));
            var lifetime = TimeSpan.FromSeconds(
                request.Number("spec", "expirationSeconds") ?? TimeSpan.FromDays(365).TotalSeconds
            );
            var until = moment.Now + lifetime;
            var authorityEnds = new DateTimeOffset(authority.NotAfter.ToUniversalTime());
            using var rsa = authority.GetRSAPrivateKey();
            using var ecdsa = authority.GetECDsaPrivateKey();
            var signing = rsa is not null
                ? X509SignatureGenerator.CreateForRSA(rsa, RSASignaturePadding.Pkcs1)
                : X509SignatureGenerator.CreateForECDsa(ecdsa!);
            var serial = Guid.Parse(request.Uid()).ToByteArray(bigEndian: true);
            using var certificate = leaf.Create(
                authority.SubjectName,
                signing,
                moment.Now - ClockSkew,
                until < authorityEnds ? until : authorityEnds,
                serial
            );
            request.Under("status")["certificate"] = Convert.ToBase64String(
                Encoding.ASCII.GetBytes(certificate.ExportCertificatePem() + "\n")
            );
        }
        catch (Exception unreadable) when (unreadable is CryptographicException or FormatException or ArgumentException)
        {
            request.SetCondition(
                "Failed",
                "True",
                moment.Stamp,
                "SignerValidationFailure",
                "spec.request is not a PEM certificate request"
            );
        }
    }
}
