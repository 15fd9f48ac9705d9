using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Engine.Ledger;
using Gantry.Engine.Ports;
using Gantry.Engine.Tests.Support;
using Gantry.Simulator.Ports;
using Gantry.Simulator.World;

namespace Gantry.Engine.Tests;

/// <summary>What MAAS shows as a cluster's counts, whoever owns it there and whatever the ledger has forgotten.</summary>
public sealed class OwnershipTests
{
    private static readonly MaasUser Administrator = new("admin", IsAdmin: true);
    private static readonly MaasUser Service = new("service", IsAdmin: false);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void With_a_key_of_another_user_nothing_counts_as_given_back_until_the_right_one_returns(bool isAdmin)
    {
        using var place = new EngineInWorld(machines: 4).Start();
        var cluster = Running(place, workers: 1);
        var acts = Acts(place);

        place.ChangeKey(isAdmin ? Administrator : Service);
        place.Want(cluster.Deleted(place.Time.Now));
        place.Pass(TimeSpan.FromMinutes(10));

        Assert.Equal(acts, Acts(place));
        Assert.Equal(2, place.Held.Count());
        Assert.Equal(ClusterPhase.Deleting, place.Status(cluster).Phase);
        var condition = Assert.Single(place.Status(cluster).Conditions, one => one.Reason is Reasons.OtherMaasUser);
        Assert.Equal("MaasReachable", condition.Type);
        Assert.Contains("user gantry at", condition.Message, StringComparison.Ordinal);

        place.ChangeKey(WorldDataCentre.Operator);
        place.Until(() => place.Is(cluster, ClusterPhase.Deleted));

        Assert.Empty(place.Held);
        Assert.Empty(place.Region.Reserved);
    }

    [Fact]
    public void A_plan_says_what_the_status_says_of_a_key_of_another_user()
    {
        using var place = new EngineInWorld(machines: 4).Start();
        var cluster = Running(place, workers: 1);

        place.ChangeKey(Administrator);
        var grown = cluster.WithWorkers(2);
        place.Want(grown);
        place.Until(cluster, status => status.Conditions.Any(one => one.Reason is Reasons.OtherMaasUser));

        var said = place.Status(cluster).Message;
        Assert.Equal(said, Assert.Throws<RegionException>(() => place.Now(() => place.Engine.PlanAsync(grown, default))).Message);
        Assert.Equal(
            said,
            Assert.Throws<RegionException>(() => place.Now(() => place.Engine.WhyNotAsync(grown, default))).Message
        );
        Assert.Equal(2, place.Held.Count());
    }

    [Fact]
    public void What_MAAS_has_transferred_to_the_new_user_goes_on()
    {
        using var place = new EngineInWorld(machines: 4).Start();
        var cluster = Running(place, workers: 1);

        place.Region.Transfer(WorldDataCentre.Operator.Name, Service.Name);
        place.ChangeKey(Service);
        var grown = cluster.WithWorkers(2);
        place.Want(grown);
        place.Until(cluster, status => status is { Progress: 100, ObservedGeneration: 2 });

        Assert.Equal(3, place.Held.Count(machine => machine.Owner == Service.Name));
        Assert.Contains(place.Events, happened => happened.Reason is Reasons.OtherMaasUser);
    }

    [Fact]
    public void A_machine_that_MAAS_hides_from_the_accounts_user_is_not_forgotten()
    {
        using var place = new EngineInWorld(machines: 4).Start();
        place.ChangeKey(Service);
        var cluster = Running(place, workers: 1);

        // The new user's key comes to the account ten minutes after the machines.
        place.Region.Transfer(Service.Name, WorldDataCentre.Operator.Name);
        place.Pass(TimeSpan.FromMinutes(10));

        Assert.Equal(2, place.Status(cluster).Machines.Count);

        place.ChangeKey(WorldDataCentre.Operator);
        place.Pass(TimeSpan.FromMinutes(10));

        Assert.Equal(2, place.Status(cluster).Machines.Count);
        Assert.Equal(2, place.Held.Count());
        Assert.DoesNotContain(place.Events, happened => happened.Reason is nameof(MachineState.Released));
    }

    [Fact]
    public void A_machine_that_MAAS_has_transferred_counts_by_the_intent_of_its_allocation_where_its_mark_was_lost()
    {
        using var place = new EngineInWorld(machines: 4).Start();
        place.ChangeKey(Service);
        place.Script.Interfere = call =>
            call.Act is { Kind: ActKind.Annotate } || place.Held.Any() ? Fate.Unavailable : Fate.Arrives;
        var cluster = Some.Cluster(1, 1);
        place.Want(cluster);
        place.Until(() => place.Script.Sent(ActKind.Annotate));
        Assert.Null(MachineMark.Read(Assert.Single(place.Held).Annotations));

        place.Region.Transfer(Service.Name, WorldDataCentre.Operator.Name);
        place.ChangeKey(WorldDataCentre.Operator);
        place.Script.Interfere = _ => Fate.Arrives;
        place.Until(() => place.Is(cluster, ClusterPhase.Running));

        Assert.Equal(2, place.Held.Count(machine => machine.Owner == WorldDataCentre.Operator.Name));
    }

    [Theory]
    [InlineData(Fate.Unavailable, true, true)]
    [InlineData(Fate.AnswerLost, true, false)]
    [InlineData(Fate.AnswerLost, false, false)]
    public void A_cluster_goes_on_with_another_users_key_only_where_the_former_user_got_nothing(
        Fate fate,
        bool isAdmin,
        bool goesOn
    )
    {
        using var place = new EngineInWorld(machines: 4).Start();
        place.ChangeKey(Service);
        place.Script.Interfere = call => call.Act is { Kind: ActKind.Allocate } ? fate : Fate.Arrives;
        var cluster = Some.Cluster(1, 1, endpoint: new EndpointChoice.MaasDns(DnsName.Parse("dc1.example")));
        place.Want(cluster);
        place.Until(() => place.Script.Sent(ActKind.Allocate));
        place.Pass(TimeSpan.FromSeconds(1));

        // What has begun with the former key goes on with it for one run.
        place.ChangeKey(isAdmin ? Administrator : WorldDataCentre.Operator);
        place.Pass(TimeSpan.FromMinutes(1));
        var acts = Acts(place);
        place.Script.Interfere = _ => Fate.Arrives;
        place.Pass(TimeSpan.FromHours(1));

        Assert.Equal(goesOn, place.Is(cluster, ClusterPhase.Running));
        Assert.Equal(goesOn, !place.Status(cluster).Conditions.Any(one => one.Reason is Reasons.OtherMaasUser));
        Assert.Equal(goesOn, Acts(place) > acts);
    }

    [Fact]
    public void A_machine_that_somebody_else_has_taken_since_is_not_the_clusters()
    {
        using var place = new EngineInWorld(machines: 4).Start();
        var cluster = Running(place, workers: 1);
        var worker = Worker(place, cluster);

        // A person releases it and takes it at once.
        place.Region.Release(Administrator, worker, ErasePolicy.None);
        place.Pass(TimeSpan.FromMinutes(1));
        place.Region.Allocate(Administrator, worker, "by hand");
        place.Until(cluster, status => status.Machines.All(machine => machine.SystemId != worker));

        place.Until(cluster, status => status is { Progress: 100, Health: Health.Healthy });
        Assert.Equal(Administrator.Name, place[worker].Owner);
    }

    [Fact]
    public void A_ledger_from_before_a_scale_up_changes_nothing_and_names_the_machines_it_does_not_know()
    {
        using var place = new EngineInWorld(machines: 6).Start();
        var cluster = Running(place, workers: 1);
        var backup = ((MemoryLedger)place.Ledger).Copy();
        var known = Machines(place, cluster);
        var grown = cluster.WithWorkers(3);
        place.Want(grown);
        place.Until(cluster, status => status is { Progress: 100, ObservedGeneration: 2 });
        string[] forgotten = [.. Machines(place, cluster).Except(known).Select(machine => place[machine].Hostname).Order()];
        var acts = Acts(place);

        Restore(place, backup);
        place.Pass(TimeSpan.FromMinutes(30));

        Assert.Equal(acts, Acts(place));
        var condition = Assert.Single(place.Status(cluster).Conditions, one => one.Reason is Reasons.LedgerOutdated);
        Assert.Contains(string.Join(", ", forgotten), condition.Message, StringComparison.Ordinal);
        var said = Assert.Throws<RegionException>(() => place.Now(() => place.Engine.PlanAsync(grown, default))).Message;
        Assert.Equal(condition.Message, said);
    }

    [Fact]
    public void A_person_adopts_the_machines_and_the_cluster_goes_on_with_all_of_them()
    {
        using var place = new EngineInWorld(machines: 6).Start();
        var cluster = Running(place, workers: 1);
        var backup = ((MemoryLedger)place.Ledger).Copy();
        var grown = cluster.WithWorkers(3);
        place.Want(grown);
        place.Until(cluster, status => status is { Progress: 100, ObservedGeneration: 2 });
        var held = Machines(place, cluster);
        Restore(place, backup);
        place.Until(cluster, status => status.Conditions.Any(one => one.Reason is Reasons.LedgerOutdated));

        var adopted = place.Now(() => place.Engine.AdoptAsync(grown, default));
        place.Until(cluster, status => status is { Progress: 100, Health: Health.Healthy });

        Assert.Equal(2, adopted.Count);
        Assert.Equal(held.ToHashSet(), Machines(place, cluster).ToHashSet());
        Assert.Equal(4, place.Held.Count());
        place.Want(grown.Deleted(place.Time.Now));
        place.Until(() => place.Is(cluster, ClusterPhase.Deleted));
        Assert.Empty(place.Held);
    }

    [Fact]
    public void A_ledger_from_before_the_cluster_moved_to_another_user_and_to_other_machines_is_told_and_adopted()
    {
        using var place = new EngineInWorld(machines: 6).Start();
        place.ChangeKey(Service);
        var cluster = Running(place, workers: 1);
        var backup = ((MemoryLedger)place.Ledger).Copy();
        var former = Machines(place, cluster);
        place.Region.Transfer(Service.Name, WorldDataCentre.Operator.Name);
        place.ChangeKey(WorldDataCentre.Operator);
        var rolled = cluster with { Generation = 2, Replace = [.. former] };
        place.Want(rolled);
        place.Until(() => place.Is(cluster, ClusterPhase.Running) && !Machines(place, cluster).Intersect(former).Any());
        var held = Machines(place, cluster);

        Restore(place, backup);
        place.Until(cluster, status => status.Conditions.Any(one => one.Reason is Reasons.LedgerOutdated));
        Assert.Equal(2, place.Held.Count());
        place.Now(() => place.Engine.AdoptAsync(rolled, default));
        place.Until(cluster, status => status is { Progress: 100, Health: Health.Healthy });

        Assert.Equal(held.ToHashSet(), Machines(place, cluster).ToHashSet());
        Assert.Equal(2, place.Held.Count(machine => machine.Owner == WorldDataCentre.Operator.Name));
    }

    [Fact]
    public void An_adopted_machine_that_was_installed_for_an_earlier_wish_is_replaced()
    {
        using var place = new EngineInWorld(machines: 6).Start();
        var cluster = Running(place, workers: 1);
        var backup = ((MemoryLedger)place.Ledger).Copy();
        var grown = cluster.WithWorkers(2);
        place.Want(grown);
        place.Until(cluster, status => status is { Progress: 100, ObservedGeneration: 2 });
        Restore(place, backup);
        place.Until(cluster, status => status.Conditions.Any(one => one.Reason is Reasons.LedgerOutdated));
        var upgraded = grown.WithVersion("1.34.1") with { Generation = 3 };
        place.Want(upgraded);

        place.Now(() => place.Engine.AdoptAsync(upgraded, default));
        place.Until(() =>
            place.Inside(cluster).Nodes.Values.All(node => $"{node.Version}" is "1.34.1")
            && place.Status(cluster) is { Progress: 100, Health: Health.Healthy, Machines.Count: 3 }
        );
    }

    [Fact]
    public void A_machine_of_which_nobody_knows_how_it_was_installed_is_replaced_once_it_is_adopted()
    {
        using var place = new EngineInWorld(machines: 6).Start();
        var cluster = Running(place, workers: 1);
        var backup = ((MemoryLedger)place.Ledger).Copy();
        var known = Machines(place, cluster);
        var grown = cluster.WithWorkers(2);
        place.Want(grown);
        place.Until(cluster, status => status is { Progress: 100, ObservedGeneration: 2 });
        var unknown = Assert.Single(Machines(place, cluster).Except(known));
        Restore(place, backup);
        place[unknown].Annotations.Remove("gantry-installed");
        place.Region.Changed(place[unknown]);

        place.Now(() => place.Engine.AdoptAsync(grown, default));
        place.Until(cluster, status => status is { Progress: 100, Health: Health.Healthy } && status.Machines.Count is 3);
        place.Until(cluster, status => status.Machines.All(machine => machine.SystemId != unknown));

        place.Until(cluster, status => status is { Progress: 100, Health: Health.Healthy });
        Assert.Contains(place.Events, happened => happened.Message.Contains("settings not known", StringComparison.Ordinal));
    }

    [Fact]
    public void A_node_that_Gantry_cordoned_for_a_removal_that_the_ledger_has_forgotten_is_uncordoned_and_a_persons_is_not()
    {
        using var place = new EngineInWorld(machines: 4).Start();
        var cluster = Running(place, workers: 2);
        var backup = ((MemoryLedger)place.Ledger).Copy();
        place.Script.Interfere = call => call.Is(ActKind.Drain) ? Fate.Unavailable : Fate.Arrives;
        place.Want(cluster.WithWorkers(1));
        place.Until(() => place.Inside(cluster).Nodes.Values.Any(node => node.Unschedulable));
        var byHand = place.Inside(cluster).Nodes.Values.First(node => node is { ControlPlane: false, Unschedulable: false });
        byHand.Cordon(true, marked: false);

        place.Script.Interfere = _ => Fate.Arrives;
        Restore(place, backup);
        place.Want(cluster with { Generation = 3 });
        place.Until(cluster, status => status is { Progress: 100, ObservedGeneration: 3, Health: Health.Healthy });
        place.Pass(TimeSpan.FromMinutes(10));

        Assert.Equal(
            [byHand.Name],
            place.Inside(cluster).Nodes.Values.Where(node => node.Unschedulable).Select(node => node.Name)
        );
        Assert.Equal(3, place.Held.Count());
    }

    [Fact]
    public void A_ledger_from_before_a_cluster_ran_stops_it_and_it_goes_on_with_its_nodes_when_a_person_adopts_them()
    {
        using var place = new EngineInWorld(machines: 6).Start();
        var cluster = Some.Cluster(1, 3);
        place.Want(cluster);
        place.Until(cluster, status => status.Machines.Count(machine => machine.State is "Deploying") is 4);
        var backup = ((MemoryLedger)place.Ledger).Copy();
        place.Until(() => place.Is(cluster, ClusterPhase.Running));
        var held = Machines(place, cluster);
        var acts = Acts(place);
        var shrunk = cluster.WithWorkers(1);

        Restore(place, backup);
        place.Want(shrunk);
        place.Pass(TimeSpan.FromMinutes(30));

        Assert.Equal(acts, Acts(place));
        var condition = Assert.Single(place.Status(cluster).Conditions, one => one.Reason is Reasons.LedgerOutdated);
        Assert.Contains("joined this cluster", condition.Message, StringComparison.Ordinal);
        Assert.Equal(4, place.Now(() => place.Engine.AdoptAsync(shrunk, default)).Count);
        place.Until(cluster, status => status is { Progress: 100, Health: Health.Healthy, Machines.Count: 2 });
        Assert.Empty(Machines(place, cluster).Except(held));
        Assert.Equal(2, place.Inside(cluster).Nodes.Count);
    }

    [Fact]
    public void A_ledger_that_the_console_knows_to_be_from_before_a_cluster_ran_stops_it_though_MAAS_shows_no_mark_of_it()
    {
        using var place = new EngineInWorld(machines: 6).Start();
        var cluster = Some.Cluster(1, 1);
        place.Want(cluster);
        place.Until(cluster, status => status.Machines.Count(machine => machine.State is "Deploying") is 2);
        var backup = ((MemoryLedger)place.Ledger).Copy();
        place.Until(() => place.Is(cluster, ClusterPhase.Running));
        place.LastReports[cluster.Id] = new Observation<ClusterStatus>.Present(place.Status(cluster));
        var acts = Acts(place);
        place.Stop();
        foreach (var machine in place.Held)
        {
            machine.Annotations.Remove("gantry-installed");
            place.Region.Changed(machine);
        }

        Restore(place, backup);
        place.Pass(TimeSpan.FromMinutes(30));

        Assert.Equal(acts, Acts(place));
        Assert.Contains(place.Status(cluster).Conditions, one => one.Reason is Reasons.LedgerOutdated);
        Assert.Equal((ClusterPhase.Running, 2), (place.Status(cluster).Phase, place.Status(cluster).Machines.Count));
    }

    [Fact]
    public void What_the_console_remembers_of_a_cluster_of_a_lost_ledger_outlives_a_MAAS_that_is_away_and_another_users_key()
    {
        using var place = new EngineInWorld(machines: 6).Start();
        var cluster = Running(place, workers: 1);
        place.EachStatus = status => place.LastReports[status.Id] = new Observation<ClusterStatus>.Present(status);
        var told = place.Status(cluster);
        place.LastReports[cluster.Id] = new Observation<ClusterStatus>.Present(told);
        var acts = Acts(place);

        Restore(place, new MemoryLedger("second00"));
        place.Script.Interfere = call => call.Peer is Peer.Maas ? Fate.Partitioned : Fate.Arrives;
        place.Pass(TimeSpan.FromMinutes(30));
        place.ChangeKey(Service);
        place.Script.Interfere = _ => Fate.Arrives;
        Restore(place, place.Ledger);
        place.Pass(TimeSpan.FromHours(1));

        Assert.Equal(acts, Acts(place));
        Assert.Equal(told.Machines, place.Status(cluster).Machines);
        Assert.Equal(told.Endpoint, place.Status(cluster).Endpoint);
    }

    [Fact]
    public void An_older_record_lets_go_of_a_machine_that_another_cluster_has_been_given_since()
    {
        using var place = new EngineInWorld(machines: 3).Start();
        var first = Some.Cluster(1, 1);
        place.Want(first);
        place.Until(() => place.Is(first, ClusterPhase.Running));
        var backup = ((MemoryLedger)place.Ledger).Copy();
        place.Want(first = first.WithWorkers(0));
        place.Until(first, status => status is { Progress: 100, Machines.Count: 1 });
        var second = Some.Cluster(1, 1, name: "second") with { CreatedAt = first.CreatedAt.AddMinutes(1) };
        place.Want(second);
        place.Until(() => place.Is(second, ClusterPhase.Running));
        place.LastReports[second.Id] = new Observation<ClusterStatus>.Present(place.Status(second));

        Restore(place, backup);
        place.Pass(TimeSpan.FromMinutes(5));
        place.Want(second.Deleted(place.Time.Now));
        place.Until(() => place.Is(second, ClusterPhase.Deleted));

        Assert.Single(place.Held);
        place.Until(first, status => status is { Progress: 100, Health: Health.Healthy, Machines.Count: 1 });
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_older_record_lets_go_of_a_machine_that_another_cluster_has_been_given_since_without_a_mark(bool isDeleted)
    {
        using var place = new EngineInWorld(machines: 2).Start();
        var (first, second, backup) = TakenOver(place);
        var untold = Unmarked(place, second);
        place.LastReports[second.Id] = new Observation<ClusterStatus>.Present(place.Status(second));

        place.Stop();
        if (isDeleted)
        {
            place.Want(second.Deleted(place.Time.Now));
        }

        Restore(place, backup);
        if (isDeleted)
        {
            place.Until(() => place.Is(second, ClusterPhase.Deleted));
            Assert.DoesNotContain(untold, place.Held);
            return;
        }

        place.Until(second, status => status.Conditions.Any(one => one.Reason is Reasons.LedgerOutdated));
        place.Until(first, status => status.Machines.All(machine => machine.SystemId != untold.Id));
        var acts = Acts(place);
        place.Pass(TimeSpan.FromHours(1));
        Assert.Equal(acts, Acts(place));
        Assert.Contains(untold, place.Held);
        Assert.Contains(place.Status(second).Conditions, one => one.Reason is Reasons.LedgerOutdated);
    }

    [Fact]
    public void A_machine_that_only_the_older_record_of_another_cluster_names_does_not_count_as_given_back()
    {
        using var place = new EngineInWorld(machines: 2).Start();
        var (_, second, backup) = TakenOver(place);
        var untold = Unmarked(place, second);
        place.LastReports[second.Id] = new Observation<ClusterStatus>.Present(place.Status(second));
        place.Stop();
        untold.AllocationComment = "";
        place.Script.Interfere = call => call.Act is { Kind: ActKind.Release } ? Fate.Unavailable : Fate.Arrives;
        place.Want(second.Deleted(place.Time.Now));

        Restore(place, backup);
        place.Pass(TimeSpan.FromMinutes(30));

        Assert.Contains(untold, place.Held);
        Assert.False(place.Is(second, ClusterPhase.Deleted));
        Assert.Contains(untold.Hostname, place.Status(second).Message, StringComparison.Ordinal);

        place.Region.Release(WorldDataCentre.Operator, untold.Id, ErasePolicy.None);
        place.Until(() => place.Is(second, ClusterPhase.Deleted));
    }

    [Theory]
    [InlineData(MachineState.Ready, false)]
    [InlineData(MachineState.Ready, true)]
    [InlineData(MachineState.Deploying, false)]
    [InlineData(MachineState.Deploying, true)]
    public void A_machine_that_a_person_gave_back_and_took_again_at_once_is_left_alone(MachineState state, bool isDeleted)
    {
        using var place = new EngineInWorld(machines: 4).Start();
        var cluster = Some.Cluster(1, 1);
        place.Want(cluster);
        place.Until(
            cluster,
            status => status.Machines.Any(machine => machine.Role is PoolRole.Worker && machine.State == state.ToString())
        );
        var taken = place[Worker(place, cluster)];
        place.Region.Release(WorldDataCentre.Operator, taken.Id, ErasePolicy.None);
        place.Until(() => taken.Owner is null);
        place.Region.Allocate(WorldDataCentre.Operator, taken.Id, "", "");
        place.Script.Calls.Clear();

        if (isDeleted)
        {
            place.Want(cluster.Deleted(place.Time.Now));
            place.Until(() => place.Is(cluster, ClusterPhase.Deleted));
        }
        else
        {
            place.Until(
                cluster,
                status =>
                    status is { Progress: 100, Health: Health.Healthy, Machines.Count: 2 }
                    && status.Machines.All(machine => machine.SystemId != taken.Id)
            );
        }

        Assert.Contains(taken, place.Held);
        Assert.DoesNotContain(
            place.Script.Calls,
            call => call.Act is { Kind: not ActKind.Annotate } act && act.Machine == taken.Id
        );
    }

    [Fact]
    public void A_machine_that_the_record_names_and_whose_mark_is_missing_does_not_hold_up_the_deletion()
    {
        using var place = new EngineInWorld(machines: 1).Start();
        var cluster = Some.Cluster(1, 0);
        var untold = Unmarked(place, cluster);
        var told = place.Status(cluster) with { Phase = ClusterPhase.Running };
        Assert.Contains(told.Machines, machine => machine.SystemId == untold.Id);
        place.LastReports[cluster.Id] = new Observation<ClusterStatus>.Present(told);

        place.Stop();
        place.Want(cluster.Deleted(place.Time.Now));
        place.Start();
        place.Until(() => place.Is(cluster, ClusterPhase.Deleted));

        Assert.Empty(place.Held);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_address_that_another_cluster_has_been_given_since_stays_with_it(bool isDnsRecord)
    {
        using var place = new EngineInWorld(machines: 1).Start();
        EndpointChoice? endpoint = isDnsRecord ? new EndpointChoice.MaasDns(DnsName.Parse("dc1.example")) : null;
        var first = Some.Cluster(1, 0, endpoint: endpoint);
        place.Want(first);
        place.Until(() => place.Is(first, ClusterPhase.Running));
        var host = place.Status(first).Endpoint!.Host;
        var backup = ((MemoryLedger)place.Ledger).Copy();
        place.Want(first.Deleted(place.Time.Now));
        place.Until(() => place.Is(first, ClusterPhase.Deleted));
        var second = first with { Id = new ClusterId("id-again"), CreatedAt = first.CreatedAt.AddMinutes(1) };
        place.Want(second);
        place.Until(() => place.Is(second, ClusterPhase.Running));
        Assert.Equal(host, place.Status(second).Endpoint!.Host);

        place.Statuses.Remove(first.Id);
        Restore(place, backup);
        place.Until(() => place.Is(first, ClusterPhase.Deleted));
        place.Pass(TimeSpan.FromMinutes(30));

        Assert.Single(place.Held);
        Assert.True(isDnsRecord ? place.Region.FindDns(host) is not null : place.Region.Reserved.ContainsKey(host));
        place.Want(second.Deleted(place.Time.Now));
        place.Until(() => place.Is(second, ClusterPhase.Deleted));
        Assert.False(isDnsRecord ? place.Region.FindDns(host) is not null : place.Region.Reserved.ContainsKey(host));
    }

    [Fact]
    public void A_machine_that_a_cluster_has_taken_again_without_a_mark_is_not_the_one_that_its_older_record_names()
    {
        using var place = new EngineInWorld(machines: 2).Start();
        var cluster = Running(place, workers: 1);
        var backup = ((MemoryLedger)place.Ledger).Copy();
        place.Want(cluster.WithWorkers(0));
        place.Until(cluster, status => status is { Progress: 100, Machines.Count: 1 });
        var grown = cluster with { Generation = 3 };
        var untold = Unmarked(place, grown);
        var acts = Acts(place);

        Restore(place, backup);
        place.Pass(TimeSpan.FromMinutes(30));

        Assert.Equal(acts, Acts(place));
        Assert.Contains(place.Status(cluster).Conditions, one => one.Reason is Reasons.LedgerOutdated);
        Assert.Contains(untold.Hostname, place.Status(cluster).Message, StringComparison.Ordinal);
        place.Now(() => place.Engine.AdoptAsync(grown, default));
        place.Until(cluster, status => status is { Progress: 100, Health: Health.Healthy, Machines.Count: 2 });
    }

    [Fact]
    public void A_control_plane_that_left_etcd_after_the_ledger_was_saved_is_named_and_replaced_when_a_person_asks()
    {
        using var place = new EngineInWorld(machines: 4).Start();
        var cluster = Some.Cluster(3, 0);
        place.Want(cluster);
        place.Until(() => place.Is(cluster, ClusterPhase.Running));
        var backup = ((MemoryLedger)place.Ledger).Copy();
        place.Script.Interfere = call =>
            call.Act is { Kind: ActKind.DeleteNode or ActKind.Release } ? Fate.Unavailable : Fate.Arrives;
        place.Want(cluster.WithControlPlanes(1) with { Generation = 2 });
        place.Until(() => place.Inside(cluster).Etcd.Count is 2);
        var asked = cluster with { Generation = 3 };

        place.Stop();
        place.Want(asked);
        Restore(place, backup);
        place.Script.Interfere = _ => Fate.Arrives;
        place.Until(cluster, status => status.Conditions.Any(one => one.Reason is Reasons.EtcdMemberMissing));
        var said = place.Status(cluster).Conditions.Single(one => one.Reason is Reasons.EtcdMemberMissing).Message;
        var named = place
            .Status(cluster)
            .Machines.Single(machine => said.StartsWith($"{machine.Hostname} ", StringComparison.Ordinal));
        place.Want(asked with { Generation = 4, Replace = [named.SystemId] });
        place.Until(() => place.Inside(cluster).Etcd.Count(member => member.Voting) is 3);

        place.Until(cluster, status => status is { Progress: 100, Health: Health.Healthy, Machines.Count: 3 });
        Assert.DoesNotContain(place.Held, machine => machine.Id == named.SystemId);
    }

    [Fact]
    public void A_cluster_of_a_lost_ledger_is_not_built_a_second_time()
    {
        using var place = new EngineInWorld(machines: 6).Start();
        var cluster = Running(place, workers: 1);
        place.LastReports[cluster.Id] = new Observation<ClusterStatus>.Present(place.Status(cluster));
        var acts = Acts(place);

        Restore(place, new MemoryLedger("second00"));
        place.Pass(TimeSpan.FromHours(1));
        place.Start();
        place.Pass(TimeSpan.FromHours(1));

        Assert.Equal(acts, Acts(place));
        Assert.Equal(ClusterPhase.Running, place.Status(cluster).Phase);
        Assert.Equal(Health.Unknown, place.Status(cluster).Health);
        Assert.Contains(place.Status(cluster).Conditions, one => one.Reason is Reasons.LedgerOutdated);
        var refused = Assert.Throws<RegionException>(() => place.Now(() => place.Engine.AdoptAsync(cluster, default)));
        Assert.Contains("no keys of the cluster", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_cluster_of_a_lost_ledger_is_not_built_a_second_time_though_MAAS_shows_no_mark_of_it()
    {
        using var place = new EngineInWorld(machines: 6).Start();
        var cluster = Running(place, workers: 1);
        place.LastReports[cluster.Id] = new Observation<ClusterStatus>.Present(place.Status(cluster));
        foreach (var machine in place.Held)
        {
            machine.Annotations.Clear();
            machine.AllocationComment = "";
            place.Region.Changed(machine);
        }

        Restore(place, new MemoryLedger("second00"));
        place.Pass(TimeSpan.FromMinutes(30));
        place.Want(cluster.Deleted(place.Time.Now));
        place.Pass(TimeSpan.FromMinutes(30));

        Assert.Equal(2, place.Held.Count());
        Assert.Contains(place.Status(cluster).Conditions, one => one.Reason is Reasons.LedgerOutdated);
        foreach (var machine in place.Held.ToList())
        {
            place.Region.Release(WorldDataCentre.Operator, machine.Id, ErasePolicy.None);
        }

        place.Until(() => place.Is(cluster, ClusterPhase.Deleted));
        Assert.Empty(place.Region.Reserved);
    }

    [Fact]
    public void Deleting_a_cluster_of_a_lost_ledger_gives_back_what_carries_its_mark_and_its_address()
    {
        using var place = new EngineInWorld(machines: 6).Start();
        var cluster = Running(place, workers: 2);
        var other = Some.Cluster(1, 0, name: "other") with { CreatedAt = cluster.CreatedAt.AddMinutes(1) };
        place.Want(other);
        place.Until(() => place.Is(other, ClusterPhase.Running));
        place.LastReports[cluster.Id] = new Observation<ClusterStatus>.Present(place.Status(cluster));
        place.LastReports[other.Id] = new Observation<ClusterStatus>.Present(place.Status(other));

        Restore(place, new MemoryLedger("second00"));
        place.Pass(TimeSpan.FromMinutes(1));
        place.Want(cluster.Deleted(place.Time.Now));
        place.Until(() => place.Is(cluster, ClusterPhase.Deleted));

        Assert.Single(place.Held);
        Assert.Single(place.Region.Reserved);
        Assert.Equal(ClusterPhase.Running, place.Status(other).Phase);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_DNS_record_that_nobody_was_told_of_goes_with_its_cluster_unless_it_points_to_others(bool toOthers)
    {
        const string name = "demo-api.dc1.example";
        using var place = new EngineInWorld(machines: 2).Start();
        var cluster = Some.Cluster(1, 0, endpoint: new EndpointChoice.MaasDns(DnsName.Parse("dc1.example")));
        place.Want(cluster);
        place.Until(() => place.Held.Any());
        Assert.NotNull(place.Region.FindDns(name));
        if (toOthers)
        {
            place.Region.RecordDns(name, ["192.0.2.7"]);
        }

        Restore(place, new MemoryLedger("second00"));
        place.Want(cluster.Deleted(place.Time.Now));
        place.Until(() => place.Is(cluster, ClusterPhase.Deleted));

        Assert.Empty(place.Held);
        Assert.Equal(toOthers, place.Region.FindDns(name) is not null);
    }

    [Fact]
    public void A_machine_whose_release_was_refused_for_its_BMC_is_given_back_though_the_ledger_is_lost_meanwhile()
    {
        using var place = new EngineInWorld(machines: 2).Start();
        var cluster = Running(place, workers: 1);
        var stuck = place.Held.First(machine => machine.Id != place.Status(cluster).Machines[0].SystemId).Id;
        place[stuck].PowerAnswer = "error";
        var deleted = cluster.Deleted(place.Time.Now);
        place.Want(deleted);
        place.Until(() => place.Held.Select(machine => machine.Id).SequenceEqual([stuck]));

        // MAAS has taken the name of the allocation away and refused to go on; the console has been told of the machine.
        var told = place.Status(cluster);
        Restore(place, new MemoryLedger("second00"));
        place.LastReports[cluster.Id] = new Observation<ClusterStatus>.Present(told);
        place.Want(deleted with { Generation = 3 });
        place.Pass(TimeSpan.FromMinutes(10));
        Assert.False(place.Is(cluster, ClusterPhase.Deleted));

        place[stuck].PowerAnswer = null;
        place.Until(() => place.Is(cluster, ClusterPhase.Deleted));
        Assert.Empty(place.Held);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_machine_whose_release_was_refused_for_its_BMC_is_found_though_an_older_ledger_knows_its_cluster(bool isDeleted)
    {
        using var place = new EngineInWorld(machines: 4).Start();
        var cluster = Running(place, workers: 0);
        var backup = ((MemoryLedger)place.Ledger).Copy();
        var (shrunk, stuck) = ShrunkWithDeadBmc(place, cluster);

        Restore(place, backup);
        place.Want(shrunk);
        place.Until(cluster, status => status.Conditions.Any(one => one.Reason is Reasons.LedgerOutdated));
        Assert.Contains(stuck.Hostname, place.Status(cluster).Message, StringComparison.Ordinal);

        stuck.PowerAnswer = null;
        if (isDeleted)
        {
            place.Want(shrunk.Deleted(place.Time.Now));
            place.Until(() => place.Is(cluster, ClusterPhase.Deleted));
            Assert.Empty(place.Held);
            return;
        }

        Assert.Equal([stuck.Hostname], place.Now(() => place.Engine.AdoptAsync(shrunk, default)));
        place.Until(cluster, status => status is { Progress: 100, Health: Health.Healthy, Machines.Count: 1 });
        place.Until(() => place.Held.Count() is 1);
    }

    [Fact]
    public void A_run_takes_no_further_machine_once_the_account_has_another_key()
    {
        using var place = new EngineInWorld(machines: 6);
        place.Script.Interfere = call =>
            call.Is(ActKind.Allocate) && place.Held.Count() is 1 && place.User != Service ? Fate.Lost : Fate.Arrives;
        var cluster = Some.Cluster(controlPlanes: 3, workers: 2);
        place.Want(cluster);
        place.Start();
        place.Until(() => place.Script.Calls.Count(call => call.Is(ActKind.Allocate)) is 2);
        place.Region.Transfer(WorldDataCentre.Operator.Name, Service.Name);
        place.ChangeKey(Service);

        place.Until(() => place.Is(cluster, ClusterPhase.Running));

        Assert.Equal(5, place.Held.Count());
        Assert.All(place.Held, machine => Assert.Equal(Service.Name, machine.Owner));
    }

    [Fact]
    public void A_mark_that_was_written_late_on_a_machine_that_somebody_else_has_taken_stops_nothing()
    {
        using var place = new EngineInWorld(machines: 4).Start();
        var cluster = Running(place, workers: 0);
        var (shrunk, machine) = ShrunkWithDeadBmc(place, cluster);
        var mark = machine.Annotations.ToDictionary();
        machine.PowerAnswer = null;
        place.Until(() => machine.Status is MaasStatus.Ready);
        place.Region.Allocate(WorldDataCentre.Operator, machine.Id, "", "for a test of the disks");
        place.Region.Annotate(WorldDataCentre.Operator, machine.Id, mark);

        place.Pass(TimeSpan.FromHours(1));

        Assert.Equal(Health.Healthy, place.Status(shrunk).Health);
        Assert.Equal(MaasStatus.Allocated, machine.Status);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_forced_deletion_names_what_MAAS_shows_with_the_clusters_mark_though_the_ledger_does_not_know_it(bool isAdmin)
    {
        using var place = new EngineInWorld(machines: 6).Start();
        var cluster = Running(place, workers: 1);
        var backup = ((MemoryLedger)place.Ledger).Copy();
        var known = Machines(place, cluster);
        place.Want(cluster.WithWorkers(2));
        place.Until(cluster, status => status is { Progress: 100, ObservedGeneration: 2 });
        var unknown = Assert.Single(Machines(place, cluster).Except(known));
        Restore(place, backup);
        place.ChangeKey(isAdmin ? Administrator : Service);
        var deleted = cluster.Deleted(place.Time.Now);
        place.Want(deleted);
        place.Pass(TimeSpan.FromMinutes(20));

        place.Want(deleted with { Generation = 4, Deletion = deleted.Deletion! with { Force = true } });
        place.Until(() => place.Is(cluster, ClusterPhase.Deleted));
        Assert.Contains(
            place.Status(cluster).Residue,
            left =>
                left.StartsWith(
                    isAdmin
                        ? $"machine {place[unknown].Hostname} ({unknown}): MAAS shows"
                        : $"any other machine of the MAAS user gantry with the annotation gantry-cluster-id={cluster.Id}:",
                    StringComparison.Ordinal
                )
        );

        place.ChangeKey(WorldDataCentre.Operator);
        place.Until(() => !place.Held.Any());
        place.Until(() => place.Status(cluster).Residue.Count is 0);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_machine_whose_mark_was_never_written_is_found_by_the_comment_of_its_allocation(bool isDeleted)
    {
        using var place = new EngineInWorld(machines: 6).Start();
        var cluster = Running(place, workers: 1);
        var backup = ((MemoryLedger)place.Ledger).Copy();
        var grown = cluster.WithWorkers(2);
        var untold = Unmarked(place, grown);

        Restore(place, backup);
        place.Want(grown);
        place.Until(cluster, status => status.Conditions.Any(one => one.Reason is Reasons.LedgerOutdated));
        Assert.Contains(untold.Hostname, place.Status(cluster).Message, StringComparison.Ordinal);
        if (isDeleted)
        {
            place.Want(grown.Deleted(place.Time.Now));
            place.Until(() => place.Is(cluster, ClusterPhase.Deleted));
            Assert.Empty(place.Held);
            return;
        }

        Assert.Equal([untold.Hostname], place.Now(() => place.Engine.AdoptAsync(grown, default)));
        place.Until(cluster, status => status is { Progress: 100, Health: Health.Healthy, Machines.Count: 3 });
        Assert.Equal(3, place.Held.Count());
        Assert.Equal(cluster.Id, MachineMark.Read(untold.Annotations)?.Cluster);
    }

    [Fact]
    public void A_machine_that_a_person_takes_with_the_accounts_user_after_a_cluster_had_it_stops_nothing()
    {
        using var place = new EngineInWorld(machines: 6).Start();
        var cluster = Running(place, workers: 1);
        var untold = Unmarked(place, cluster.WithWorkers(2));
        var comment = untold.AllocationComment;
        place.Script.Interfere = _ => Fate.Arrives;
        place.Want(cluster with { Generation = 3 });
        place.Until(cluster, status => status is { Progress: 100, ObservedGeneration: 3 } && untold.Owner is null);
        place.Region.Allocate(WorldDataCentre.Operator, untold.Id, "by hand", comment);
        place.Script.Calls.Clear();

        place.Pass(TimeSpan.FromHours(2));

        Assert.Equal(Health.Healthy, place.Status(cluster).Health);
        Assert.InRange(place.Script.Calls.Count(call => call.Operation is "FindAllocationAsync"), 2, 5);
    }

    [Theory]
    [InlineData(Fate.Arrives)]
    [InlineData(Fate.Lost)]
    public void An_address_that_nobody_was_told_of_goes_with_its_cluster(Fate mark)
    {
        using var place = new EngineInWorld(machines: 2).Start();
        place.Script.Interfere = call => call.Act is { Kind: ActKind.Annotate } ? mark : Fate.Arrives;
        var cluster = Some.Cluster(1, 0);
        place.Want(cluster);
        place.Until(() => place.Script.Sent(ActKind.Annotate));
        Assert.Single(place.Region.Reserved);

        Restore(place, new MemoryLedger("second00"));
        place.Want(cluster.Deleted(place.Time.Now));
        place.Until(() => place.Is(cluster, ClusterPhase.Deleted));

        Assert.Empty(place.Held);
        Assert.Empty(place.Region.Reserved);
    }

    [Fact]
    public void A_cluster_without_a_record_waits_until_the_console_has_told_whether_it_has_run()
    {
        using var place = new EngineInWorld(machines: 2);
        var cluster = Some.Cluster(1, 0);
        place.LastReports[cluster.Id] = new Observation<ClusterStatus>.Unknown("not told yet");
        place.Start();
        place.Want(cluster);
        place.Pass(TimeSpan.FromMinutes(30));

        Assert.Empty(place.Held);
        place.LastReports.Clear();
        place.Until(() => place.Is(cluster, ClusterPhase.Running));
    }

    [Theory]
    [InlineData(null)]
    [InlineData(true)]
    public void A_cluster_that_ended_after_the_ledger_was_saved_is_not_built_again(bool? told)
    {
        using var place = new EngineInWorld(machines: 4).Start();
        var cluster = Some.Cluster(1, 1);
        place.Want(cluster);
        place.Until(cluster, status => status.Machines.Count is 2);
        var backup = ((MemoryLedger)place.Ledger).Copy();
        place.Want(cluster.Deleted(place.Time.Now));
        place.Until(() => place.Is(cluster, ClusterPhase.Deleted));
        place.Forget(cluster);
        place.Ended[cluster.Id] = told;

        Restore(place, backup);
        place.Pass(TimeSpan.FromHours(1));

        Assert.Empty(place.Held);
        place.Ended[cluster.Id] = true;
        place.Pass(TimeSpan.FromMinutes(30));
        Assert.Empty(place.Now(() => place.Ledger.LoadAsync(default)));
        Assert.Empty(place.Region.Reserved);
    }

    [Theory]
    [InlineData(false, true)]
    [InlineData(true, false)]
    public void A_cluster_that_ended_is_forgotten_by_a_ledger_that_names_a_former_user_where_MAAS_shows_its_machines_as_free(
        bool isHeld,
        bool isForgotten
    )
    {
        using var place = new EngineInWorld(machines: 4).Start();
        place.ChangeKey(Service);
        var cluster = Running(place, workers: 1);
        var backup = ((MemoryLedger)place.Ledger).Copy();
        if (!isHeld)
        {
            place.Region.Transfer(Service.Name, WorldDataCentre.Operator.Name);
            place.ChangeKey(WorldDataCentre.Operator);
            place.Want(cluster.Deleted(place.Time.Now));
            place.Until(() => place.Is(cluster, ClusterPhase.Deleted));
        }

        place.Forget(cluster);
        place.Ended[cluster.Id] = true;
        place.ChangeKey(Administrator);
        Restore(place, backup);
        place.Pass(TimeSpan.FromHours(1));

        Assert.Equal(isForgotten, place.Now(() => place.Ledger.LoadAsync(default)).Count is 0);
        Assert.Equal(isHeld, place.Held.Any());
    }

    [Fact]
    public void What_a_forced_deletion_left_behind_stays_in_the_ledger_until_the_key_of_its_user_returns()
    {
        using var place = new EngineInWorld(machines: 2).Start();
        var cluster = Running(place, workers: 1);
        var deleted = cluster.Deleted(place.Time.Now);
        place.Script.Interfere = call => call.Act is { Kind: ActKind.ReleaseAddress } ? Fate.Lost : Fate.Arrives;
        place.Want(deleted);
        place.Until(() => place.Script.Sent(ActKind.ReleaseAddress));
        place.ChangeKey(Administrator);
        place.Pass(TimeSpan.FromMinutes(20));
        place.Want(deleted with { Generation = 3, Deletion = deleted.Deletion! with { Force = true } });
        place.Until(() => place.Is(cluster, ClusterPhase.Deleted));

        place.Script.Interfere = _ => Fate.Arrives;
        place.Forget(cluster);
        place.Ended[cluster.Id] = true;
        place.Pass(TimeSpan.FromHours(1));
        Assert.Single(place.Now(() => place.Ledger.LoadAsync(default)));
        Assert.Single(place.Region.Reserved);

        place.ChangeKey(WorldDataCentre.Operator);
        place.Pass(TimeSpan.FromHours(1));
        Assert.Empty(place.Now(() => place.Ledger.LoadAsync(default)));
        Assert.Empty(place.Region.Reserved);
    }

    [Fact]
    public void A_forced_deletion_on_a_lost_ledger_names_what_MAAS_hides_from_the_user_and_gives_it_back_when_it_is_shown()
    {
        using var place = new EngineInWorld(machines: 2).Start();
        var cluster = Running(place, workers: 1);
        var address = Assert.Single(place.Region.Reserved).Key;
        var hosts = place.Held.Select(machine => machine.Hostname).ToList();
        place.LastReports[cluster.Id] = new Observation<ClusterStatus>.Present(place.Status(cluster));
        Restore(place, new MemoryLedger("second00"));
        place.ChangeKey(Service);
        var deleted = cluster.Deleted(place.Time.Now);
        place.Want(deleted);
        place.Pass(TimeSpan.FromMinutes(20));

        place.Want(deleted with { Generation = 3, Deletion = deleted.Deletion! with { Force = true } });
        place.Until(() => place.Is(cluster, ClusterPhase.Deleted));
        var left = place.Status(cluster).Residue;
        Assert.Contains($"address {address}", left);
        Assert.All(hosts, host => Assert.Single(left, line => line.StartsWith($"machine {host} (", StringComparison.Ordinal)));

        place.ChangeKey(WorldDataCentre.Operator);
        place.Until(() => !place.Held.Any() && place.Region.Reserved.Count is 0);
        place.Until(() => place.Status(cluster).Residue.Count is 0);
    }

    [Theory]
    [InlineData(Fate.Lost)]
    [InlineData(Fate.AnswerLost)]
    public void A_mark_that_was_lost_or_removed_is_written_again(Fate fate)
    {
        using var place = new EngineInWorld(machines: 2);
        place.Script.Interfere = call =>
            call.Act is { Kind: ActKind.Annotate } && place.Script.Calls.Count < 60 ? fate : Fate.Arrives;
        place.Start();
        var cluster = Some.Cluster(1, 0);
        place.Want(cluster);
        place.Until(() => place.Is(cluster, ClusterPhase.Running));
        place.Script.Interfere = _ => Fate.Arrives;
        var machine = Assert.Single(place.Held);
        machine.Annotations.Clear();
        place.Region.Changed(machine);

        place.Pass(TimeSpan.FromMinutes(3));

        Assert.Equal(cluster.Id, MachineMark.Read(machine.Annotations)?.Cluster);
    }

    private static ClusterSpec Running(EngineInWorld place, int workers)
    {
        var cluster = Some.Cluster(1, workers);
        place.Want(cluster);
        place.Until(() => place.Is(cluster, ClusterPhase.Running));
        return cluster;
    }

    // A cluster that has given its worker back, the next one that will be given it, and the ledger from before.
    private static (ClusterSpec First, ClusterSpec Second, ILedger Backup) TakenOver(EngineInWorld place)
    {
        var first = Running(place, workers: 1);
        var backup = ((MemoryLedger)place.Ledger).Copy();
        first = first.WithWorkers(0);
        place.Want(first);
        place.Until(first, status => status is { Progress: 100, Machines.Count: 1 });
        return (first, Some.Cluster(1, 0, name: "second") with { CreatedAt = first.CreatedAt.AddMinutes(1) }, backup);
    }

    // The machine that the wish takes, after the call that marks it was lost.
    private static WorldMachine Unmarked(EngineInWorld place, ClusterSpec wish)
    {
        place.Script.Interfere = call =>
            call.Act is { Kind: ActKind.Annotate or ActKind.Deploy } ? Fate.Unavailable : Fate.Arrives;
        place.Want(wish);
        place.Until(
            wish,
            status => status.Machines.Any(machine => place[machine.SystemId] is { Owner: not null, Annotations.Count: 0 })
        );
        place.Script.Interfere = _ => Fate.Arrives;
        return place.Held.Single(machine => machine.Annotations.Count is 0);
    }

    // A worker comes and has to go again. MAAS takes the name of its allocation away before it finds that the BMC does not answer.
    private static (ClusterSpec Shrunk, WorldMachine Stuck) ShrunkWithDeadBmc(EngineInWorld place, ClusterSpec cluster)
    {
        place.Want(cluster.WithWorkers(1));
        place.Until(cluster, status => status is { Progress: 100, ObservedGeneration: 2 });
        var stuck = place[Worker(place, cluster)];
        stuck.PowerAnswer = "error";
        var shrunk = cluster.WithWorkers(0) with { Generation = 3 };
        place.Want(shrunk);
        place.Until(() => stuck is { Agent: "", Status: MaasStatus.Deployed });
        return (shrunk, stuck);
    }

    private static void Restore(EngineInWorld place, ILedger ledger)
    {
        place.Stop();
        place.Ledger = ledger;
        place.Start();
    }

    private static int Acts(EngineInWorld place) => place.Script.Calls.Count(call => call.Act is not null);

    private static SystemId Worker(EngineInWorld place, ClusterSpec cluster) =>
        place.Status(cluster).Machines.First(machine => machine.Role is PoolRole.Worker).SystemId;

    private static List<SystemId> Machines(EngineInWorld place, ClusterSpec cluster) =>
        [.. place.Status(cluster).Machines.Select(machine => machine.SystemId)];
}
