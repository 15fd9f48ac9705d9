using Gantry.Clusters.Distributions;
using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Testing;

namespace Gantry.Lab.Tests.Machines;

/// <summary>Machines with the engine's documents that lose power on their way, on emulated disks, systemd and kubeadm.</summary>
public sealed class BootstrapTests
{
    [Theory]
    [InlineData("w1", Bootstrap.JoinWorker)]
    [InlineData("cp2", Bootstrap.JoinControlPlane)]
    public async Task A_machine_that_reboots_while_it_waits_for_its_turn_joins_when_its_turn_comes(
        string name,
        Bootstrap bootstrap
    )
    {
        await using var place = await EngineCluster.StartAsync(Cluster(), "127.94.0", speed: 1000);
        place.Boot("cp1", 1, Bootstrap.InitControlPlane);
        await place.FormedAsync();
        place.Boot(name, 2, bootstrap);
        await place.RebootAsync(name);
        await place.RebootAsync(name);

        await place.AdmitAsync();
        await place.JoinedAsync(bootstrap is Bootstrap.JoinWorker ? ["cp1", "w1"] : ["cp1", "cp2"]);
    }

    [Fact]
    public async Task A_control_plane_that_reboots_in_the_middle_of_its_join_becomes_a_voter_and_leaves_no_learner()
    {
        await using var place = await EngineCluster.StartAsync(Cluster(), "127.94.1", speed: 40);
        place.Boot("cp1", 1, Bootstrap.InitControlPlane);
        await place.AdmitAsync();
        place.Boot("cp2", 2, Bootstrap.JoinControlPlane);
        await Eventually.HoldsAsync(() =>
        {
            Assert.Contains(place.ControlPlane!.Record.Members, member => member.NodeName is "cp2");
            return Task.CompletedTask;
        });
        await place.RebootAsync("cp2");

        await place.JoinedAsync("cp1", "cp2");
    }

    [Fact]
    public async Task A_first_control_plane_that_reboots_in_kubeadm_init_forms_the_cluster()
    {
        await using var place = await EngineCluster.StartAsync(Cluster(), "127.94.2", speed: 100);
        place.Boot("cp1", 1, Bootstrap.InitControlPlane);
        await Eventually.HoldsAsync(() =>
        {
            Assert.NotNull(place.Machines.Clusters.OfMember("cp1-id"));
            return Task.CompletedTask;
        });
        await place.RebootAsync("cp1");

        await place.FormedAsync();
        await place.JoinedAsync("cp1");
    }

    [Fact]
    public async Task Machines_join_an_API_server_that_answers_no_anonymous_request()
    {
        var cluster = Cluster() with
        {
            Nodes = new NodeEnvironment
            {
                ExtraArgs = [KeyValuePair.Create("apiServer", (ValueList<ExtraArg>)[new ExtraArg("anonymous-auth", "false")])],
            },
        };
        await using var place = await EngineCluster.StartAsync(cluster, "127.94.3", speed: 3000);
        place.Boot("cp1", 1, Bootstrap.InitControlPlane);
        place.Boot("cp2", 2, Bootstrap.JoinControlPlane);
        place.Boot("w1", 3, Bootstrap.JoinWorker);
        await place.AdmitAsync();

        await place.JoinedAsync("cp1", "cp2", "w1");
    }

    private static ClusterSpec Cluster() =>
        new()
        {
            Id = new ClusterId("c1"),
            Name = DnsLabel.Parse("demo"),
            Account = new AccountId("a1"),
            KubernetesVersion = KubernetesVersion.Parse("1.34.1"),
            Image = ImageName.Parse("custom/ubuntu-24.04-k8s-1.34.1"),
            Endpoint = new EndpointChoice.VirtualIp(),
            Pools = [Pool("control", PoolRole.ControlPlane, 3), Pool("work", PoolRole.Worker, 1)],
        };

    private static MachinePool Pool(string name, PoolRole role, int size) =>
        new()
        {
            Name = DnsLabel.Parse(name),
            Role = role,
            Size = size,
        };
}
