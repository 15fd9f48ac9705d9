using CsCheck;
using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;

namespace Gantry.Clusters.Tests.Planning;

/// <summary>Where a machine with several networks is a node.</summary>
public sealed class NodeNetworkTests
{
    private const string Boot = "10.10.0.0/24";
    private const string Production = "10.40.0.0/24";
    private const string Storage = "10.50.0.0/24";

    private static readonly NetworkLink[] Links =
    [
        new(Cidr.Parse(Boot), "pxe", Space: null, []),
        new(Cidr.Parse(Production), "prod-a", "production", ["fast"]),
        new(Cidr.Parse(Storage), "storage", "storage", ["fast", "jumbo"]),
        new(Cidr.Parse("fd00:40::/64"), "prod-a-6", "production", ["fast"]),
    ];

    private static readonly Gen<NetworkLink[]> SomeLinks =
        from chosen in Gen.Bool.Array[Links.Length]
        from order in Gen.Shuffle(Links)
        select (NetworkLink[])[.. order.Where(link => chosen[Array.IndexOf(Links, link)])];

    private static readonly Gen<NetworkSelector?> Selectors = Explaining
        .Regions.One<string?>(null, null, Boot, "prod-a", "space:production", "tag:fast", "tag:jumbo", "space:absent")
        .Select(text => text is null ? null : NetworkSelector.Parse(text));

    private static readonly Gen<string?> Endpoints = Explaining.Regions.One<string?>(
        null,
        "10.10.0.9",
        "10.40.0.9",
        "192.0.2.1",
        "fd00:40::9",
        "api.example"
    );

    private static readonly Gen<Case> Cases =
        from links in SomeLinks
        from pool in Selectors
        from profile in Selectors
        from endpoint in Endpoints
        from controlPlane in Gen.Bool
        from byAddress in Gen.Bool
        select new Case(links, pool, profile, endpoint, controlPlane, byAddress);

    [Fact]
    public void A_node_is_where_its_pool_says_else_beside_the_endpoint_else_where_its_profile_says() =>
        Cases.Sample(one =>
        {
            var own = one.Links.Where(link => !link.Subnet.IsIPv6).ToList();
            var network = one.Choose();
            if (own.Count < 2)
            {
                Assert.Null(network);
                return;
            }

            var beside = own.Find(link => IpAddress.TryParse(one.Endpoint, out var address) && link.Subnet.Contains(address));
            IReadOnlyList<NetworkLink> allowed =
                one.Pool is { } pool && own.Exists(pool.Selects) ? own.FindAll(pool.Selects)
                : beside is not null ? [beside]
                : one.Profile is { } profile ? own.FindAll(profile.Selects)
                : [];
            Assert.Equal(allowed.Count > 0, network is not null);
            Assert.True(network is null || allowed.Any(link => link.Subnet == network.Node));
        });

    [Fact]
    public void A_virtual_IP_is_announced_by_control_planes_alone_and_in_its_own_subnet() =>
        Cases.Sample(one =>
        {
            if (one.Choose() is not { VirtualIp: { } announced })
            {
                return;
            }

            Assert.True(one.ControlPlane && one.ByVirtualIp);
            Assert.True(announced.Contains(IpAddress.Parse(one.Endpoint)));
        });

    [Fact]
    public void The_order_of_interfaces_decides_nothing() =>
        Gen.Select(Cases, Gen.Int[0, 100])
            .Sample(
                (one, turn) =>
                {
                    var turned = one.Links.Skip(turn % Math.Max(1, one.Links.Length)).Concat(one.Links).Distinct().Reverse();
                    Assert.Equal(one.Choose(), (one with { Links = [.. turned] }).Choose());
                }
            );

    [Fact]
    public void A_machine_with_one_network_keeps_what_kubeadm_chooses() =>
        Cases.Sample(one => Assert.Null((one with { Links = [.. one.Links.Take(1), .. one.Links.Take(1)] }).Choose()));

    [Theory]
    [InlineData(null, null, "10.40.0.9", Production)]
    [InlineData("pxe", null, "10.40.0.9", Boot)]
    [InlineData(null, "space:production", "10.10.0.9", Boot)]
    [InlineData(null, "space:production", "api.example", Production)]
    [InlineData(null, "tag:jumbo", "api.example", Storage)]
    [InlineData(null, null, "api.example", null)]
    [InlineData(null, "space:absent", "192.0.2.1", null)]
    public void For_example(string? pool, string? profile, string endpoint, string? expected)
    {
        var chosen = new Case(
            Links,
            Selector(pool),
            Selector(profile),
            endpoint,
            ControlPlane: false,
            ByVirtualIp: true
        ).Choose();

        Assert.Equal(expected, chosen?.Node.Value);
    }

    [Fact]
    public void The_addresses_of_the_node_come_first_and_the_others_keep_their_order()
    {
        ValueList<string> addresses = ["10.10.0.3", "10.50.0.3", "10.40.0.3", "fd00:40::3"];

        Assert.Equal(
            ["10.40.0.3", "10.10.0.3", "10.50.0.3", "fd00:40::3"],
            NodeNetwork.Order(addresses, new NodeNetwork(Cidr.Parse(Production)))
        );
        Assert.Equal(addresses, NodeNetwork.Order(addresses, null));
    }

    [Theory]
    [InlineData("10.40.0.7/24", Production, "subnet 10.40.0.0/24", "without an address in subnet 10.40.0.0/24")]
    [InlineData(" prod-a ", "prod-a", "subnet prod-a", "without an address in subnet prod-a")]
    [InlineData("space:production", "space:production", "space production", "without an address in space production")]
    [InlineData("tag:fast", "tag:fast", "tag fast", "without an address on an interface tagged fast")]
    public void A_network_is_selected_by_the_words_of_MAAS(string text, string value, string shown, string lack)
    {
        var selector = NetworkSelector.Parse(text);

        Assert.Equal((value, shown, lack), (selector.Value, selector.Text, selector.Lack));
        Assert.Contains(Links, selector.Selects);
    }

    [Theory]
    [InlineData("")]
    [InlineData("space:")]
    [InlineData("tag:")]
    [InlineData("a,b")]
    [InlineData("a\nb")]
    public void What_no_name_in_MAAS_can_be_is_refused(string text) =>
        Assert.Contains(
            "is not a network of machines; write the CIDR or name of a subnet in MAAS, space:NAME or tag:NAME",
            Assert.Throws<FormatException>(() => NetworkSelector.Parse(text)).Message,
            StringComparison.Ordinal
        );

    private static NetworkSelector? Selector(string? text) => text is null ? null : NetworkSelector.Parse(text);

    private sealed record Case(
        NetworkLink[] Links,
        NetworkSelector? Pool,
        NetworkSelector? Profile,
        string? Endpoint,
        bool ControlPlane,
        bool ByVirtualIp
    )
    {
        public NodeNetwork? Choose()
        {
            var cluster = Scenes.Cluster(1, [1]);
            cluster = cluster with
            {
                Endpoint = ByVirtualIp
                    ? new EndpointChoice.VirtualIp()
                    : new EndpointChoice.Given(HostAddress.Parse(Endpoint ?? "api.example")),
                Nodes = new NodeEnvironment { Subnet = Profile },
            };
            var pool = ControlPlane ? cluster.ControlPlane : cluster.Workers.First();
            return NodeNetwork.Choose(Links, cluster, pool with { Placement = new PoolPlacement { Subnet = Pool } }, Endpoint);
        }
    }
}
