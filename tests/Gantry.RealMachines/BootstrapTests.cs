using Gantry.Clusters.Distributions;
using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;

namespace Gantry.RealMachines;

/// <summary>
/// Machines that become nodes: with the product's user-data, real cloud-init, real systemd and a strict kubeadm.
/// </summary>
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
    public async Task A_control_plane_with_two_networks_serves_and_announces_in_that_of_the_endpoint()
    {
        await BootedMachines.NeededAsync();
        await using var cluster = await RealCluster.NewInSecondNetworkAsync();

        var machine = await cluster.DeployAsync("cp1", Bootstrap.InitControlPlane);

        await cluster.FirstBootEndsAsync(machine, "SUCCESS");
        Assert.Equal("https://10.213.78.10:2380", cluster.Centre.Cluster.Members["cp1"]);
        Assert.Contains("--node-ip=10.213.78.10", machine.Read("/var/lib/kubelet/kubeadm-flags.env"), StringComparison.Ordinal);
        Assert.Contains("prod-cp1", machine.Read("/etc/kubernetes/manifests/kube-vip.yaml"), StringComparison.Ordinal);
        Assert.Equal("cp1", cluster.Centre.Cluster.Lead("cp1"));
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

    [Theory]
    [InlineData(Bootstrap.JoinControlPlane)]
    [InlineData(Bootstrap.JoinWorker)]
    public async Task A_machine_that_loses_power_before_its_token_exists_joins_later(Bootstrap bootstrap)
    {
        await BootedMachines.NeededAsync();
        await using var cluster = await RealCluster.StandingAsync();
        var machine = await cluster.DeployAsync("n1", bootstrap);
        await cluster.BeginsAsync(machine, "kubeadm join", "preflight");

        await machine.PowerCycleAsync();
        await cluster.BeginsAsync(machine, "kubeadm join", "preflight", times: 2);
        cluster.Admit("n1");

        await cluster.JoinsAsync(machine, bootstrap);
    }

    [Fact]
    public async Task A_machine_that_loses_power_before_cloud_init_has_started_the_unit_joins_at_its_next_boot()
    {
        await BootedMachines.NeededAsync();
        await using var cluster = await RealCluster.StandingAsync();
        cluster.Admit("n1");
        var reached = cluster.Centre.Phases.HoldOnce("n1", "systemctl", "daemon-reload");
        var machine = await cluster.DeployAsync("n1", Bootstrap.JoinWorker);
        await RealCluster.ReachesAsync(machine, reached);

        await machine.PowerCycleAsync();

        await cluster.JoinsAsync(machine, Bootstrap.JoinWorker);
    }

    [Theory]
    [InlineData(Bootstrap.JoinControlPlane, "kubelet-start")]
    [InlineData(Bootstrap.JoinControlPlane, "etcd-join")]
    [InlineData(Bootstrap.JoinControlPlane, "control-plane-join")]
    [InlineData(Bootstrap.JoinWorker, "kubelet-start")]
    [InlineData(Bootstrap.JoinWorker, "kubelet-has-credentials")]
    public async Task A_machine_that_loses_power_while_kubeadm_joins_it_becomes_a_whole_node(Bootstrap bootstrap, string phase)
    {
        await BootedMachines.NeededAsync();
        await using var cluster = await RealCluster.StandingAsync();
        cluster.Admit("n1");
        var reached = cluster.Centre.Phases.HoldOnce("n1", "kubeadm join", phase);
        var machine = await cluster.DeployAsync("n1", bootstrap);
        await RealCluster.ReachesAsync(machine, reached);

        await machine.PowerCycleAsync();

        await cluster.JoinsAsync(machine, bootstrap);
    }

    [Theory]
    [InlineData("etcd-join")]
    [InlineData("control-plane-join")]
    public async Task A_control_plane_whose_join_fails_is_put_back_and_joins_at_the_next_attempt(string phase)
    {
        await BootedMachines.NeededAsync();
        await using var cluster = await RealCluster.StandingAsync();
        cluster.Admit("n1");
        cluster.Centre.Phases.FailOnce("n1", "kubeadm join", phase, "etcdserver: request timed out");

        var machine = await cluster.DeployAsync("n1", Bootstrap.JoinControlPlane);

        await cluster.JoinsAsync(machine, Bootstrap.JoinControlPlane);
        await cluster.FirstBootEndsAsync(machine, "SUCCESS");
    }

    [Fact]
    public async Task A_worker_whose_join_fails_is_put_back_and_joins_at_the_next_attempt()
    {
        await BootedMachines.NeededAsync();
        await using var cluster = await RealCluster.StandingAsync();
        cluster.Admit("n1");
        cluster.Centre.Phases.FailOnce("n1", "kubeadm join", "kubelet-start", "timed out waiting for the condition");

        var machine = await cluster.DeployAsync("n1", Bootstrap.JoinWorker);

        await cluster.JoinsAsync(machine, Bootstrap.JoinWorker);
        await cluster.FirstBootEndsAsync(machine, "SUCCESS");
    }

    [Theory]
    [InlineData("wait-control-plane")]
    [InlineData("mark-control-plane")]
    public async Task A_failed_init_is_tried_again_on_a_clean_machine(string phase)
    {
        await BootedMachines.NeededAsync();
        await using var cluster = await RealCluster.NewAsync();
        cluster.Centre.Phases.FailOnce("n1", "kubeadm init", phase, "context deadline exceeded");

        var machine = await cluster.DeployAsync("n1", Bootstrap.InitControlPlane);

        await cluster.JoinsAsync(machine, Bootstrap.InitControlPlane);
        await cluster.FirstBootEndsAsync(machine, "SUCCESS");
    }

    [Theory]
    [InlineData("etcd")]
    [InlineData("upload-config")]
    public async Task A_machine_that_loses_power_while_kubeadm_initializes_the_cluster_goes_on(string phase)
    {
        await BootedMachines.NeededAsync();
        await using var cluster = await RealCluster.NewAsync();
        var reached = cluster.Centre.Phases.HoldOnce("n1", "kubeadm init", phase);
        var machine = await cluster.DeployAsync("n1", Bootstrap.InitControlPlane);
        await RealCluster.ReachesAsync(machine, reached);

        await machine.PowerCycleAsync();

        await cluster.JoinsAsync(machine, Bootstrap.InitControlPlane);
    }

    [Fact]
    public async Task An_init_that_no_attempt_mends_is_reported_to_Maas_with_its_reason_and_hands_nothing_over()
    {
        await BootedMachines.NeededAsync();
        var nodes = new NodeEnvironment
        {
            PreKubeadmCommands =
            [
                "systemd-run --unit=squatter python3 -m http.server 10250",
                "until ss -ltn | grep -q :10250; do :; done",
            ],
        };
        await using var cluster = await RealCluster.NewAsync(nodes);

        var machine = await cluster.DeployAsync("n1", Bootstrap.InitControlPlane);

        await cluster.FirstBootEndsAsync(machine, "FAIL");
        var reports = cluster.Centre.Events("n1").Select(sent => NodeReport.Read(sent.Description)).OfType<NodeReport>();
        Assert.Equal(
            new NodeReport(IsFinal: true, "kubeadm init: [ERROR Port-10250]: Port 10250 is in use"),
            Assert.Single(reports)
        );
        Assert.Equal(1, cluster.Centre.Phases.Count("n1", "kubeadm init", "preflight"));
        Assert.Empty(cluster.Centre.Cluster.Nodes);
        Assert.Contains("super-admin.conf", machine.Read("/etc/kubernetes/manifests/kube-vip.yaml"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_control_plane_that_boots_again_stays_a_node_and_gets_no_secret_back()
    {
        await BootedMachines.NeededAsync();
        await using var cluster = await RealCluster.StandingAsync();
        cluster.Admit("n1");
        var machine = await cluster.DeployAsync("n1", Bootstrap.JoinControlPlane);
        await cluster.FirstBootEndsAsync(machine, "SUCCESS");
        await cluster.JoinsAsync(machine, Bootstrap.JoinControlPlane);

        await machine.PowerCycleAsync();
        await cluster.BootEndsAsync(machine, times: 2);

        await cluster.JoinsAsync(machine, Bootstrap.JoinControlPlane);
        Assert.Equal(1, cluster.Centre.Phases.Count("n1", "kubeadm join", "preflight"));
    }
}
