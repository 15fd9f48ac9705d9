using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Testing;

namespace Gantry.Engine.Tests.Lab;

/// <summary>The versions of etcd that the emulated kubeadm brings, as the engine sees them.</summary>
public sealed class EtcdVersionTests
{
    private static readonly KubernetesVersion Next = KubernetesVersion.Parse("1.37.1");

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_member_of_the_next_minor_version_does_not_start_beside_a_patch_that_it_may_not_meet()
    {
        await using var lab = await LabControlPlanes.StartAsync("127.96.5", "1.36.5", Stop);
        await lab.FormAsync(1, Stop);
        Assert.Equal(["3.6.8"], await VersionsAsync(lab));

        await lab.Workload.SetKubeadmSettingsAsync(new(Next, []), Stop);
        lab.Boot(2, Bootstrap.JoinControlPlane, $"{Next}");

        await Eventually.HoldsAsync(
            () =>
            {
                Assert.Contains("error execution phase etcd-join", lab.Said, StringComparison.Ordinal);
                return Task.CompletedTask;
            },
            TimeSpan.FromSeconds(30)
        );
    }

    [Fact]
    public async Task The_tag_of_a_patch_that_may_meet_it_makes_the_step_safe()
    {
        await using var lab = await LabControlPlanes.StartAsync("127.96.6", "1.36.5", Stop);
        lab.Spec = lab.Spec with { Nodes = new NodeEnvironment { EtcdImageTag = "3.6.14-0" } };
        await lab.FormAsync(1, Stop);
        Assert.Equal(["3.6.14"], await VersionsAsync(lab));

        await lab.Workload.SetKubeadmSettingsAsync(new(Next, []) { EtcdImageTag = "" }, Stop);
        lab.Boot(2, Bootstrap.JoinControlPlane, $"{Next}");
        await lab.NodesAsync(2, Stop);

        Assert.Equal(["3.6.14", "3.7.0"], await VersionsAsync(lab));
    }

    [Fact]
    public async Task An_image_that_the_registry_does_not_have_fails_the_join_before_it_changes_anything()
    {
        await using var lab = await LabControlPlanes.StartAsync("127.96.7", "1.36.5", Stop);
        await lab.FormAsync(1, Stop);

        await lab.Workload.SetKubeadmSettingsAsync(new(KubernetesVersion.Parse("1.36.5"), []) { EtcdImageTag = "3.6.14" }, Stop);
        lab.Boot(2, Bootstrap.JoinControlPlane, "1.36.5");

        await Eventually.HoldsAsync(
            () =>
            {
                Assert.Contains(
                    "[ERROR ImagePull]: failed to pull image registry.k8s.io/etcd:3.6.14:",
                    lab.Said,
                    StringComparison.Ordinal
                );
                return Task.CompletedTask;
            },
            TimeSpan.FromSeconds(30)
        );
        Assert.Equal(["3.6.8"], await VersionsAsync(lab));
    }

    private static async Task<IEnumerable<string>> VersionsAsync(LabControlPlanes lab) =>
        (await lab.Workload.ListEtcdAsync(Stop)).Select(member => $"{member.Version}").Order(StringComparer.Ordinal);
}
