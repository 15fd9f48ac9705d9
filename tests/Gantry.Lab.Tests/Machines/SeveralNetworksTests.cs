using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Gantry.Lab.Kubernetes;
using Gantry.Lab.Maas;
using Gantry.Lab.Machines;
using Gantry.Lab.Store;
using Gantry.Testing;

namespace Gantry.Lab.Tests.Machines;

/// <summary>Machines that boot from one network and have their default route in another.</summary>
public sealed class SeveralNetworksTests : IMachineReports, IAsyncLifetime
{
    private const string Beside = "127.94.1.100";
    private const string Elsewhere = "127.94.0.100";

    private readonly ConcurrentQueue<string> _reports = new();
    private LabMachines _machines = null!;

    public async ValueTask InitializeAsync()
    {
        _machines = await LabMachines.StartAsync(
            new LabMachinesOptions { Speed = 20_000, Sockets = false },
            new MemoryLabStore(),
            TimeProvider.System,
            TestContext.Current.CancellationToken
        );
        _machines.Resume(this);
    }

    public ValueTask DisposeAsync() => _machines.DisposeAsync();

    [Fact]
    public async Task A_control_plane_that_is_told_nothing_serves_at_the_address_of_its_default_route_alone()
    {
        Boot(new ClusterDocuments(Beside).Init());
        await ReportedAsync("cp1-id modules-final True");

        var cluster = Serving("127.94.1.1")!;
        Assert.Null(Serving("127.94.0.1"));
        Assert.Equal("127.94.1.1", InternalIp(cluster));
        Assert.Same(cluster, Serving(Beside));
    }

    [Fact]
    public async Task A_control_plane_serves_at_the_address_that_it_is_told()
    {
        Boot(
            (new ClusterDocuments(Beside) with { ExtraKubelet = ", {name: node-ip, value: 127.94.0.1}" }).Init(
                "localAPIEndpoint: {advertiseAddress: 127.94.0.1}"
            )
        );
        await ReportedAsync("cp1-id modules-final True");

        Assert.Null(Serving("127.94.1.1"));
        Assert.Equal("127.94.0.1", InternalIp(Serving("127.94.0.1")!));
    }

    [Fact]
    public async Task Nobody_hears_a_virtual_IP_that_is_announced_in_the_network_of_another_interface()
    {
        Boot(new ClusterDocuments(Elsewhere).Init("localAPIEndpoint: {advertiseAddress: 127.94.0.1}"));

        await ReportedAsync(
            $"kube-vip announces {Elsewhere} on bond0.10, whose network is that of 127.94.1.1/24: nobody hears it"
        );
    }

    [Fact]
    public async Task A_kubelet_shows_no_address_that_its_machine_does_not_have()
    {
        Boot((new ClusterDocuments(Beside) with { ExtraKubelet = ", {name: node-ip, value: 127.94.9.1}" }).Init());

        await ReportedAsync("node IP: \"127.94.9.1\" not found in the host's network interfaces");
    }

    [Theory]
    [InlineData("127.94.0.0/24", "2: eno1    inet 127.94.0.1/24 scope global eno1")]
    [InlineData("127.94.1.0/24", "3: bond0.10    inet 127.94.1.1/24 scope global bond0.10")]
    public async Task A_machine_shows_the_address_that_it_has_in_a_network(string network, string line)
    {
        Boot(
            Encoding.UTF8.GetBytes(
                $"#cloud-config\nruncmd:\n- \"ip -o addr show to {network} scope global primary | grep -qF '{line}'\"\n"
            )
        );

        await ReportedAsync("cp1-id modules-final True");
    }

    void IMachineReports.CloudInit(string systemId, string name, string description, bool success) =>
        _reports.Enqueue($"{systemId} {name} {success} {description}");

    private void Boot(byte[] userData) =>
        _machines.Boot(
            ClusterDocuments.Machine("cp1", "127.94.0.1", userData) with
            {
                IpAddresses = ["127.94.0.1", "127.94.1.1"],
                Interfaces =
                [
                    new InstalledAddress("eno1", "127.94.0.1", 24, HasDefaultRoute: false),
                    new InstalledAddress("bond0.10", "127.94.1.1", 24, HasDefaultRoute: true),
                ],
            }
        );

    private Task ReportedAsync(string text) =>
        Eventually.HoldsAsync(() =>
        {
            Assert.True(_reports.Any(line => line.Contains(text, StringComparison.Ordinal)), string.Join('\n', _reports));
            return Task.CompletedTask;
        });

    private LabCluster? Serving(string address) => _machines.Clusters.At(new IPEndPoint(IPAddress.Parse(address), 6443))?.Cluster;

    private static string InternalIp(LabCluster cluster) =>
        cluster.Get(KubeResources.Nodes, null, "cp1")["status"]!["addresses"]!
            .AsArray()
            .Where(address => (string)address!["type"]! == "InternalIP")
            .Select(address => (string)address!["address"]!)
            .Single();
}
