using System.Net;
using Gantry.Clusters.Model;
using Gantry.Lab;

namespace Gantry.Engine.Tests.Lab;

/// <summary>Machines that boot from one network and have their default route in another.</summary>
public sealed class SeveralNetworksTests()
    : EngineInLab(
        new LabOptions
        {
            Machines = 16,
            Speed = Speed,
            Seed = 9,
            DeployFailureRate = 0,
            BootsApart = true,
        }
    )
{
    [Theory]
    [InlineData(null, null, "boot")]
    [InlineData("machines", null, "machines")]
    [InlineData("boot", "tag:none", "boot")]
    [InlineData("boot", "space:lab", "boot")]
    public async Task The_nodes_of_a_virtual_IP_are_in_its_subnet(string? subnet, string? profile, string expected)
    {
        var cluster = Cluster(3, 2, new EndpointChoice.VirtualIp(subnet)) with
        {
            Nodes = new NodeEnvironment { Subnet = profile is null ? null : NetworkSelector.Parse(profile) },
        };

        await AssertRunsInAsync(cluster, expected);
    }

    [Fact]
    public async Task The_nodes_of_a_pool_with_a_subnet_are_there_wherever_the_virtual_IP_is()
    {
        var cluster = InSubnet(Cluster(3, 2, new EndpointChoice.VirtualIp("boot")), "machines");

        await AssertRunsInAsync(cluster, "machines");

        var virtualIp = IPAddress.Parse(Statuses[cluster.Id].Endpoint!.Host);
        Assert.True((await NetworkAsync("boot")).Contains(virtualIp));
    }

    [Fact]
    public async Task A_virtual_IP_without_a_subnet_is_in_that_of_the_control_planes_pool()
    {
        var cluster = InSubnet(Cluster(3, 2, new EndpointChoice.VirtualIp()), "space:lab");

        await AssertRunsInAsync(cluster, "machines");

        var virtualIp = IPAddress.Parse(Statuses[cluster.Id].Endpoint!.Host);
        Assert.True((await NetworkAsync("machines")).Contains(virtualIp));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_name_in_DNS_stands_for_the_addresses_of_the_nodes(bool byPool)
    {
        var domain = (await Client.Domains.ListAsync(Stop)).Single(one => one.IsDefault).Name;
        var cluster = Cluster(3, 2, new EndpointChoice.MaasDns(DnsName.Parse(domain)));
        cluster = byPool
            ? InSubnet(cluster, "machines")
            : cluster with
            {
                Nodes = new NodeEnvironment { Subnet = NetworkSelector.Parse("space:lab") },
            };

        await AssertRunsInAsync(cluster, "machines");

        var network = await NetworkAsync("machines");
        var addresses = await Region.FindDnsAsync($"demo-api.{domain}", Stop);
        Assert.Equal(3, addresses!.Count);
        Assert.All(addresses, address => Assert.True(network.Contains(IPAddress.Parse(address)), address));
    }

    private static ClusterSpec InSubnet(ClusterSpec cluster, string subnet) =>
        cluster with
        {
            Pools =
            [
                .. cluster.Pools.Select(pool =>
                    pool with
                    {
                        Placement = pool.Placement with { Subnet = NetworkSelector.Parse(subnet) },
                    }
                ),
            ],
        };

    private async Task AssertRunsInAsync(ClusterSpec cluster, string subnet)
    {
        await WantAsync(cluster, status => status is { Phase: ClusterPhase.Running, Health: Health.Healthy });

        var network = await NetworkAsync(subnet);
        var machines = Statuses[cluster.Id].Machines;
        Assert.Equal(5, machines.Count);
        Assert.All(machines, machine => Assert.True(network.Contains(IPAddress.Parse(machine.Addresses[0])), machine.Hostname));
        Assert.Empty(await Engine.ListQuarantineAsync(Stop));
    }

    private async Task<IPNetwork> NetworkAsync(string subnet) =>
        IPNetwork.Parse((await Client.Subnets.ListAsync(Stop)).Single(one => one.Name == subnet).Cidr);
}
