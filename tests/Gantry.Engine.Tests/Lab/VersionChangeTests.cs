using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Testing;

namespace Gantry.Engine.Tests.Lab;

/// <summary>What the emulated kubeadm of a newer image makes of a cluster before and after its version is changed.</summary>
public sealed class VersionChangeTests : IAsyncLifetime
{
    private LabControlPlanes _lab = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _lab = await LabControlPlanes.StartAsync("127.94.0", "1.30.14", Stop);
        await _lab.FormAsync(1, Stop);
    }

    public ValueTask DisposeAsync() => _lab.DisposeAsync();

    [Fact]
    public async Task A_newer_control_plane_joins_once_the_version_is_written_down_and_the_old_one_can_leave()
    {
        // The newer one has as much time as the worker beside it, and tries again and again.
        _lab.Boot(2, Bootstrap.JoinControlPlane, "1.31.13");
        _lab.Boot(8, Bootstrap.JoinWorker);
        await Eventually.HoldsAsync(async () =>
            Assert.Equal(["m1", "m8"], (await _lab.Workload.ListNodesAsync(Stop)).Select(node => node.Name).Order())
        );
        Assert.Equal("m1", Assert.Single(await _lab.Workload.ListEtcdAsync(Stop)).Name);

        // Nothing but the ConfigMap was in the way.
        await _lab.Workload.SetKubeadmSettingsAsync(new(KubernetesVersion.Parse("1.31.13"), []), Stop);
        await _lab.NodesAsync(3, Stop);

        var members = (await _lab.Workload.ListEtcdAsync(Stop)).ToDictionary(member => member.Name);
        await _lab.Workload.MoveEtcdLeaderAsync(members["m2"].Id, Stop);
        await _lab.Workload.RemoveEtcdMemberAsync(members["m1"].Id, Stop);
        _lab.Machines.PowerOff("m1-id");

        // The virtual address was on the machine that has left and takes a moment to come back.
        await Eventually.HoldsAsync(() => _lab.Workload.UpgradeAddonsAsync(KubernetesVersion.Parse("1.31.13"), Stop));
        await Eventually.HoldsAsync(async () =>
            Assert.Equal(
                ["v1.30.14", "v1.30.14", "v1.31.13"],
                (await _lab.Workload.ListNodesAsync(Stop)).Select(node => node.KubeletVersion).Order()
            )
        );
        Assert.Equal("m2", Assert.Single(await _lab.Workload.ListEtcdAsync(Stop)).Name);
    }
}
