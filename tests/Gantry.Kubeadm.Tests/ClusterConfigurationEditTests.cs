using Gantry.Clusters.Model;

namespace Gantry.Kubeadm.Tests;

public sealed class ClusterConfigurationEditTests
{
    /// <summary>A document of kubeadm 1.30 with additions of an operator.</summary>
    private const string V1Beta3 = """
        apiServer:
          certSANs:
          - 10.0.0.254
          extraArgs:
            authorization-mode: Node,RBAC
            v: "2"
          timeoutForControlPlane: 4m0s
        apiVersion: kubeadm.k8s.io/v1beta3
        certificatesDir: /etc/kubernetes/pki
        clusterName: demo
        controllerManager: {}
        dns: {}
        etcd:
          local:
            dataDir: /var/lib/etcd
            extraArgs:
              quota-backend-bytes: "8589934592"
        imageRepository: registry.k8s.io
        kind: ClusterConfiguration
        kubernetesVersion: v1.30.4
        networking:
          dnsDomain: cluster.local
          podSubnet: 192.168.0.0/16
        scheduler: {}

        """;

    [Fact]
    public void The_first_version_with_v1beta4_writes_arguments_as_lists_and_keeps_everything_else() =>
        Assert.Equal(
            """
            apiServer:
              certSANs:
              - 10.0.0.254
              extraArgs:
              - name: authorization-mode
                value: Node,RBAC
              - name: v
                value: "2"
            apiVersion: kubeadm.k8s.io/v1beta4
            certificatesDir: /etc/kubernetes/pki
            clusterName: demo
            controllerManager: {}
            dns: {}
            etcd:
              local:
                dataDir: /var/lib/etcd
                extraArgs:
                - name: quota-backend-bytes
                  value: "8589934592"
            imageRepository: registry.k8s.io
            kind: ClusterConfiguration
            kubernetesVersion: v1.31.2
            networking:
              dnsDomain: cluster.local
              podSubnet: 192.168.0.0/16
            scheduler: {}
            featureGates:
              ControlPlaneKubeletLocalMode: true

            """,
            ClusterConfigurationEdit.SetVersion(V1Beta3, KubernetesVersion.Parse("1.31.2"))
        );

    [Fact]
    public void A_patch_version_changes_only_the_version() =>
        Assert.Equal(
            V1Beta3.Replace("v1.30.4", "v1.30.9", StringComparison.Ordinal),
            ClusterConfigurationEdit.SetVersion(V1Beta3, KubernetesVersion.Parse("1.30.9"))
        );

    [Fact]
    public void A_repeated_edit_changes_nothing()
    {
        var once = ClusterConfigurationEdit.SetVersion(V1Beta3, KubernetesVersion.Parse("1.33.4"));

        Assert.Same(once, ClusterConfigurationEdit.SetVersion(once, KubernetesVersion.Parse("1.33.4")));
    }

    [Fact]
    public void The_feature_gate_of_the_kubelets_local_mode_is_removed_with_1_36()
    {
        var before = ClusterConfigurationEdit.SetVersion(V1Beta3, KubernetesVersion.Parse("1.35.1"));

        Assert.DoesNotContain(
            "featureGates",
            ClusterConfigurationEdit.SetVersion(before, KubernetesVersion.Parse("1.36.0")),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void A_JSON_document_is_edited_too() =>
        Assert.Contains(
            "kubernetesVersion: v1.34.1",
            ClusterConfigurationEdit
                .SetVersion(
                    """
                    {"apiVersion":"kubeadm.k8s.io/v1beta4","kind":"ClusterConfiguration",
                      "kubernetesVersion":"v1.33.4","apiServer":{"certSANs":["x"]}}
                    """,
                    KubernetesVersion.Parse("1.34.1")
                )
                .Replace("\"", "", StringComparison.Ordinal),
            StringComparison.Ordinal
        );

    [Fact]
    public void The_DNS_image_tag_is_changed_only_where_the_document_has_one()
    {
        Assert.Same(V1Beta3, ClusterConfigurationEdit.SetDnsTag(V1Beta3, "v1.12.0"));
        Assert.Contains(
            "imageTag: v1.12.0",
            ClusterConfigurationEdit.SetDnsTag(
                V1Beta3.Replace("dns: {}", "dns:\n  imageTag: v1.11.3", StringComparison.Ordinal),
                "v1.12.0"
            ),
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("a: [")]
    [InlineData("kind: JoinConfiguration")]
    [InlineData("")]
    public void Other_documents_are_refused(string document) =>
        Assert.Throws<FormatException>(() => ClusterConfigurationEdit.SetVersion(document, KubernetesVersion.Parse("1.34.1")));
}
