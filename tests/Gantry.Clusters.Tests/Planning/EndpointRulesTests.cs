using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;

namespace Gantry.Clusters.Tests.Planning;

/// <summary>Endpoints that are refused before anything of a cluster is taken.</summary>
public sealed class EndpointRulesTests
{
    [Theory]
    [InlineData("10.20.0.0/24", "10.20.0.1", "gateway-ip", "is the gateway of 10.20.0.0/24 (prod)")]
    [InlineData("10.20.0.0/24", "10.20.0.1", "dns-server gateway-ip", "is the gateway of 10.20.0.0/24 (prod)")]
    [InlineData("10.20.0.0/24", "10.20.0.2", "dns-server", "is a DNS server of 10.20.0.0/24 (prod)")]
    [InlineData("10.20.0.0/24", "10.20.0.0", "", "is the address of the network 10.20.0.0/24 (prod) itself")]
    [InlineData("10.20.0.0/24", "10.20.0.255", "", "is the broadcast address of 10.20.0.0/24 (prod)")]
    [InlineData("10.20.0.0/22", "10.20.0.255", "", null)]
    [InlineData("10.20.0.0/22", "10.20.3.255", "reserved", "is the broadcast address of 10.20.0.0/22 (prod)")]
    [InlineData("10.20.0.0/31", "10.20.0.0", "", null)]
    [InlineData("10.20.0.0/24", "10.20.0.60", "assigned-ip", "is in use in MAAS")]
    [InlineData(
        "10.20.0.0/24",
        "10.20.0.60",
        "dynamic",
        "lies in a dynamic range of 10.20.0.0/24 (prod), from which DHCP serves"
    )]
    [InlineData("10.20.0.0/24", "10.20.0.60", "reserved", "lies in a reserved range of 10.20.0.0/24 (prod), of which MAAS gives")]
    [InlineData("10.20.0.0/24", "10.20.0.60", "rfc-9999", "is kept in 10.20.0.0/24 (prod) as rfc-9999")]
    [InlineData("10.20.0.0/24", "10.20.0.60", "", null)]
    [InlineData("fd00::/64", "fd00::", "", "is the address of the network fd00::/64 (prod) itself")]
    [InlineData("fd00::/64", "fd00::ffff:ffff:ffff:ffff", "", null)]
    public void A_virtual_IP_is_a_free_address_of_a_host(string subnet, string address, string purposes, string? why)
    {
        var problem = Check(
            new EndpointChoice.VirtualIp(Address: IpAddress.Parse(address)),
            new EndpointSite
            {
                Subnet = new Observation<SiteSubnet>.Present(new SiteSubnet(Cidr.Parse(subnet), "prod")),
                Purposes = [.. purposes.Split(' ', StringSplitOptions.RemoveEmptyEntries)],
            }
        );

        if (why is null)
        {
            Assert.Null(problem);
            return;
        }

        Assert.Equal(Reasons.AddressUnavailable, problem!.Reason);
        Assert.StartsWith($"endpoint.address: {address} {why}", problem.Message, StringComparison.Ordinal);
        Assert.EndsWith(
            $"; write a free address of {subnet} outside of MAAS's ranges, or none and MAAS finds one",
            problem.Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void A_virtual_IP_is_in_a_subnet_of_MAAS()
    {
        var nowhere = new EndpointSite { Subnet = new Observation<SiteSubnet>.Absent() };

        var address = Check(new EndpointChoice.VirtualIp(Address: IpAddress.Parse("192.0.2.9")), nowhere)!;
        var subnet = Check(new EndpointChoice.VirtualIp("prdo"), nowhere)!;

        Assert.Equal((Reasons.SubnetMissing, Reasons.SubnetMissing), (address.Reason, subnet.Reason));
        Assert.StartsWith("endpoint.address: 192.0.2.9 lies in no subnet of MAAS", address.Message, StringComparison.Ordinal);
        Assert.StartsWith("endpoint.subnet: MAAS has no subnet prdo; write", subnet.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_name_is_in_a_domain_of_MAAS_and_recorded_with_the_key_of_an_administrator()
    {
        var dns = new EndpointChoice.MaasDns(DnsName.Parse("dc1.example"));
        var there = new EndpointSite { Domain = new Observation<DnsName>.Present(dns.Domain), MayRecordDns = true };

        var missing = Check(dns, there with { Domain = new Observation<DnsName>.Absent(), Domains = ["maas", "dc2.example"] })!;
        var denied = Check(dns, there with { MayRecordDns = false })!;

        Assert.Null(Check(dns, there));
        Assert.Equal(
            new Blocker(
                Reasons.DomainMissing,
                "endpoint.domain: MAAS has no domain dc1.example; write one that it has (maas, dc2.example), or make it there"
            ),
            missing
        );
        Assert.Equal(Reasons.DnsNeedsAdministrator, denied.Reason);
        Assert.Contains(
            "write the key of one into the account, or vip for the endpoint",
            denied.Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void What_nobody_knows_refuses_nothing()
    {
        EndpointChoice[] choices =
        [
            new EndpointChoice.VirtualIp(),
            new EndpointChoice.VirtualIp("prod"),
            new EndpointChoice.VirtualIp(Address: IpAddress.Parse("10.20.0.1")),
            new EndpointChoice.MaasDns(DnsName.Parse("dc1.example")),
            new EndpointChoice.Given(HostAddress.Parse("api.example")),
        ];

        Assert.All(choices, choice => Assert.Null(Check(choice, EndpointSite.Unknown)));
    }

    private static Blocker? Check(EndpointChoice choice, EndpointSite site) =>
        EndpointRules.Check(Scenes.Cluster(1, [1]) with { Endpoint = choice }, site);
}
