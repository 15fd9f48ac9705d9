using System.Security.Cryptography.X509Certificates;

namespace Gantry.Lab.Kubernetes;

public sealed partial class LabCluster
{
    /// <summary>The authority that signs approved certificate requests; null while no controller manager has its key.</summary>
    internal X509Certificate2? Authority { get; private set; }

    /// <summary>
    /// Sets the cluster's certificate authority, as the controller manager reads it from <c>/etc/kubernetes/pki</c>: approved
    /// certificate signing requests are signed, and each namespace gets <c>kube-root-ca.crt</c>. Kept in memory only; the caller
    /// keeps the certificate alive and sets it again after a restart.
    /// </summary>
    /// <param name="authority">With its private key, RSA or ECDSA.</param>
    public void UseAuthority(X509Certificate2 authority) =>
        Run(() =>
        {
            Authority = authority;
            return true;
        });
}
