using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Engine.Tests.Support;
using Gantry.Simulator.Ports;
using Gantry.Simulator.World;

namespace Gantry.Engine.Tests;

/// <summary>What MAAS holds for a settled cluster is looked at in each idle round: put right, or reported.</summary>
public sealed class HoldingsTests
{
    private static readonly MaasUser Somebody = new("somebody", IsAdmin: false);

    [Fact]
    public void A_deleted_DNS_record_is_written_again_in_the_next_idle_round()
    {
        using var place = Running(out var cluster, dns: true);
        var (name, addresses) = Assert.Single(place.Region.Dns);

        place.Region.RemoveDns(name);
        place.Until(() => place.Region.FindDns(name) is not null, TimeSpan.FromMinutes(3));

        Assert.Equal(addresses, place.Region.FindDns(name));
        Assert.Contains(place.Events, one => one.Reason is "EndpointChanged" && one.Message.Contains("no DNS record"));
        place.Until(() => place.Status(cluster).Conditions.All(one => one.Status is ConditionStatus.True));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_DNS_record_that_lost_an_address_of_ours_or_got_another_one_is_put_right(bool another)
    {
        using var place = Running(out _, dns: true, controlPlanes: 3);
        var (name, addresses) = Assert.Single(place.Region.Dns);
        Assert.Equal(3, addresses.Count);

        place.Region.RecordDns(name, another ? [.. addresses, "10.66.0.1"] : [addresses[1]]);
        place.Until(() => place.Region.FindDns(name)!.SequenceEqual(addresses), TimeSpan.FromMinutes(3));

        Assert.Contains(place.Events, one => one.Reason is "EndpointChanged");
    }

    [Fact]
    public void A_DNS_record_that_somebody_else_made_is_reported_and_left_alone_also_by_a_deletion()
    {
        using var place = Running(out var cluster, dns: true);
        var (name, addresses) = Assert.Single(place.Region.Dns);

        place.Region.RecordDns(name, ["10.66.0.1"]);
        place.Until(cluster, Reports(Reasons.DnsRecordTaken), TimeSpan.FromMinutes(3));
        place.Pass(TimeSpan.FromHours(1));

        Assert.Equal(["10.66.0.1"], place.Region.FindDns(name));
        Assert.Equal((ClusterPhase.Running, Health.Healthy), (place.Status(cluster).Phase, place.Status(cluster).Health));
        Assert.Single(place.Events, one => one.Reason is "EndpointChanged");

        place.Region.RemoveDns(name);
        place.Until(() => place.Region.FindDns(name)?.SequenceEqual(addresses) is true, TimeSpan.FromMinutes(3));
        place.Until(() => place.Status(cluster).Conditions.All(one => one.Status is ConditionStatus.True));

        place.Region.RecordDns(name, ["10.66.0.1"]);
        place.Want(cluster.Deleted(place.Time.Now));
        place.Until(() => place.Is(cluster, ClusterPhase.Deleted));
        Assert.Equal(["10.66.0.1"], place.Region.FindDns(name));
    }

    [Fact]
    public void A_lost_reservation_is_made_again_in_the_next_idle_round()
    {
        using var place = Running(out var cluster, dns: false);
        var address = Assert.Single(place.Region.Reserved.Keys);

        place.Region.ReleaseAddress(address);
        place.Until(() => place.Region.Reserved.ContainsKey(address), TimeSpan.FromMinutes(3));

        Assert.Contains(place.Events, one => one.Reason is "EndpointChanged");
        place.Until(() => place.Status(cluster).Conditions.All(one => one.Status is ConditionStatus.True));
        Assert.Equal(Health.Healthy, place.Status(cluster).Health);
    }

    [Fact]
    public void An_address_that_somebody_else_has_reserved_is_reported_and_asked_for_once_a_minute_at_most()
    {
        using var place = Running(out var cluster, dns: false);
        var address = Assert.Single(place.Region.Reserved.Keys);
        place.Region.ReleaseAddress(address);
        place.Region.Reserve(Somebody, address);
        place.Script.Calls.Clear();

        place.Until(cluster, Reports(Reasons.AddressTaken), TimeSpan.FromMinutes(3));
        place.Pass(TimeSpan.FromHours(1));

        Assert.InRange(place.Script.Calls.Count(call => call.Is(ActKind.Reserve)), 30, 70);
        Assert.Equal(Somebody.Name, place.Region.Reserved[address]);
        Assert.Equal(address, place.Status(cluster).Endpoint!.Host);
        Assert.Single(place.Events, one => one.Reason is "EndpointChanged");

        place.Region.ReleaseAddress(address);
        place.Until(
            () => place.Region.Reserved.GetValueOrDefault(address) == WorldDataCentre.Operator.Name,
            TimeSpan.FromMinutes(3)
        );
        place.Until(() => place.Status(cluster).Conditions.All(one => one.Status is ConditionStatus.True));
    }

    [Fact]
    public void Idle_clusters_share_one_list_of_records_and_one_of_reservations_a_minute()
    {
        using var place = new EngineInWorld(machines: 12).Start();
        var clusters = Enumerable
            .Range(1, 6)
            .Select(number =>
                Some.Cluster(workers: 0) with
                {
                    Id = new ClusterId($"id-{number}"),
                    Name = DnsLabel.Parse($"c{number}"),
                    Endpoint = number % 2 is 0
                        ? new EndpointChoice.MaasDns(DnsName.Parse("dc1.example"))
                        : new EndpointChoice.VirtualIp(),
                }
            )
            .ToList();
        clusters.ForEach(place.Want);
        place.Until(() => clusters.TrueForAll(cluster => place.Is(cluster, ClusterPhase.Running)));
        place.Pass(TimeSpan.FromMinutes(2));
        place.Script.Calls.Clear();

        place.Pass(TimeSpan.FromMinutes(30));

        Assert.InRange(place.Script.Calls.Count(call => call.Operation.StartsWith("ListDns", StringComparison.Ordinal)), 15, 34);
        Assert.InRange(
            place.Script.Calls.Count(call => call.Operation.StartsWith("ListReserved", StringComparison.Ordinal)),
            15,
            34
        );
        Assert.DoesNotContain(place.Script.Calls, call => call.Operation.StartsWith("FindDns", StringComparison.Ordinal));
    }

    private static Func<ClusterStatus, bool> Reports(string reason) =>
        status => status.Conditions.Any(one => one.Type is "EndpointReady" && one.Reason == reason);

    private static EngineInWorld Running(out ClusterSpec cluster, bool dns, int controlPlanes = 1)
    {
        var place = new EngineInWorld(machines: 6).Start();
        var wanted = Some.Cluster(controlPlanes, workers: 1) with
        {
            Endpoint = dns ? new EndpointChoice.MaasDns(DnsName.Parse("dc1.example")) : new EndpointChoice.VirtualIp(),
        };
        place.Want(wanted);
        place.Until(() => place.Is(wanted, ClusterPhase.Running));
        place.Until(() => place.Status(wanted).Conditions.All(one => one.Status is ConditionStatus.True));
        place.Pass(TimeSpan.FromMinutes(2));
        place.Events.Clear();
        cluster = wanted;
        return place;
    }
}
