using System.Text.Json.Nodes;
using Gantry.Clusters.Model;
using Gantry.Engine.Ports;
using Gantry.Lab.Kubernetes;

namespace Gantry.Engine.Tests.Lab;

public sealed class UpgradeTests : IAsyncLifetime
{
    private ServedCluster _served = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _served = await ServedCluster.StartAsync("127.3.9.4", Stop);

    public ValueTask DisposeAsync() => _served.DisposeAsync();

    [Fact]
    public async Task The_version_is_written_in_its_own_form_with_the_rights_its_kubeadm_needs()
    {
        Put(
            "apiVersion: kubeadm.k8s.io/v1beta3\nkind: ClusterConfiguration\nkubernetesVersion: v1.30.4\napiServer:\n "
                + " extraArgs:\n    v: \"2\"\n"
        );

        await _served.Workload.SetKubeadmSettingsAsync(new(KubernetesVersion.Parse("1.31.2"), []), Stop);
        await _served.Workload.SetKubeadmSettingsAsync(new(KubernetesVersion.Parse("1.31.2"), []), Stop);

        Assert.Equal(
            "apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\nkubernetesVersion: v1.31.2\napiServer:\n "
                + " extraArgs:\n  - name: v\n"
                + "    value: \"2\"\nfeatureGates:\n  ControlPlaneKubeletLocalMode: true\n",
            Map("kubeadm-config")["data"]!["ClusterConfiguration"]!.ToString()
        );
        Assert.Equal("kept", Map("kubeadm-config")["data"]!["Other"]!.ToString());
        var binding = _served.Cluster.Get(KubeResources.ClusterRoleBindings, null, "kubeadm:apiserver-kubelet-client");
        Assert.Equal("kube-apiserver-kubelet-client", binding["subjects"]![0]!["name"]!.ToString());
        Assert.NotNull(_served.Cluster.Find(KubeResources.ClusterRoles, null, binding["roleRef"]!["name"]!.ToString()));
    }

    [Fact]
    public async Task A_cluster_that_kubeadm_did_not_make_is_refused() =>
        Assert.False(
            (
                await Assert.ThrowsAsync<WorkloadException>(() =>
                    _served.Workload.SetKubeadmSettingsAsync(new(KubernetesVersion.Parse("1.31.2"), []), Stop)
                )
            ).Unreachable
        );

    [Fact]
    public async Task Add_ons_get_the_images_of_the_version_and_the_corefile_is_kept()
    {
        Put("apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\nkubernetesVersion: v1.33.5\ndns: {}\n");
        _served.Cluster.PutAddons("v1.32.9");
        var corefile = Map("coredns")["data"]!["Corefile"]!.ToString();

        await _served.Workload.UpgradeAddonsAsync(KubernetesVersion.Parse("1.33.5"), Stop);
        await _served.Workload.UpgradeAddonsAsync(KubernetesVersion.Parse("1.33.5"), Stop);

        Assert.Equal("registry.k8s.io/kube-proxy:v1.33.5", Image(KubeResources.DaemonSets, "kube-proxy"));
        Assert.Equal("registry.k8s.io/coredns/coredns:v1.12.0", Image(KubeResources.Deployments, "coredns"));
        Assert.Equal(corefile, Map("coredns-backup-v1.11.3")["data"]!["Corefile"]!.ToString());
        Assert.DoesNotContain(
            "imageTag",
            Map("kubeadm-config")["data"]!["ClusterConfiguration"]!.ToString(),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task Add_ons_that_are_not_there_or_newer_are_left_alone()
    {
        await _served.Workload.UpgradeAddonsAsync(KubernetesVersion.Parse("1.33.5"), Stop);

        Put("apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\nkubernetesVersion: v1.34.1\ndns: {}\n");
        _served.Cluster.PutAddons("v1.34.1");
        await _served.Workload.UpgradeAddonsAsync(KubernetesVersion.Parse("1.33.5"), Stop);
        Assert.Equal("registry.k8s.io/coredns/coredns:v1.12.1", Image(KubeResources.Deployments, "coredns"));
    }

    private void Put(string configuration) =>
        _served.Cluster.Create(
            KubeResources.ConfigMaps,
            new JsonObject
            {
                ["metadata"] = new JsonObject { ["name"] = "kubeadm-config", ["namespace"] = "kube-system" },
                ["data"] = new JsonObject { ["ClusterConfiguration"] = configuration, ["Other"] = "kept" },
            }
        );

    private JsonObject Map(string name) => _served.Cluster.Get(KubeResources.ConfigMaps, "kube-system", name);

    private string Image(KubeResource resource, string name) =>
        _served.Cluster.Get(resource, "kube-system", name)["spec"]!["template"]!["spec"]!["containers"]![0]!["image"]!.ToString();
}
