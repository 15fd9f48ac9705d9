using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Engine.Tests.Support;
using Gantry.Simulator.Ports;
using Gantry.Simulator.World;

namespace Gantry.Engine.Tests;

/// <summary>Endpoints that MAAS or the network cannot carry.</summary>
public sealed partial class FourAnswersTests
{
    [Theory]
    [InlineData(WorldRegion.Gateway, Reasons.AddressUnavailable, "10.0.0.1 is the gateway of 10.0.0.0/16 (machines)")]
    [InlineData("10.0.0.0", Reasons.AddressUnavailable, "10.0.0.0 is the address of the network")]
    [InlineData("10.0.255.255", Reasons.AddressUnavailable, "10.0.255.255 is the broadcast address")]
    [InlineData("10.0.210.7", Reasons.AddressUnavailable, "10.0.210.7 lies in a dynamic range")]
    [InlineData("10.0.220.7", Reasons.AddressUnavailable, "10.0.220.7 lies in a reserved range")]
    [InlineData("10.0.230.7", Reasons.AddressUnavailable, "10.0.230.7 is in use in MAAS")]
    [InlineData("192.0.2.7", Reasons.SubnetMissing, "192.0.2.7 lies in no subnet of MAAS")]
    public void A_virtual_IP_that_no_cluster_can_have_is_refused_by_its_plan_and_nothing_is_taken_for_it(
        string address,
        string reason,
        string why
    )
    {
        using var place = new EngineInWorld(machines: 3).Start();
        place.Region.Ranges.AddRange([("dynamic", "10.0.210.0", "10.0.210.255"), ("reserved", "10.0.220.0", "10.0.220.255")]);
        place.Region.Reserve(new MaasUser("somebody", IsAdmin: false), "10.0.230.7");

        var cluster = Some.Cluster(endpoint: new EndpointChoice.VirtualIp(Address: IpAddress.Parse(address)));

        Assert.Contains($"endpoint.address: {why}", Refused(place, cluster, reason), StringComparison.Ordinal);
        Assert.DoesNotContain(address, place.Region.Reserved.Where(one => one.Value is not "somebody").Select(one => one.Key));
    }

    [Theory]
    [InlineData(
        "dc1.exmaple",
        Reasons.DomainMissing,
        "endpoint.domain: MAAS has no domain dc1.exmaple; write one that it has (maas"
    )]
    [InlineData("maas", Reasons.DnsNeedsAdministrator, "endpoint.domain: demo-api.maas cannot be recorded")]
    public void A_name_that_MAAS_does_not_record_is_refused_by_its_plan(string domain, string reason, string why)
    {
        using var place = new EngineInWorld(machines: 3).Start();
        place.Region.Domains.AddRange(["maas", "dc1.example"]);
        place.Region.DnsNeedsAdministrator = true;
        if (reason is Reasons.DnsNeedsAdministrator)
        {
            place.ChangeKey(new MaasUser("gantry", IsAdmin: false));
        }

        var cluster = Some.Cluster(endpoint: new EndpointChoice.MaasDns(DnsName.Parse(domain)));

        Assert.StartsWith(why, Refused(place, cluster, reason), StringComparison.Ordinal);
        Assert.Empty(place.Region.Dns);
    }

    [Fact]
    public void A_subnet_that_MAAS_lacks_is_refused_by_the_plan_and_the_cluster_is_made_once_another_is_chosen()
    {
        using var place = new EngineInWorld(machines: 3).Start();
        var cluster = Some.Cluster(endpoint: new EndpointChoice.VirtualIp("prdo"));

        Assert.StartsWith(
            "endpoint.subnet: MAAS has no subnet prdo; write",
            Refused(place, cluster, Reasons.SubnetMissing),
            StringComparison.Ordinal
        );

        var mended = Next(cluster) with { Endpoint = new EndpointChoice.VirtualIp(WorldRegion.SubnetName) };
        place.Want(mended);
        place.Until(mended, status => status.Health is Health.Healthy);
    }

    [Fact]
    public void An_endpoint_that_becomes_free_is_taken_by_itself()
    {
        using var place = new EngineInWorld(machines: 3).Start();
        place.Region.Reserve(new MaasUser("somebody", IsAdmin: false), "10.0.230.7");
        var cluster = Some.Cluster(endpoint: new EndpointChoice.VirtualIp(Address: IpAddress.Parse("10.0.230.7")));
        Refused(place, cluster, Reasons.AddressUnavailable);

        place.Region.ReleaseAddress("10.0.230.7");

        place.Until(cluster, status => status.Health is Health.Healthy);
    }

    [Fact]
    public void An_endpoint_that_MAAS_refuses_although_it_looks_free_is_asked_for_with_growing_pauses()
    {
        using var place = new EngineInWorld(machines: 3).Start();
        var asked = 0;
        place.Script.Interfere = call =>
        {
            asked += call.Is(ActKind.Reserve) ? 1 : 0;
            return call.Is(ActKind.Reserve) ? Fate.Conflict : Fate.Arrives;
        };
        var cluster = Some.Cluster();

        place.Want(cluster);
        place.Pass(TimeSpan.FromHours(1));

        // Every two seconds it would be asked for more than a thousand times.
        Assert.InRange(asked, 10, 60);
        AllName(place, cluster, Reasons.AddressUnavailable);
        place.Script.Interfere = _ => Fate.Arrives;
        place.Until(cluster, status => status.Health is Health.Healthy);
    }

    // The plan says so before anything is asked for, and everything else afterwards.
    private static string Refused(EngineInWorld place, ClusterSpec cluster, string reason)
    {
        var before = Plan(place, cluster);
        place.Want(cluster);
        place.Pass(TimeSpan.FromMinutes(5));

        var message = AllName(place, cluster, reason);
        Assert.Equal([(reason, message)], before.Blockers.Select(blocker => (blocker.Reason, blocker.Message)));
        Assert.Empty(before.Steps);
        Assert.Empty(place.Held);
        return message;
    }
}
