using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;

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
            ClusterConfigurationEdit.Set(V1Beta3, Settings("1.31.2"))
        );

    [Fact]
    public void A_patch_version_changes_only_the_version() =>
        Assert.Equal(
            V1Beta3.Replace("v1.30.4", "v1.30.9", StringComparison.Ordinal),
            ClusterConfigurationEdit.Set(V1Beta3, Settings("1.30.9"))
        );

    [Fact]
    public void A_repeated_edit_changes_nothing()
    {
        var once = ClusterConfigurationEdit.Set(V1Beta3, Settings("1.33.4"));

        Assert.Same(once, ClusterConfigurationEdit.Set(once, Settings("1.33.4")));
    }

    [Fact]
    public void The_feature_gate_of_the_kubelets_local_mode_is_removed_with_1_36()
    {
        var before = ClusterConfigurationEdit.Set(V1Beta3, Settings("1.35.1"));

        Assert.DoesNotContain("featureGates", ClusterConfigurationEdit.Set(before, Settings("1.36.0")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("EtcdLearnerMode", "1.32.9", "1.33.4")]
    [InlineData("WaitForAllControlPlaneComponents", "1.34.9", "1.35.9")]
    [InlineData("NodeLocalCRISocket", "1.36.5", "1.37.1")]
    [InlineData("PublicKeysECDSA", "1.36.5", "1.37.1")]
    public void A_feature_gate_leaves_with_the_version_that_no_longer_knows_it(string gate, string knows, string forgot)
    {
        var before = ClusterConfigurationEdit
            .Set(V1Beta3, Settings("1.31.4"))
            .Replace("ControlPlaneKubeletLocalMode: true", $"{gate}: false", StringComparison.Ordinal);

        Assert.Contains(gate, ClusterConfigurationEdit.Set(before, Settings(knows)), StringComparison.Ordinal);
        Assert.DoesNotContain(gate, ClusterConfigurationEdit.Set(before, Settings(forgot)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_JSON_document_is_edited_too() =>
        Assert.Contains(
            "kubernetesVersion: v1.34.1",
            ClusterConfigurationEdit
                .Set(
                    """
                    {"apiVersion":"kubeadm.k8s.io/v1beta4","kind":"ClusterConfiguration",
                      "kubernetesVersion":"v1.33.4","apiServer":{"certSANs":["x"]}}
                    """,
                    Settings("1.34.1")
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
        Assert.Throws<FormatException>(() => ClusterConfigurationEdit.Set(document, Settings("1.34.1")));

    [Theory]
    [InlineData("1.30.9", "  extraArgs:\n    profiling: \"false\"\n", "    extraArgs:\n      v: \"4\"\n")]
    [InlineData(
        "1.33.4",
        "  extraArgs:\n  - name: profiling\n    value: \"false\"\n",
        "    extraArgs:\n    - name: v\n      value: \"4\"\n"
    )]
    public void Arguments_replace_those_of_their_component_in_the_form_of_the_version(
        string version,
        string apiServer,
        string etcd
    )
    {
        var edited = ClusterConfigurationEdit.Set(
            V1Beta3,
            Settings(
                version,
                new("apiServer", [new ExtraArg("profiling", "false")]),
                new("etcd", [new ExtraArg("v", "4")]),
                new("scheduler", [new ExtraArg("profiling", "false")])
            )
        );

        Assert.Contains("apiServer:\n  certSANs:\n  - 10.0.0.254\n" + apiServer, edited, StringComparison.Ordinal);
        Assert.Contains("  local:\n    dataDir: /var/lib/etcd\n" + etcd, edited, StringComparison.Ordinal);
        Assert.Contains("scheduler:\n" + apiServer, edited, StringComparison.Ordinal);
        Assert.Contains("controllerManager: {}\n", edited, StringComparison.Ordinal);
    }

    [Fact]
    public void Arguments_that_nobody_asks_for_any_more_are_taken_away_and_those_of_other_components_stay()
    {
        var edited = ClusterConfigurationEdit.Set(
            V1Beta3,
            Settings("1.30.4", KeyValuePair.Create<string, ValueList<ExtraArg>>("apiServer", []))
        );

        Assert.DoesNotContain("authorization-mode", edited, StringComparison.Ordinal);
        Assert.Contains("quota-backend-bytes: \"8589934592\"", edited, StringComparison.Ordinal);
    }

    [Fact]
    public void Volumes_and_the_image_of_etcd_are_written_and_taken_away_and_what_a_person_wrote_elsewhere_stays()
    {
        var asked = Settings("1.33.4") with
        {
            Volumes = [new("apiServer", [new ComponentVolume("audit", "/a", "/b", ReadOnly: true, "Directory")])],
            EtcdImageTag = "3.5.32-0",
        };
        var written = ClusterConfigurationEdit.Set(V1Beta3, asked);

        Assert.Contains(
            "  extraVolumes:\n  - name: \"audit\"\n    hostPath: \"/a\"\n    mountPath: \"/b\"\n    readOnly: true\n"
                + "    pathType: Directory\n",
            written,
            StringComparison.Ordinal
        );
        Assert.Contains("    imageTag: \"3.5.32-0\"\n", written, StringComparison.Ordinal);
        Assert.Same(written, ClusterConfigurationEdit.Set(written, Settings("1.33.4")));
        Assert.Equal(
            ClusterConfigurationEdit.Set(V1Beta3, Settings("1.33.4")),
            ClusterConfigurationEdit.Set(written, asked with { Volumes = [new("apiServer", [])], EtcdImageTag = "" })
        );
    }

    [Fact]
    public void The_tag_of_a_roll_takes_the_place_of_none_that_a_person_wrote()
    {
        var byHand = ClusterConfigurationEdit.Set(V1Beta3, Settings("1.36.5") with { EtcdImageTag = "3.6.9-acme" });
        var roll = Settings("1.36.5") with { EtcdImageTag = "3.6.11-0", ReplacesEtcdImageTag = "" };

        Assert.Contains(
            "names 3.6.9-acme as the tag of etcd's image, which Gantry did not write",
            Assert.Throws<FormatException>(() => ClusterConfigurationEdit.Set(byHand, roll)).Message,
            StringComparison.Ordinal
        );

        // The next change takes away what the roll wrote, and nothing else.
        var end = Settings("1.37.1") with
        {
            EtcdImageTag = "",
            ReplacesEtcdImageTag = NodeBuild.DigestOfTag("3.6.11-0"),
        };
        Assert.Contains("3.6.9-acme", ClusterConfigurationEdit.Set(byHand, end), StringComparison.Ordinal);
        Assert.DoesNotContain(
            "imageTag",
            ClusterConfigurationEdit.Set(ClusterConfigurationEdit.Set(V1Beta3, roll), end),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void An_etcd_on_other_machines_gets_no_arguments()
    {
        const string External =
            "kind: ClusterConfiguration\napiVersion: kubeadm.k8s.io/v1beta4\nkubernetesVersion: v1.36.0\n"
            + "etcd:\n  external:\n    endpoints:\n    - https://10.0.0.9:2379\n";

        Assert.Same(
            External,
            ClusterConfigurationEdit.Set(
                External,
                Settings("1.36.0", KeyValuePair.Create<string, ValueList<ExtraArg>>("etcd", [new ExtraArg("v", "4")]))
            )
        );
    }

    private static KubeadmSettings Settings(string version, params KeyValuePair<string, ValueList<ExtraArg>>[] arguments) =>
        new(KubernetesVersion.Parse(version), [.. arguments]);
}
