using Gantry.Api;
using Gantry.Clusters.Model;
using Gantry.Server.Api;
using Gantry.Server.Clusters;
using Gantry.Server.Packs;
using Gantry.Server.Profiles;

namespace Gantry.Server.Tests.Profiles;

public sealed class LayerTests
{
    [Fact]
    public void Every_built_in_pack_reads_without_a_problem_and_leaves_no_placeholder()
    {
        Assert.Equal(["os", "k8s", "cni", "csi"], PackCatalog.All.Select(pack => pack.Layer).Distinct());
        var layers = Read();

        Assert.All(layers.Addons, addon => Assert.DoesNotContain("${", addon.Manifest, StringComparison.Ordinal));
        Assert.All(layers.Addons, addon => Assert.NotNull(YamlText.Documents(new Check(), addon.Name, addon.Manifest)));
        Assert.Equal(["cni", "csi"], layers.Addons.Select(addon => addon.Layer));
    }

    [Theory]
    [InlineData("1.36.5", "1.36.5")]
    [InlineData("1.36.17", "1.36.17")]
    [InlineData("1.35.x", "1.35.9")]
    [InlineData("", "1.37.1")]
    [InlineData("1.38.0", null)]
    [InlineData("1.36", null)]
    [InlineData("1.36.100", null)]
    public void Kubernetes_can_be_any_patch_release_of_a_listed_minor_version(string tag, string? version)
    {
        var (pack, problem) = PackRegistry.Find(uid: null, "kubernetes", tag);

        Assert.Equal(version, pack?.Version);
        Assert.Equal(version is null, problem is not null);
        Assert.True(pack is null || PackRegistry.Find(pack.Uid, "kubernetes", tag: null).Pack == pack);
    }

    [Fact]
    public void The_defaults_give_the_newest_version_and_the_image_that_carries_it()
    {
        var layers = Read();

        Assert.Equal($"custom/ubuntu-24.04-k8s-{layers.KubernetesVersion}", layers.Images.Image.Value);
        Assert.Equal(new ClusterNetwork(), layers.Network);
        Assert.Null(layers.Endpoint);
        Assert.Null(layers.Nodes.Proxy);
        Assert.Empty(layers.Nodes.ExtraArgs);
    }

    [Theory]
    [InlineData("", "custom/ubuntu-24.04-k8s-1.36.5", "ubuntu/noble")]
    [InlineData("image: custom/mine", "custom/mine", null)]
    [InlineData("image: custom/mine-{kubernetesVersion}\nstockImage: custom/bare", "custom/mine-1.36.5", "custom/bare")]
    [InlineData("image: custom/mine\nstockImage: ''", "custom/mine", null)]
    [InlineData("image: ubuntu/jammy", "ubuntu/jammy", "ubuntu/jammy")]
    public void An_image_of_Ubuntu_is_installed_with_packages_and_one_that_a_person_names_is_replaced_by_no_other(
        string values,
        string image,
        string? stock
    )
    {
        var layers = Read(("os", values), ("k8s", "pack: { version: 1.36.5 }"));

        Assert.Equal((image, stock), (layers.Images.Image.Value, layers.Images.Stock?.Value));
    }

    [Fact]
    public void The_sources_of_packages_reach_the_nodes()
    {
        var layers = Read(
            (
                "os",
                """
                packages:
                  repository: http://mirror.example/v{minor}/
                  key: |
                    -----BEGIN PGP PUBLIC KEY BLOCK-----

                    x
                    -----END PGP PUBLIC KEY BLOCK-----
                  proxy: http://proxy:3128
                  aptMirror: http://mirror.example/ubuntu
                """
            ),
            ("k8s", "pack: { version: 1.36.5 }")
        );

        var packages = layers.Nodes.Packages!;
        Assert.Equal("http://mirror.example/v1.36/", PackageSources.RepositoryFor(packages, layers.KubernetesVersion));
        Assert.StartsWith("-----BEGIN PGP", packages.Key, StringComparison.Ordinal);
        Assert.Equal(("http://proxy:3128", "http://mirror.example/ubuntu"), (packages.Proxy, packages.AptMirror));
        Assert.Null(Read().Nodes.Packages);
    }

    [Fact]
    public void Files_for_the_control_plane_are_mounted_where_its_arguments_name_them()
    {
        var nodes = Read(
            (
                "k8s",
                """
                kubeadmconfig:
                  apiServer:
                    extraArgs:
                      audit-policy-file: /etc/kubernetes/audit/policy.yaml
                      encryption-provider-config: /encryption/keys.yaml
                      oidc-ca-file: /etc/kubernetes/pki/oidc.pem
                    extraVolumes:
                      - { name: audit, hostPath: /etc/kubernetes/audit, mountPath: /etc/kubernetes/audit, readOnly: true }
                      - { name: keys, hostPath: /srv/keys, mountPath: /encryption, pathType: Directory }
                  etcd: { imageTag: 3.6.14-0, upgradeImageTag: none }
                """
            )
        ).Nodes;

        Assert.Equal(
            [
                new("audit", "/etc/kubernetes/audit", "/etc/kubernetes/audit", ReadOnly: true),
                new ComponentVolume("keys", "/srv/keys", "/encryption", ReadOnly: false, "Directory"),
            ],
            nodes.ExtraVolumes["apiServer"]
        );
        Assert.Equal(
            ["/etc/kubernetes/audit/policy.yaml", "/srv/keys/keys.yaml", "/etc/kubernetes/pki/oidc.pem", "/srv/keys"],
            ComponentFiles.Needed(nodes).Select(needed => needed.Path)
        );
        Assert.Equal(("3.6.14-0", EtcdRoll.Off), (nodes.EtcdImageTag, nodes.EtcdUpgradeImageTag));
    }

    [Fact]
    public void Values_of_the_base_layers_reach_the_nodes()
    {
        var layers = Read(
            (
                "os",
                """
                image: custom/mine
                proxy: { http: "http://proxy:3128", noProxy: [".example"] }
                registryMirrors: [{ registry: docker.io, endpoints: ["https://mirror.example"] }]
                ntpServers: [ntp.example]
                preKubeadmCommands: ["swapoff -a"]
                files: [{ path: /etc/motd, content: hello, permissions: "0600" }]
                """
            ),
            (
                "k8s",
                """
                pack:
                  version: 1.33.4
                  podCIDR: 10.244.0.0/16
                  endpoint: vip:10.0.0.9
                  nodeSubnet: space:production
                kubeadmconfig:
                  apiServer:
                    extraArgs: { audit-log-maxage: "30" }
                  kubeletExtraArgs: { max-pods: 200 }
                  postKubeadmCommands: ["echo done"]
                """
            )
        );

        Assert.Equal("custom/mine", layers.Images.Image.Value);
        Assert.Equal("1.33.4", $"{layers.KubernetesVersion}");
        Assert.Equal(Cidr.Parse("10.244.0.0/16"), layers.Network.PodCidr);
        Assert.Equal("vip:10.0.0.9", layers.Endpoint);
        Assert.Equal("http://proxy:3128", layers.Nodes.Proxy?.Http);
        Assert.Equal([".example"], layers.Nodes.Proxy?.NoProxy);
        Assert.Equal(NetworkSelector.Parse("space:production"), layers.Nodes.Subnet);
        Assert.Equal("docker.io", Assert.Single(layers.Nodes.RegistryMirrors).Registry);
        Assert.Equal(["ntp.example"], layers.Nodes.NtpServers);
        Assert.Equal(["swapoff -a"], layers.Nodes.PreKubeadmCommands);
        Assert.Equal(["echo done"], layers.Nodes.PostKubeadmCommands);
        Assert.Equal(new NodeFile("/etc/motd", "hello", "0600"), Assert.Single(layers.Nodes.Files));
        Assert.Equal([new ExtraArg("audit-log-maxage", "30")], layers.Nodes.ExtraArgs["apiServer"]);
        Assert.Equal([new ExtraArg("max-pods", "200")], layers.Nodes.ExtraArgs["kubelet"]);
        Assert.Contains("10.244.0.0/16", layers.Addons[0].Manifest, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("os", "image: [", "spec.profiles.ubuntu-maas.values")]
    [InlineData("os", "- image", "spec.profiles.ubuntu-maas.values")]
    [InlineData("os", "imag: custom/mine", "spec.profiles.ubuntu-maas.values.imag")]
    [InlineData("os", "image: a\nimages: b", "spec.profiles.ubuntu-maas.values.images")]
    [InlineData("os", "image: a\nfiles: [{ path: motd }]", "spec.profiles.ubuntu-maas.values.files[0].path")]
    [InlineData(
        "os",
        "image: a\nregistryMirrors: [{ registry: docker.io }]",
        "spec.profiles.ubuntu-maas.values.registryMirrors[0].endpoints"
    )]
    [InlineData("os", "stockImage: 'a b'", "spec.profiles.ubuntu-maas.values.stockImage")]
    [InlineData("os", "packages: { repository: ftp://m }", "spec.profiles.ubuntu-maas.values.packages.repository")]
    [InlineData("os", "packages: { repository: http://m/ }", "spec.profiles.ubuntu-maas.values.packages.key")]
    [InlineData("os", "packages: { key: nothing }", "spec.profiles.ubuntu-maas.values.packages.key")]
    [InlineData("os", "packages: { mirror: x }", "spec.profiles.ubuntu-maas.values.packages.mirror")]
    [InlineData("k8s", "pack: { podCIDR: everything }", "spec.profiles.kubernetes.values.pack.podCIDR")]
    [InlineData("k8s", "pack: { version: 1.33.x }", "spec.profiles.kubernetes.values.pack.version")]
    [InlineData(
        "k8s",
        "kubeadmconfig: { apiServer: { certSANs: [] } }",
        "spec.profiles.kubernetes.values.kubeadmconfig.apiServer.certSANs"
    )]
    [InlineData("os", "image: a\nsshKeys: [\"ssh-ed25519 AAAA me\\nx\"]", "spec.profiles.ubuntu-maas.values.sshKeys[0]")]
    [InlineData("k8s", "pack: { nodeSubnet: \"tag:\" }", "spec.profiles.kubernetes.values.pack.nodeSubnet")]
    [InlineData("os", "image: a\nntpServers: [\"ntp.example\\n\"]", "spec.profiles.ubuntu-maas.values.ntpServers[0]")]
    [InlineData("os", "image: a\nproxy: { http: 'http://p\"' }", "spec.profiles.ubuntu-maas.values.proxy.http")]
    [InlineData("os", "image: a\nproxy: { https: \"http://p\\n\" }", "spec.profiles.ubuntu-maas.values.proxy.https")]
    [InlineData(
        "os",
        "image: a\nproxy: { http: 'http://p', noProxy: ['a,b'] }",
        "spec.profiles.ubuntu-maas.values.proxy.noProxy[0]"
    )]
    [InlineData(
        "os",
        "image: a\nregistryMirrors: [{ registry: ../x, endpoints: ['https://m'] }]",
        "spec.profiles.ubuntu-maas.values.registryMirrors[0].registry"
    )]
    [InlineData(
        "os",
        "image: a\nregistryMirrors: [{ registry: docker.io, endpoints: [\"https://m\\n\"] }]",
        "spec.profiles.ubuntu-maas.values.registryMirrors[0].endpoints[0]"
    )]
    [InlineData(
        "os",
        "image: a\nregistryMirrors: [{ registry: docker.io, endpoints: ['https://m'], caPem: nothing }]",
        "spec.profiles.ubuntu-maas.values.registryMirrors[0].caPem"
    )]
    [InlineData("os", "image: a\nfiles: [{ path: \"/etc/motd\\n\" }]", "spec.profiles.ubuntu-maas.values.files[0].path")]
    [InlineData("os", "image: a\nfiles: [{ path: /a, owner: 'a b' }]", "spec.profiles.ubuntu-maas.values.files[0].owner")]
    [InlineData(
        "os",
        "image: a\nfiles: [{ path: /a, permissions: \"0644\\n\" }]",
        "spec.profiles.ubuntu-maas.values.files[0].permissions"
    )]
    [InlineData("os", "image: a\npreKubeadmCommands: [\"a\\0b\"]", "spec.profiles.ubuntu-maas.values.preKubeadmCommands[0]")]
    [InlineData("k8s", "pack: { serviceDomain: Cluster.Local }", "spec.profiles.kubernetes.values.pack.serviceDomain")]
    [InlineData("k8s", "pack: { serviceDomain: \"cluster.local\\n\" }", "spec.profiles.kubernetes.values.pack.serviceDomain")]
    [InlineData(
        "k8s",
        "kubeadmconfig: { kubeletExtraArgs: { max-pods: '1 --anonymous-auth=true' } }",
        "spec.profiles.kubernetes.values.kubeadmconfig.kubeletExtraArgs.max-pods"
    )]
    [InlineData(
        "k8s",
        "kubeadmconfig: { apiServer: { extraArgs: { 'a b': c } } }",
        "spec.profiles.kubernetes.values.kubeadmconfig.apiServer.extraArgs"
    )]
    [InlineData(
        "k8s",
        "kubeadmconfig: { apiServer: { extraArgs: { audit-policy-file: /etc/kubernetes/audit/policy.yaml } } }",
        "spec.profiles.kubernetes.values.kubeadmconfig.apiServer.extraArgs.audit-policy-file"
    )]
    [InlineData(
        "k8s",
        "kubeadmconfig: { scheduler: { extraArgs: { config: /etc/kubernetes/pki/scheduler.yaml } } }",
        "spec.profiles.kubernetes.values.kubeadmconfig.scheduler.extraArgs.config"
    )]
    [InlineData(
        "k8s",
        "kubeadmconfig: { apiServer: { extraVolumes: [{ name: k8s-certs, hostPath: /a, mountPath: /a }] } }",
        "spec.profiles.kubernetes.values.kubeadmconfig.apiServer.extraVolumes[0].name"
    )]
    [InlineData(
        "k8s",
        "kubeadmconfig: { apiServer: { extraVolumes: [{ name: a, hostPath: etc, mountPath: /a }] } }",
        "spec.profiles.kubernetes.values.kubeadmconfig.apiServer.extraVolumes[0].hostPath"
    )]
    [InlineData(
        "k8s",
        "kubeadmconfig: { apiServer: { extraVolumes: [{ name: a, hostPath: /a, mountPath: /a, pathType: Folder }] } }",
        "spec.profiles.kubernetes.values.kubeadmconfig.apiServer.extraVolumes[0].pathType"
    )]
    [InlineData(
        "k8s",
        "kubeadmconfig: { apiServer: { extraVolumes: [{ name: a, hostPath: /a, mountPath: /a, readOnly: maybe }] } }",
        "spec.profiles.kubernetes.values.kubeadmconfig.apiServer.extraVolumes[0].readOnly"
    )]
    [InlineData(
        "k8s",
        "kubeadmconfig: { etcd: { extraVolumes: [] } }",
        "spec.profiles.kubernetes.values.kubeadmconfig.etcd.extraVolumes"
    )]
    [InlineData(
        "k8s",
        "kubeadmconfig: { etcd: { imageTag: 'a b' } }",
        "spec.profiles.kubernetes.values.kubeadmconfig.etcd.imageTag"
    )]
    [InlineData("cni", "backend: null", "spec.profiles.cni-flannel.values.backend")]
    [InlineData("cni", "backend: 'vxlan\" }, \"x\": { \"y\": \"z'", "spec.profiles.cni-flannel.values.backend")]
    [InlineData("cni", "image: 'a: b'", "spec.profiles.cni-flannel.values.image")]
    public void A_wrong_value_is_named_with_its_place(string layer, string values, string field)
    {
        var check = new Check();

        Assert.Null(LayerParser.Read(check, [Profile((layer, values))]));
        Assert.Contains(field, check.Problems.Select(problem => problem.Field));
    }

    [Fact]
    public void A_document_of_brackets_alone_is_refused_without_a_crash()
    {
        var check = new Check();

        Assert.Null(LayerParser.Read(check, [Profile(("os", new string('[', 100_000)))]));
        Assert.Contains("nested", Assert.Single(check.Problems).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, null, null, "vip")]
    [InlineData(null, null, "maas", "dns:maas")]
    [InlineData(null, "vip", "maas", "vip")]
    [InlineData("dns:other", "vip", "maas", "dns:other")]
    [InlineData("vip:10.0.0.9", null, null, "vip:10.0.0.9")]
    [InlineData("k8s.example:443", null, "maas", "k8s.example:443")]
    [InlineData("[2001:db8::1]:6443", null, "maas", "2001:db8::1:6443")]
    public void The_endpoint_is_the_requests_own_then_the_packs_then_the_domains(
        string? own,
        string? ofPack,
        string? domain,
        string wanted
    )
    {
        var check = new Check();
        var choice = EndpointParser.Read(
            check,
            "",
            new MaasClusterConfig { Endpoint = own, Domain = domain },
            ofPack,
            subnet: null
        );

        Assert.False(check.Failed);
        Assert.Equal(
            wanted,
            choice switch
            {
                EndpointChoice.VirtualIp { Address: { } address } => $"vip:{address}",
                EndpointChoice.VirtualIp => "vip",
                EndpointChoice.MaasDns dns => $"dns:{dns.Domain}",
                EndpointChoice.Given given => $"{given.Host}:{given.Port}",
                _ => "",
            }
        );
    }

    private static ClusterLayers Read(params (string Layer, string Values)[] changed)
    {
        var check = new Check();
        var layers = LayerParser.Read(check, [Profile(changed)]);
        Assert.True(layers is not null, string.Join(Environment.NewLine, check.Problems));
        return layers!;
    }

    private static AttachedProfile Profile(params (string Layer, string Values)[] changed)
    {
        var packs = new[] { "os", "k8s", "cni", "csi" }
            .Select(layer => PackCatalog.All.First(pack => pack.Layer == layer))
            .Select(pack => new ProfilePack(
                pack.Layer,
                pack.Name,
                pack.Version,
                pack.Uid,
                PackRegistry.Uid,
                "spectro",
                changed.FirstOrDefault(one => one.Layer == pack.Layer).Values ?? pack.Values,
                []
            ));
        return new AttachedProfile("p", "lab", "1.0.0", 1, new ProfileTemplate("maas", "infra", [.. packs]));
    }
}
