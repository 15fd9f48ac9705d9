using System.Security.Cryptography.X509Certificates;

namespace Gantry.Lab.Kubernetes;

public sealed partial class LabCluster
{
    /// <summary>Signs approved certificate requests; null while no controller manager has the authority's key.</summary>
    internal X509Certificate2? Authority { get; private set; }

    /// <summary>
    /// Gives the cluster its certificate authority, as the controller manager reads it from <c>/etc/kubernetes/pki</c>:
    /// approved certificate signing requests are signed, and each namespace gets <c>kube-root-ca.crt</c>. Kept in memory
    /// only; the caller keeps the certificate alive and gives it again after a restart.
    /// </summary>
    /// <param name="authority">With its private key, RSA or ECDSA.</param>
    public void UseAuthority(X509Certificate2 authority) =>
        Run(() =>
        {
            Authority = authority;
            return true;
        });
}
