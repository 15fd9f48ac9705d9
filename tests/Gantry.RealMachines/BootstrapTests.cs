using Gantry.Clusters.Planning;

namespace Gantry.RealMachines;

/// <summary>Machines that become nodes: with the product's user-data, real cloud-init, real systemd and a strict kubeadm.</summary>
[Collection(nameof(BootedMachines))]
public sealed class BootstrapTests
{
    private const string ControlPlaneTaint = "node-role.kubernetes.io/control-plane";

    [Fact]
    public async Task The_first_control_plane_initializes_the_cluster_and_serves_at_its_virtual_address()
    {
        await BootedMachines.NeededAsync();
        await using var cluster = await RealCluster.NewAsync();

        var machine = await cluster.DeployAsync("cp1", Bootstrap.InitControlPlane);

        await cluster.FirstBootEndsAsync(machine, "SUCCESS");
        var node = cluster.Centre.Cluster.Nodes["cp1"];
        Assert.True(node.IsMarked);
        Assert.Equal([ControlPlaneTaint], node.Taints);
        Assert.Equal("cp1", cluster.Centre.Cluster.Lead("cp1"));
        Assert.Contains(
            "/etc/kubernetes/admin.conf",
            machine.Read("/etc/kubernetes/manifests/kube-vip.yaml"),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task A_control_plane_joins_once_the_engine_has_made_its_token()
    {
        await BootedMachines.NeededAsync();
        await using var cluster = await RealCluster.StandingAsync();

        var machine = await cluster.DeployAsync("cp2", Bootstrap.JoinControlPlane);
        await cluster.BeginsAsync(machine, "kubeadm join", "preflight");
        Assert.Empty(cluster.Centre.Cluster.Nodes);
        cluster.Admit("cp2");

        await cluster.FirstBootEndsAsync(machine, "SUCCESS");
        Assert.Equal([ControlPlaneTaint], cluster.Centre.Cluster.Nodes["cp2"].Taints);
        Assert.Contains("cp2", cluster.Centre.Cluster.Members.Keys);
    }

    [Fact]
    public async Task A_worker_joins_once_the_engine_has_made_its_token()
    {
        await BootedMachines.NeededAsync();
        await using var cluster = await RealCluster.StandingAsync();

        var machine = await cluster.DeployAsync("w1", Bootstrap.JoinWorker);
        await cluster.BeginsAsync(machine, "kubeadm join", "preflight");
        cluster.Admit("w1");

        await cluster.FirstBootEndsAsync(machine, "SUCCESS");
        await RealCluster.HoldsAsync(machine, () => Assert.True(cluster.Centre.Cluster.IsReady("w1")));
        Assert.False(cluster.Centre.Cluster.Nodes["w1"].IsMarked);
    }
}
