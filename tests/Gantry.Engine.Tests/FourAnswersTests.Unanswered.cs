using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Engine.Ports;
using Gantry.Engine.Tests.Support;
using Gantry.Simulator.Ports;
using Gantry.Simulator.World;

namespace Gantry.Engine.Tests;

/// <summary>
/// A question to MAAS, or a call for the endpoint, that hangs: it holds up nothing that does not need its answer, is under way once at a
/// time, and the answers say for what Gantry waits.
/// </summary>
public sealed partial class FourAnswersTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);

    private static EndpointChoice Dns => new EndpointChoice.MaasDns(DnsName.Parse("dc1.example"));

    [Fact]
    public void A_DNS_record_that_MAAS_does_not_write_holds_up_no_machine_and_is_right_in_the_end()
    {
        using var place = new EngineInWorld(machines: 8).Start();
        var cluster = Running(place, Some.Cluster(controlPlanes: 1, workers: 1, endpoint: Dns));
        var (underWay, most) = (0, 0);
        place.Script.Arriving = act => underWay -= act.Kind is ActKind.RecordDns ? 1 : 0;
        Hold(
            place,
            call =>
            {
                underWay += call.Is(ActKind.RecordDns) ? 1 : 0;
                most = Math.Max(most, underWay);
                return call.Is(ActKind.RecordDns);
            }
        );
        var grown = cluster.WithControlPlanes(3);
        place.Want(grown);
        place.Until(() => Count(place, ActKind.RecordDns) is 1);

        var grownMore = grown.WithWorkers(3);
        place.Want(grownMore);
        place.Until(() => place.Script.Acts.Count(act => act.Kind is ActKind.Allocate) is 6, Soon);
        place.Pass(TimeSpan.FromSeconds(5));
        var told = AllName(place, grownMore, Reasons.AwaitingMaas, actionRequired: false);
        Assert.EndsWith(": write the DNS record demo-api.dc1.example.", told, StringComparison.Ordinal);

        place.Until(cluster, status => status.Progress is 100 && status.ObservedGeneration == grownMore.Generation);
        place.Until(() => place.Region.FindDns("demo-api.dc1.example") is { Count: 3 });
        place.Pass(TimeSpan.FromMinutes(10));
        Assert.Equal(1, most);
        Assert.DoesNotContain(place.Events, happened => happened.Reason is "EndpointChanged");
    }

    [Fact]
    public void A_reservation_that_MAAS_does_not_make_again_holds_up_no_machine_that_leaves()
    {
        using var place = new EngineInWorld(machines: 8).Start();
        var cluster = Running(place, Some.Cluster(controlPlanes: 1, workers: 3));
        var address = Assert.Single(place.Region.Reserved.Keys);
        Hold(place, call => call.Is(ActKind.Reserve));
        place.Region.ReleaseAddress(address);
        place.Until(() => Count(place, ActKind.Reserve) is 1);

        var shrunk = cluster.WithWorkers(1);
        place.Want(shrunk);
        place.Until(() => place.Script.Acts.Count(act => act.Kind is ActKind.Release) is 2, Soon);
        Assert.EndsWith($": reserve {address}.", AllName(place, shrunk, Reasons.AwaitingMaas, actionRequired: false));

        place.Until(() => place.Region.Reserved.ContainsKey(address));
        place.Until(() => place.Status(cluster).Conditions.All(one => one.Status is ConditionStatus.True));
        Assert.Equal(1, Count(place, ActKind.Reserve));
    }

    [Fact]
    public void A_DNS_record_that_MAAS_does_not_remove_holds_up_no_machine_of_a_deletion_and_the_deletion_ends_after_it()
    {
        using var place = new EngineInWorld(machines: 4).Start();
        var cluster = Running(place, Some.Cluster(controlPlanes: 1, workers: 1, endpoint: Dns));
        Hold(place, call => call.Is(ActKind.RemoveDns));

        var deleted = cluster.Deleted(place.Time.Now);
        place.Want(deleted);
        place.Until(() => place.Script.Acts.Count(act => act.Kind is ActKind.Release) is 2, TimeSpan.FromMinutes(1));
        Assert.NotEmpty(place.Region.Dns);
        place.Pass(TimeSpan.FromSeconds(10));
        Assert.EndsWith(
            ": remove the DNS record demo-api.dc1.example.",
            AllName(place, deleted, Reasons.AwaitingMaas, actionRequired: false)
        );

        place.Until(() => place.Is(cluster, ClusterPhase.Deleted));
        Assert.Empty(place.Region.Dns);
        Assert.Equal(1, Count(place, ActKind.RemoveDns));
    }

    [Fact]
    public void An_address_whose_reservation_hangs_is_taken_when_the_answer_comes_and_machines_are_allocated_meanwhile()
    {
        using var place = new EngineInWorld(machines: 4);
        Hold(place, call => call.Is(ActKind.Reserve));
        var cluster = Some.Cluster(controlPlanes: 1, workers: 1);
        place.Want(cluster);
        place.Start();

        place.Until(() => place.Script.Acts.Count(act => act.Kind is ActKind.Allocate) is 2, Soon);
        AllName(place, cluster, Reasons.AwaitingMaas, actionRequired: false);
        Assert.DoesNotContain(place.Script.Acts, act => act.Kind is ActKind.Deploy);
        place.Until(() => place.Is(cluster, ClusterPhase.Running));

        Assert.Equal(1, Count(place, ActKind.Reserve));
        Assert.Single(place.Region.Reserved);
    }

    [Fact]
    public void Nothing_is_taken_before_the_place_of_the_endpoint_is_known_and_that_is_said()
    {
        using var place = new EngineInWorld(machines: 4);
        Hold(place, call => call.Operation is nameof(IRegion.DescribeEndpointAsync));
        var cluster = Some.Cluster(endpoint: Dns);
        place.Want(cluster);
        place.Start();

        place.Until(cluster, status => status.Conditions.Any(one => one.Reason is Reasons.AwaitingMaas), Soon);
        Assert.Empty(place.Script.Acts);
        var message = place.Status(cluster).Conditions.First(one => one.Reason is Reasons.AwaitingMaas).Message;
        Assert.Equal(message, Assert.Throws<RegionException>(() => Plan(place, cluster)).Message);
        IsExplained(place, cluster, Reasons.AwaitingMaas, message, actionRequired: false);
        Assert.Equal(1, place.Script.Calls.Count(call => call.Operation is nameof(IRegion.DescribeEndpointAsync)));

        Release(place);
        place.Until(() => place.Is(cluster, ClusterPhase.Running));
    }

    [Fact]
    public void A_list_of_machines_that_hangs_holds_up_no_cluster_that_MAAS_listed_a_moment_ago()
    {
        using var place = new EngineInWorld(machines: 6).Start();
        var cluster = Running(place, Some.Cluster(controlPlanes: 1, workers: 1));
        Hold(place, call => call.Operation is Listing);
        place.Pass(TimeSpan.FromSeconds(15));

        place.Want(cluster.WithWorkers(3));

        place.Until(cluster, status => status.Machines.Count(machine => machine.State is "Deploying") is 2, Soon);
    }

    [Fact]
    public void A_list_that_hangs_from_the_beginning_is_waited_for_and_named()
    {
        using var place = new EngineInWorld(machines: 3);
        Hold(place, call => call.Operation is Listing);
        var cluster = Some.Cluster(controlPlanes: 1, workers: 1);
        place.Want(cluster);
        place.Start();

        place.Until(cluster, status => status.Conditions.Any(one => one.Reason is Reasons.AwaitingMaas), Soon);
        var message = place.Status(cluster).Conditions.First(one => one.Reason is Reasons.AwaitingMaas).Message;
        Assert.EndsWith(": list its machines.", message, StringComparison.Ordinal);
        IsExplained(place, cluster, Reasons.AwaitingMaas, message, actionRequired: false);
        Assert.Equal(1, place.Script.Calls.Count(call => call.Operation is Listing));

        Release(place);
        place.Until(() => place.Is(cluster, ClusterPhase.Running), TimeSpan.FromMinutes(30));
    }

    [Fact]
    public void Machines_of_which_MAAS_tells_nothing_are_unknown_and_the_cluster_takes_others_meanwhile()
    {
        using var place = new EngineInWorld(machines: 6).Start();
        var cluster = Running(place, Some.Cluster(controlPlanes: 1, workers: 1));
        Hold(place, call => call.Operation is Listing or nameof(IRegion.ReadMachinesAsync));
        place.Pass(TimeSpan.FromSeconds(15));
        var before = place.Script.Acts.Count;
        var shrunk = cluster.WithWorkers(0);

        place.Want(shrunk);
        place.Until(() => place.Script.Calls.Exists(call => call.Operation is nameof(IRegion.ReadMachinesAsync)), Soon);
        place.Pass(TimeSpan.FromSeconds(20));
        Assert.DoesNotContain(place.Script.Acts[before..], act => act.Kind is ActKind.Release or ActKind.PowerOff);
        Assert.EndsWith(
            ": read the machines of the cluster.",
            AllName(place, shrunk, Reasons.AwaitingMaas, actionRequired: false)
        );

        var grown = shrunk.WithWorkers(3);
        place.Want(grown);
        place.Until(() => place.Script.Acts[before..].Count(act => act.Kind is ActKind.Allocate) is 2, Soon);
        Release(place);
        place.Until(cluster, status => status.Progress is 100 && status.ObservedGeneration == grown.Generation);
    }

    [Fact]
    public void A_machine_of_which_MAAS_does_not_tell_whose_it_is_is_left_alone_and_the_others_go_on()
    {
        using var place = new EngineInWorld(machines: 6).Start();
        var cluster = Running(place, Some.Cluster(controlPlanes: 1, workers: 3));
        var doubtful = place.Status(cluster).Machines.Last(machine => machine.Role is PoolRole.Worker).SystemId;
        Hold(place, call => call.Operation is nameof(IRegion.FindByIntentAsync));
        place[doubtful].Annotations.Clear();
        place.Region.Changed(place[doubtful]);
        place.Until(
            () => place.Script.Calls.Exists(call => call.Operation is nameof(IRegion.FindByIntentAsync)),
            TimeSpan.FromMinutes(3)
        );

        var changed = cluster.WithWorkers(3) with { Replace = [doubtful] };
        place.Want(changed);
        place.Pass(Soon);
        Assert.Contains(
            $"find {place[doubtful].Hostname} by ",
            AllName(place, changed, Reasons.AwaitingMaas, actionRequired: false)
        );
        Assert.False(place.Script.Sent(ActKind.Release, doubtful));

        Release(place);
        place.Until(() => place.Script.Sent(ActKind.Release, doubtful));
    }

    [Fact]
    public void Images_that_MAAS_does_not_list_hold_up_what_is_installed_with_them_and_are_named()
    {
        using var place = new EngineInWorld(machines: 4);
        Hold(place, call => call.Operation is nameof(IRegion.ListImagesAsync));
        var cluster = Some.Cluster(controlPlanes: 1, workers: 1);
        place.Want(cluster);
        place.Start();
        place.Pass(Soon);

        var told = AllName(place, cluster, Reasons.AwaitingMaas, actionRequired: false);
        Assert.EndsWith(": list its images.", told, StringComparison.Ordinal);
        Assert.Empty(place.Script.Acts);

        Release(place);
        place.Until(() => place.Is(cluster, ClusterPhase.Running));
        Hold(place, call => call.Operation is nameof(IRegion.ListImagesAsync));
        place.Pass(TimeSpan.FromMinutes(2));
        var before = place.Script.Acts.Count;
        place.Want(cluster.WithWorkers(2));
        place.Until(() => place.Script.Acts[before..].Exists(act => act.Kind is ActKind.Deploy), Soon);
    }

    [Fact]
    public void What_MAAS_keeps_beside_the_machines_is_looked_at_without_holding_anything_up()
    {
        using var place = new EngineInWorld(machines: 6).Start();
        var cluster = Running(place, Some.Cluster(controlPlanes: 1, workers: 1));
        Hold(place, call => call.Operation is nameof(IRegion.ListReservedAsync));
        place.Until(
            () => place.Script.Calls.Exists(call => call.Operation is nameof(IRegion.ListReservedAsync)),
            TimeSpan.FromMinutes(3)
        );
        var before = place.Script.Acts.Count;

        var grown = cluster.WithWorkers(2);
        place.Want(grown);
        place.Until(() => place.Script.Acts[before..].Exists(act => act.Kind is ActKind.Deploy), Soon);
        Assert.EndsWith(
            ": list the reserved addresses.",
            AllName(place, grown, Reasons.AwaitingMaas, actionRequired: false),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void A_machine_that_failed_leaves_though_MAAS_does_not_list_its_events()
    {
        using var place = new EngineInWorld(machines: 4).Start();
        place[M01].FailsToDeploy = true;
        Hold(place, call => call.Operation is nameof(IRegion.ListEventsAsync));
        var cluster = Some.Cluster(controlPlanes: 1, workers: 1);
        place.Want(cluster);

        place.Until(() => place.Script.Calls.Exists(call => call.Operation is nameof(IRegion.ListEventsAsync)));
        place.Until(() => place.Script.Sent(ActKind.Release, M01), Soon);

        var evidence = Assert
            .Single(place.Now(() => place.Engine.ListQuarantineAsync(TestContext.Current.CancellationToken)))
            .Evidence;
        Assert.Contains(evidence, line => line.EndsWith(": list the events of host-m01.", StringComparison.Ordinal));
    }

    [Fact]
    public void A_machine_of_which_MAAS_does_not_tell_who_took_it_is_left_alone_and_holds_up_no_other()
    {
        using var place = new EngineInWorld(machines: 6).Start();
        var cluster = Running(place, Some.Cluster(controlPlanes: 1, workers: 1));
        var taken = place[place.Status(cluster).Machines.Single(machine => machine.Role is PoolRole.Worker).SystemId];
        place.Region.Release(WorldDataCentre.Operator, taken.Id, ErasePolicy.None);
        place.Until(() => taken.Owner is null);
        place.Region.Allocate(WorldDataCentre.Operator, taken.Id, "", "");
        Hold(place, call => call.Operation is "FindAllocationAsync");

        place.Want(cluster.Deleted(place.Time.Now));
        place.Until(() => Count(place, ActKind.Release) is 1, Soon);
        place.Pass(TimeSpan.FromMinutes(1));
        Assert.Contains(place.Script.Calls, call => call.Operation is "FindAllocationAsync");

        Release(place);
        place.Until(() => place.Is(cluster, ClusterPhase.Deleted));
        Assert.DoesNotContain(place.Script.Calls, call => call.Act is { } act && act.Machine == taken.Id);
        Assert.Contains(taken, place.Held);
    }

    private static void Hold(EngineInWorld place, Func<Call, bool> isHeld)
    {
        place.Script.Calls.Clear();
        place.Script.Interfere = call => isHeld(call) ? Fate.Held : Fate.Arrives;
    }

    private static void Release(EngineInWorld place) => place.Script.Interfere = _ => Fate.Arrives;

    private static int Count(EngineInWorld place, ActKind kind) => place.Script.Calls.Count(call => call.Is(kind));
}
