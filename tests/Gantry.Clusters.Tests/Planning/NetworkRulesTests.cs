using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;

namespace Gantry.Clusters.Tests.Planning;

/// <summary>The networks of pods, services and machines, and the address of the API server.</summary>
public sealed class NetworkRulesTests
{
    [Fact]
    public void The_default_networks_suffice_for_the_largest_pool_and_stay_apart()
    {
        var cluster = Scenes.Cluster(5, [MachinePool.MostMachines]);

        Assert.Empty(NetworkRules.Check(cluster));
        Assert.Empty(NetworkRules.Check(cluster, [Subnet("192.168.0.0/16"), Subnet("10.0.0.0/11"), Subnet("172.16.0.0/12")]));
    }

    [Theory]
    [InlineData(
        "10.96.0.0/16",
        "10.96.0.0/12",
        NetworkField.Pods,
        "overlaps serviceClusterIpRange 10.96.0.0/12; write 100.64.0.0/14"
    )]
    [InlineData("fd00:1::/48", "fd00:1:0:ffff::/112", NetworkField.Pods, "overlaps serviceClusterIpRange")]
    [InlineData(
        "fd00:1::/48",
        "10.96.0.0/12",
        NetworkField.Services,
        "is of another family of addresses than podCIDR fd00:1::/48"
    )]
    [InlineData("100.64.0.0/14", "fd00:2::/112", NetworkField.Services, "; write 10.96.0.0/12, for example")]
    [InlineData(
        "100.64.0.0/14",
        "10.0.0.0/11",
        NetworkField.Services,
        "is too large: kubeadm and the API server take /12 to /28"
    )]
    [InlineData("100.64.0.0/14", "10.0.0.0/29", NetworkField.Services, "is too small")]
    [InlineData(
        "fd00:1::/48",
        "fd00:2::/64",
        NetworkField.Services,
        "is too large: kubeadm and the API server take /108 to /124"
    )]
    [InlineData("100.64.0.0/25", "10.96.0.0/12", NetworkField.Pods, "is smaller than the /24 that each node takes of it")]
    [InlineData("64.0.0.0/7", "10.96.0.0/12", NetworkField.Pods, "is too large: kubeadm takes /8 to /24")]
    [InlineData("fd00:1::/32", "fd00:2::/112", NetworkField.Pods, "is too large: kubeadm takes /48 to /64")]
    [InlineData(
        "100.64.0.0/22",
        "10.96.0.0/12",
        NetworkField.Pods,
        "has a /24 for 4 nodes, and the pools ask for 6 while they roll"
    )]
    public void A_network_that_cannot_work_is_refused_with_its_value_and_what_to_write(
        string pods,
        string services,
        NetworkField field,
        string message
    )
    {
        var problem = Assert.Single(NetworkRules.Check(Cluster(pods, services)));

        Assert.Equal(field, problem.Field);
        Assert.StartsWith($"'{(field is NetworkField.Pods ? pods : services)}' ", problem.Message, StringComparison.Ordinal);
        Assert.Contains(message, problem.Message, StringComparison.Ordinal);
        Assert.Contains("; write ", problem.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("100.64.0.0/14", "10.96.0.0/12")]
    [InlineData("100.64.0.0/21", "10.96.0.0/28")]
    [InlineData("fd00:1::/48", "fd00:2::/108")]
    public void Networks_of_either_family_that_can_work_are_accepted(string pods, string services) =>
        Assert.Empty(NetworkRules.Check(Cluster(pods, services)));

    [Fact]
    public void What_each_node_takes_of_the_pods_is_what_the_controller_manager_is_told()
    {
        Assert.Empty(NetworkRules.Check(With(Cluster("100.64.0.0/22", "10.96.0.0/12"), "node-cidr-mask-size-ipv4", "25")));
        Assert.Empty(NetworkRules.Check(With(Cluster("100.64.0.0/25", "10.96.0.0/12"), "allocate-node-cidrs", "false")));
        Assert.Single(NetworkRules.Check(With(Cluster("100.64.0.0/14", "10.96.0.0/12"), "node-cidr-mask-size-ipv4", "31")));
    }

    [Theory]
    [InlineData("192.168.0.0/16", "10.96.0.0/12", NetworkField.Pods)]
    [InlineData("100.64.0.0/14", "192.168.0.0/20", NetworkField.Services)]
    public void A_subnet_of_machines_that_the_cluster_may_take_is_not_given_to_pods_or_services(
        string pods,
        string services,
        NetworkField field
    )
    {
        var cluster = Cluster(pods, services);

        var problem = Assert.Single(NetworkRules.Check(cluster, [Subnet("192.168.7.0/24"), Subnet("10.0.0.0/16")]));

        Assert.Equal(field, problem.Field);
        Assert.Contains(
            "overlaps 192.168.7.0/24, the subnet in MAAS of 1 machine that the cluster may take, host-192.168.7.0/24 for one; write ",
            problem.Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void The_network_that_is_proposed_is_one_that_is_accepted()
    {
        MachineSubnet[] subnets = [Subnet("192.168.7.0/24"), Subnet("100.66.0.0/24"), Subnet("10.244.0.0/16")];
        var cluster = Cluster("192.168.0.0/16", "10.96.0.0/12");

        var problem = Assert.Single(NetworkRules.Check(cluster, subnets));

        var proposed = problem.Message.Split("; write ")[1].Split(',')[0];
        Assert.Equal("172.20.0.0/14", proposed);
        Assert.Empty(NetworkRules.Check(Cluster(proposed, "10.96.0.0/12"), subnets));
    }

    [Fact]
    public void A_subnet_of_machines_that_the_cluster_cannot_take_does_not_matter()
    {
        var cluster = Cluster("192.168.0.0/16", "10.96.0.0/12");
        var far = cluster with
        {
            Pools = [.. cluster.Pools.Select(pool => pool with { Placement = new PoolPlacement { Zones = ["az9"] } })],
        };

        Assert.Empty(NetworkRules.Check(far, [Subnet("192.168.7.0/24")]));
    }

    [Theory]
    [InlineData("10.96.0.9", "lies in serviceClusterIpRange 10.96.0.0/12")]
    [InlineData("100.65.0.9", "lies in podCIDR 100.64.0.0/14")]
    public void The_address_of_the_API_server_lies_in_neither(string address, string message)
    {
        EndpointChoice[] endpoints =
        [
            new EndpointChoice.VirtualIp(Address: IpAddress.Parse(address)),
            new EndpointChoice.Given(HostAddress.Parse(address)),
            new EndpointChoice.Given(HostAddress.Parse($"::ffff:{address}")),
        ];

        foreach (var endpoint in endpoints)
        {
            var problem = Assert.Single(NetworkRules.Check(Scenes.Cluster(1, [1], endpoint)));
            Assert.Equal(NetworkField.Endpoint, problem.Field);
            Assert.Contains(message, problem.Message, StringComparison.Ordinal);
        }

        Assert.Empty(NetworkRules.Check(Scenes.Cluster(1, [1], new EndpointChoice.Given(HostAddress.Parse("api.example")))));
    }

    [Fact]
    public void A_subnet_that_is_named_for_the_virtual_IP_is_kept_apart()
    {
        var cluster = Scenes.Cluster(1, [1], new EndpointChoice.VirtualIp("100.64.9.0/24"));

        Assert.Contains(
            "the subnet of the virtual IP",
            Assert.Single(NetworkRules.Check(cluster)).Message,
            StringComparison.Ordinal
        );
        Assert.Empty(NetworkRules.Check(Scenes.Cluster(1, [1], new EndpointChoice.VirtualIp("machines"))));
    }

    [Fact]
    public void A_cluster_that_exists_keeps_a_network_that_is_refused_today_and_does_not_outgrow_it()
    {
        var before = Cluster("10.96.0.0/22", "10.96.0.0/12");

        Assert.Empty(NetworkRules.CheckChange(before, before with { KubernetesVersion = KubernetesVersion.Parse("1.34.1") }));
        Assert.Empty(NetworkRules.CheckChange(before, Sized(before, 1)));
        var problem = Assert.Single(NetworkRules.CheckChange(before, Sized(before, 3)));
        Assert.Contains(
            "has a /24 for 4 nodes, and the pools ask for 10 while they roll; the network cannot change any more: ask for fewer machines",
            problem.Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Nothing_is_planned_for_a_cluster_of_which_nothing_exists_while_its_networks_overlap()
    {
        var cluster = Cluster("192.168.0.0/16", "10.96.0.0/12");
        var seen = Scenes.Nothing with { IsUntouched = true, Subnets = [Subnet("192.168.7.0/24")] };

        var plan = Planner.Plan(cluster, seen, Machines(), Scenes.Now);

        Assert.Empty(plan.Steps);
        var blocker = Assert.Single(plan.Blockers);
        Assert.Equal(Reasons.SpecInvalid, blocker.Reason);
        Assert.StartsWith("podCIDR: '192.168.0.0/16' overlaps 192.168.7.0/24", blocker.Message, StringComparison.Ordinal);
        Assert.NotEmpty(Planner.Plan(cluster, seen with { IsUntouched = false }, Machines(), Scenes.Now).Steps);

        static Inventory Machines() => new([.. Enumerable.Range(1, 3).Select(number => Scenes.Machine(number))]);
    }

    private static ClusterSpec Cluster(string pods, string services) =>
        Scenes.Cluster(1, [2, 1]) is var cluster
            ? cluster with
            {
                Network = new ClusterNetwork { PodCidr = Cidr.Parse(pods), ServiceCidr = Cidr.Parse(services) },
                Pools = [.. cluster.Pools.Take(2), cluster.Pools[2] with { Size = 0 }],
            }
            : cluster;

    private static ClusterSpec Sized(ClusterSpec cluster, int size) =>
        cluster with
        {
            Pools = [.. cluster.Pools.Select(pool => pool.Role is PoolRole.Worker ? pool with { Size = size } : pool)],
        };

    private static ClusterSpec With(ClusterSpec cluster, string argument, string value) =>
        cluster with
        {
            Nodes = cluster.Nodes with { ExtraArgs = [new("controllerManager", [new ExtraArg(argument, value)])] },
        };

    private static MachineSubnet Subnet(string cidr) =>
        new(Cidr.Parse(cidr), [Scenes.Machine(1) with { Hostname = $"host-{cidr}" }]);
}
