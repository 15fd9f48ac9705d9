using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Testing;

namespace Gantry.Engine.Tests.Lab;

/// <summary>What the emulated kubeadm of a newer image makes of a cluster before and after its version is changed.</summary>
public sealed class VersionChangeTests : IAsyncLifetime
{
    private LabControlPlanes lab = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        lab = await LabControlPlanes.StartAsync("127.94.0", "1.30.14", Stop);
        await lab.FormAsync(1, Stop);
    }

    public ValueTask DisposeAsync() => lab.DisposeAsync();

    [Fact]
    public async Task A_newer_control_plane_joins_once_the_version_is_written_down_and_the_old_one_can_leave()
    {
        // The newer one has as much time as the worker beside it, and tries again and again.
        lab.Boot(2, Bootstrap.JoinControlPlane, "1.31.13");
        lab.Boot(8, Bootstrap.JoinWorker);
        await Eventually.HoldsAsync(async () =>
            Assert.Equal(["m1", "m8"], (await lab.Workload.ListNodesAsync(Stop)).Select(node => node.Name).Order()));
        Assert.Equal("m1", Assert.Single(await lab.Workload.ListEtcdAsync(Stop)).Name);

        // Nothing but the ConfigMap was in the way.
        await lab.Workload.SetKubernetesVersionAsync(KubernetesVersion.Parse("1.31.13"), Stop);
        await lab.NodesAsync(3, Stop);

        var members = (await lab.Workload.ListEtcdAsync(Stop)).ToDictionary(member => member.Name);
        await lab.Workload.MoveEtcdLeaderAsync(members["m2"].Id, Stop);
        await lab.Workload.RemoveEtcdMemberAsync(members["m1"].Id, Stop);
        lab.Machines.PowerOff("m1-id");

        // The virtual address was on the machine that has left and takes a moment to come back.
        await Eventually.HoldsAsync(() => lab.Workload.UpgradeAddonsAsync(KubernetesVersion.Parse("1.31.13"), Stop));
        await Eventually.HoldsAsync(async () => Assert.Equal(
            ["v1.30.14", "v1.30.14", "v1.31.13"], (await lab.Workload.ListNodesAsync(Stop)).Select(node => node.KubeletVersion).Order()));
        Assert.Equal("m2", Assert.Single(await lab.Workload.ListEtcdAsync(Stop)).Name);
    }
}
