using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Gantry.Lab.Maas;
using Gantry.Lab.Machines;

namespace Gantry.Lab.Tests.Machines;

/// <summary>User-data of a cluster, written without the engine. Tests replace single parts with invalid ones.</summary>
internal sealed record ClusterDocuments(string Endpoint)
{
    private static readonly string ServiceAccountKey = RSA.Create(2048).ExportPkcs8PrivateKeyPem();

    private const string Hostname = "{{ v1.local_hostname }}";
    private const string InstanceId = "{{ v1.instance_id }}";

    public string Version { get; init; } = "1.33.4";

    public string Token { get; init; } = "abcdef.0123456789abcdef";

    public string TokenTtl { get; init; } = "1h0m0s";

    public (string Pem, string Key) Ca { get; init; } = Authority("kubernetes");

    public (string Pem, string Key) EtcdCa { get; init; } = Authority("etcd-ca");

    public string KubeVipAddress { get; init; } = Endpoint;

    public string KubeVipConfig { get; init; } = "super-admin.conf";

    public string SwapCommand { get; init; } = "swapoff -a";

    public string ExtraKubelet { get; init; } = "";

    /// <summary>A command of the shell that follows kubeadm; none when empty.</summary>
    public string ThenCommand { get; init; } = "";

    public string? CaHash { get; init; }

    public byte[] Init(string extra = "") =>
        CloudConfig(
            [
                .. Pki(),
                KubeVip(KubeVipConfig),
                (
                    "/run/kubeadm/kubeadm.yaml",
                    $$"""
                    apiVersion: kubeadm.k8s.io/v1beta4
                    kind: InitConfiguration
                    bootstrapTokens: [{token: {{Token}}, ttl: {{TokenTtl}}}]
                    nodeRegistration:
                      name: '{{Hostname}}'
                      kubeletExtraArgs: [{name: node-labels, value: pool=control}{{ExtraKubelet}}]
                    {{extra}}
                    ---
                    apiVersion: kubeadm.k8s.io/v1beta4
                    kind: ClusterConfiguration
                    kubernetesVersion: v{{Version}}
                    controlPlaneEndpoint: {{Endpoint}}:6443
                    """
                ),
            ],
            "kubeadm init --config /run/kubeadm/kubeadm.yaml"
        );

    public byte[] JoinControlPlane() =>
        CloudConfig(
            [.. Pki(), KubeVip("admin.conf"), ("/run/kubeadm/join.yaml", Join("controlPlane: {}"))],
            "kubeadm join --config /run/kubeadm/join.yaml"
        );

    public byte[] JoinWorker() =>
        CloudConfig([("/run/kubeadm/join.yaml", Join(""))], "kubeadm join --config /run/kubeadm/join.yaml");

    public static (string Pem, string Key) Authority(string name, int days = 3650)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(
            new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true)
        );
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = request.CreateSelfSigned(now.AddDays(-2), now.AddDays(days));
        return (certificate.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }

    /// <summary>A certificate of an administrator, signed by the CA of the documents.</summary>
    public X509Certificate2 ClientCertificate() => ClientCertificate(Ca);

    public static X509Certificate2 ClientCertificate((string Pem, string Key) signer)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var authority = X509Certificate2.CreateFromPem(signer.Pem, signer.Key);
        var request = new CertificateRequest("O=system:masters, CN=tester", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.2")], critical: false));
        using var signed = request.Create(
            authority,
            new DateTimeOffset(authority.NotBefore),
            new DateTimeOffset(authority.NotAfter),
            [1, 2, 3]
        );
        return signed.CopyWithPrivateKey(key);
    }

    public static InstalledMachine Machine(
        string name,
        string address,
        byte[] userData,
        string image = "custom/ubuntu-24.04-k8s-1.33.4"
    ) => new(name + "-id", name, name + ".maas", "default", image, "amd64/generic", 4, 8192, [address], userData);

    private string Join(string controlPlane) =>
        $$"""
            apiVersion: kubeadm.k8s.io/v1beta4
            kind: JoinConfiguration
            discovery:
              bootstrapToken: {apiServerEndpoint: '{{Endpoint}}:6443', token: {{Token}}, caCertHashes: ['{{CaHash ?? Hash()}}']}
            nodeRegistration:
              ignorePreflightErrors: [DirAvailable--etc-kubernetes-manifests]
              kubeletExtraArgs: [{name: provider-id, value: 'maas:///default/{{InstanceId}}'}{{ExtraKubelet}}]
            {{controlPlane}}
            """;

    private string Hash()
    {
        using var certificate = X509Certificate2.CreateFromPem(Ca.Pem);
        return "sha256:" + Convert.ToHexStringLower(SHA256.HashData(certificate.PublicKey.ExportSubjectPublicKeyInfo()));
    }

    private (string, string)[] Pki()
    {
        var (etcd, proxy) = (EtcdCa, Authority("front-proxy-ca"));
        const string pki = "/etc/kubernetes/pki/";
        return
        [
            (pki + "ca.crt", Ca.Pem),
            (pki + "ca.key", Ca.Key),
            (pki + "etcd/ca.crt", etcd.Pem),
            (pki + "etcd/ca.key", etcd.Key),
            (pki + "front-proxy-ca.crt", proxy.Pem),
            (pki + "front-proxy-ca.key", proxy.Key),
            (pki + "sa.key", ServiceAccountKey),
            (pki + "sa.pub", ServiceAccountKey),
        ];
    }

    private (string, string) KubeVip(string kubeconfig) =>
        (
            "/etc/kubernetes/manifests/kube-vip.yaml",
            $$"""
            apiVersion: v1
            kind: Pod
            metadata: {name: kube-vip, namespace: kube-system}
            spec:
              hostNetwork: true
              containers:
              - name: kube-vip
                image: ghcr.io/kube-vip/kube-vip:v0.9.2
                env:
                - {name: address, value: {{KubeVipAddress}}}
                - {name: cp_enable, value: "true"}
                - {name: vip_arp, value: "true"}
                volumeMounts: [{name: kubeconfig, mountPath: /etc/kubernetes/admin.conf}]
              volumes:
              - name: kubeconfig
                hostPath: {path: /etc/kubernetes/{{kubeconfig}}, type: FileOrCreate}
            """
        );

    private byte[] CloudConfig((string Path, string Text)[] files, string kubeadm)
    {
        var text = new StringBuilder("## template: jinja\n#cloud-config\nwrite_files:\n");
        foreach (var (path, content) in files)
        {
            text.Append(
                $"- path: {path}\n  permissions: '0600'\n  content: |\n    "
                    + $"{content.TrimEnd('\n').Replace("\n", "\n    ", StringComparison.Ordinal)}\n"
            );
        }

        text.Append(
            $"runcmd:\n- {SwapCommand}\n- sed -i '/swap/d' /etc/fstab\n- modprobe br_netfilter\n"
                + $"- {kubeadm} && echo success > /run/bootstrap\n"
                + (ThenCommand.Length is 0 ? "" : $"- {ThenCommand}\n")
                + "- sed -i 's#super-admin.conf#admin.conf#' /etc/kubernetes/manifests/kube-vip.yaml || true\n"
        );
        return Encoding.UTF8.GetBytes(text.ToString());
    }
}
