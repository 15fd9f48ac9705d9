using Gantry.Clusters.Model;
using Gantry.Protocol;
using Gantry.Server.Api;
using Gantry.Server.Clusters;
using Gantry.Server.Tests.Hosting;

namespace Gantry.Server.Tests.Clusters;

public sealed class ControlPlaneKubeconfigTests
{
    private const string Issued =
        "clusters:\n- name: demo\n  cluster:\n    server: https://demo-api.maas:6443\n    certificate-authority-data: AAAA\n";

    private static readonly ClusterStatus Status = new()
    {
        Id = new ClusterId("c1"),
        ObservedGeneration = 1,
        Phase = ClusterPhase.Running,
        Message = "",
        Endpoint = new ApiEndpoint("demo-api.maas", 6443),
        Machines =
        [
            Machine("w1", PoolRole.Worker, "10.0.0.1", true),
            Machine("c1", PoolRole.ControlPlane, "10.0.0.2", false),
            Machine("c2", PoolRole.ControlPlane, "10.0.0.3", true),
        ],
    };

    [Fact]
    public void A_control_plane_kubeconfig_goes_to_a_ready_control_plane_and_keeps_the_endpoints_name() =>
        Assert.Equal(
            "clusters:\n- name: demo\n  cluster:\n    server: https://10.0.0.3:6443\n    tls-server-name: "
                + "demo-api.maas\n    certificate-authority-data: AAAA\n",
            ControlPlaneKubeconfig.Rewrite(Issued, "demo", Status)
        );

    [Fact]
    public void Without_a_control_plane_address_no_kubeconfig_is_returned() =>
        Assert.Equal(
            404,
            Assert
                .Throws<ApiException>(() =>
                    ControlPlaneKubeconfig.Rewrite(Issued, "demo", Status with { Machines = [Status.Machines[0]] })
                )
                .Status
        );

    [Fact]
    public async Task A_control_plane_kubeconfig_is_requested_by_a_query_and_other_values_are_refused()
    {
        await using var world = await World.MakeAsync();
        var uid = await world.CreateClusterAsync("demo");
        world.Gateway.Answers = request =>
            request is GatewayRequest.IssueKubeconfig ? new IssuedKubeconfig(Issued, DateTimeOffset.UnixEpoch) : null;
        await world.Gateway.PollAsync();
        await world.Gateway.ReportAsync(world.Gateway.Status(uid, ClusterPhase.Running, Health.Healthy, Status.Machines[2]));

        var path = $"/v1/spectroclusters/{uid}/assets/adminKubeconfig";
        using var download = await world.Gateway.WhileServingAsync(world.Console.Client.GetAsync($"{path}?via=control-plane"));
        Assert.Contains(
            "server: https://10.0.0.3:6443",
            await download.Content.ReadAsStringAsync(TestContext.Current.CancellationToken),
            StringComparison.Ordinal
        );
        await TestConsole.ReadAsync(await world.Console.Client.GetAsync($"{path}?via=moon"), 400);
    }

    [Fact]
    public async Task The_progress_of_a_deletion_does_not_start_at_that_of_the_cluster()
    {
        await using var world = await World.MakeAsync();
        var uid = await world.CreateClusterAsync("demo");
        await world.Gateway.PollAsync();
        await world.Gateway.ReportAsync(
            world.Gateway.Status(uid, ClusterPhase.Running, Health.Healthy) with
            {
                Progress = 100,
                Message = "All 3 nodes are Ready.",
            }
        );
        await world.Console.DeleteAsync($"/v1/spectroclusters/{uid}");

        var status = (await world.Console.GetAsync($"/v1/spectroclusters/{uid}/progress")).GetProperty("status");

        Assert.Equal("Deleting", status.GetProperty("phase").GetString(), ignoreCase: true);
        Assert.Equal(0, status.GetProperty("progress").GetInt32());
        Assert.DoesNotContain("Ready", status.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    private static MachineStatus Machine(string id, PoolRole role, string address, bool ready) =>
        new()
        {
            SystemId = new SystemId(id),
            Hostname = id,
            Pool = DnsLabel.Parse("p"),
            Role = role,
            State = "Ready",
            Stage = "",
            Addresses = [address],
            NodeReady = ready,
        };
}
