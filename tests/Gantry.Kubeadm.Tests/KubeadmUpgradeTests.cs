using Gantry.Clusters.Distributions;
using Gantry.Clusters.Model;

namespace Gantry.Kubeadm.Tests;

public sealed class KubeadmUpgradeTests
{
    private readonly KubeadmDistribution _kubeadm = new();

    [Theory]
    [InlineData("1.28.9", new[] { "kubeadm:apiserver-kubelet-client" })]
    [InlineData("1.29.0", new[] { "kubeadm:cluster-admins", "kubeadm:apiserver-kubelet-client" })]
    [InlineData("1.36.0", new[] { "kubeadm:cluster-admins", "kubeadm:apiserver-kubelet-client" })]
    public void A_join_creates_the_role_bindings_that_its_version_needs(string version, string[] bindings) =>
        Assert.Equal(
            bindings,
            _kubeadm.PrepareJoin(new(KubernetesVersion.Parse(version), [])).Bindings.Select(grant => grant.Name)
        );

    [Fact]
    public void A_join_writes_its_version_into_the_cluster_configuration()
    {
        var edited = _kubeadm
            .PrepareJoin(new(KubernetesVersion.Parse("1.34.1"), []))
            .Edit("kind: ClusterConfiguration\napiVersion: kubeadm.k8s.io/v1beta4\nkubernetesVersion: v1.33.4\n");
        Assert.Contains("kubernetesVersion: v1.34.1", edited, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("v1.33.4", true)]
    [InlineData("v1.34.1", false)]
    public void Kube_proxy_gets_the_version_of_the_control_plane(string present, bool replaced)
    {
        var proxy = _kubeadm.AddonImages(KubernetesVersion.Parse("1.34.1")).Single(addon => addon.Name == "kube-proxy");
        Assert.Equal(("v1.34.1", AddonWorkload.DaemonSet, replaced), (proxy.Tag, proxy.Workload, proxy.Replaces(present)));
    }

    [Theory]
    [InlineData("v1.12.0", true)]
    [InlineData("v1.12.1", false)]
    [InlineData("v1.14.0", false)]
    [InlineData("our-own", false)]
    public void CoreDNS_is_never_downgraded_and_a_custom_tag_stays(string present, bool replaced)
    {
        var dns = _kubeadm.AddonImages(KubernetesVersion.Parse("1.34.1")).Single(addon => addon.Name == "coredns");
        Assert.Equal(("v1.12.1", true, replaced), (dns.Tag, dns.BacksUpConfiguration, dns.Replaces(present)));
    }

    [Fact]
    public void An_unknown_minor_version_leaves_CoreDNS_unchanged() =>
        Assert.Equal(["kube-proxy"], _kubeadm.AddonImages(KubernetesVersion.Parse("1.99.0")).Select(addon => addon.Name));
}
