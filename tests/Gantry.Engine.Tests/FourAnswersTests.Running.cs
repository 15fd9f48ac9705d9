using Gantry.Clusters.Explaining;
using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Engine.Ports;
using Gantry.Engine.Tests.Support;
using Gantry.Simulator.Ports;
using Gantry.Simulator.World;

namespace Gantry.Engine.Tests;

/// <summary>What befalls a cluster that runs, or that is being installed, has one cause in all four answers too.</summary>
public sealed partial class FourAnswersTests
{
    private const string NumCpu = "[ERROR NumCPU]: the number of available CPUs 1 is less than the required 2";

    [Fact]
    public void A_control_plane_without_a_member_of_etcd_is_named_everywhere()
    {
        using var place = new EngineInWorld(machines: 4).Start();
        var cluster = Running(place, Some.Cluster(controlPlanes: 3));
        place.Until(() => place.Inside(cluster).Etcd.TrueForAll(member => member.Voting));
        var removed = place.Inside(cluster).Etcd.First(member => !member.Leader);
        place.Machines.RemoveEtcdMember(place.Inside(cluster), removed);

        place.Pass(TimeSpan.FromMinutes(2));

        Assert.Equal(
            $"{removed.Machine.Hostname} is a control plane and no member of etcd: 2 members for 3 control planes.",
            AllName(place, cluster, Reasons.EtcdMemberMissing)
        );
    }

    [Fact]
    public void A_script_that_failed_is_told_by_whatever_waits_for_the_next_machine()
    {
        using var place = new EngineInWorld(machines: 2);
        place["m01"].KubeadmRefuses = NumCpu;
        var cluster = Some.Cluster();
        place.Want(cluster);
        place.Start();
        place.Until(() => place["m01"].ScriptFailure is not null);
        place.Until(cluster, status => status.Machines.Any(machine => machine is { SystemId.Value: "m02", State: "Deploying" }));
        place.Until(cluster, status => status.Conditions.Any(one => one.Reason is Reasons.Deploying));
        Assert.Contains(NumCpu, AllName(place, cluster, Reasons.Deploying, actionRequired: false), StringComparison.Ordinal);

        place.Until(cluster, status => status.Machines.Any(machine => machine is { SystemId.Value: "m02", State: "Joining" }));
        Assert.Contains(NumCpu, AllName(place, cluster, Reasons.Initializing, actionRequired: false), StringComparison.Ordinal);
    }

    [Fact]
    public void A_script_that_fails_on_every_machine_stops_the_cluster_with_its_cause()
    {
        using var place = new EngineInWorld(machines: 6);
        foreach (var machine in place.Region.Machines)
        {
            machine.KubeadmRefuses = NumCpu;
        }

        var cluster = Some.Cluster();
        place.Want(cluster);
        place.Start();
        place.Until(cluster, status => status.Conditions.Any(condition => condition.Reason is Reasons.InstallationFails));

        Assert.Contains(NumCpu, AllName(place, cluster, Reasons.InstallationFails), StringComparison.Ordinal);
    }

    [Fact]
    public void A_repository_that_gives_no_packages_is_named_by_all_with_the_time_of_the_next_try()
    {
        const string Missing = "the packages could not be installed: E: Unable to locate package kubelet";
        using var place = new EngineInWorld(machines: 3);
        foreach (var machine in place.Region.Machines)
        {
            machine.PackagesRefused = Missing;
        }

        var cluster = Some.Cluster();
        place.Want(cluster);
        place.Start();
        place.Until(cluster, status => status.Conditions.Any(one => one.Reason is Reasons.PackagesUnavailable));
        place.Pass(TimeSpan.FromMinutes(2));

        var said = AllName(place, cluster, Reasons.PackagesUnavailable);
        Assert.Contains($"could not get its packages: {Missing}; no machine is to blame", said, StringComparison.Ordinal);
        Assert.Matches("the next one is installed at [0-9]{2}:[0-9]{2}$", said);
    }

    [Fact]
    public void A_join_that_is_tried_again_is_told_with_its_failure_and_ends_with_it_at_its_limit()
    {
        const string NotRunning = "kubeadm join: [ERROR CRI]: container runtime is not running";
        using var place = new EngineInWorld(machines: 4);
        place["m02"].KubeadmRetries = NotRunning;
        var cluster = Some.Cluster(controlPlanes: 1, workers: 1);
        place.Want(cluster);
        place.Start();
        place.Until(cluster, status => status.Conditions.Any(one => one.Message.Contains(NotRunning, StringComparison.Ordinal)));

        Assert.StartsWith(
            $"host-m02 joins, and tries again after a failure that it told MAAS: {NotRunning}.",
            AllName(place, cluster, Reasons.Joining, actionRequired: false),
            StringComparison.Ordinal
        );
        Assert.Empty(place.Now(() => place.Engine.ListQuarantineAsync(default)));

        place.Until(() => place.Now(() => place.Engine.ListQuarantineAsync(default)).Count > 0);
        Assert.Contains(
            NotRunning,
            Assert.Single(place.Now(() => place.Engine.ListQuarantineAsync(default))).Reason,
            StringComparison.Ordinal
        );
        place.Until(() => place.Is(cluster, ClusterPhase.Running));
    }

    [Fact]
    public void A_join_that_is_tried_again_and_succeeds_leaves_no_trace()
    {
        using var place = new EngineInWorld(machines: 3);
        place["m02"].KubeadmRetries = "kubeadm join: [ERROR CRI]: container runtime is not running";
        var cluster = Some.Cluster(controlPlanes: 1, workers: 1);
        place.Want(cluster);
        place.Start();
        place.Until(
            cluster,
            status => status.Conditions.Any(one => one.Message.Contains("[ERROR CRI]", StringComparison.Ordinal))
        );

        place["m02"].KubeadmRetries = null;

        place.Until(() => place.Is(cluster, ClusterPhase.Running), TimeSpan.FromMinutes(10));
        Assert.Empty(place.Now(() => place.Engine.ListQuarantineAsync(default)));
        place.Until(cluster, status => status.Conditions.All(one => one.Status is ConditionStatus.True));
    }

    [Fact]
    public void A_node_that_waits_for_its_network_is_named_everywhere()
    {
        using var place = new EngineInWorld(machines: 4).Start();
        var cluster = Running(place, Some.Cluster(controlPlanes: 1, workers: 1));
        var inside = place.Inside(cluster);

        // The object of the layer is there and its pods do not run.
        inside.HasNetwork = false;
        place.Want(cluster = cluster.WithWorkers(2));
        place.Until(() => inside.Nodes.Count is 3);
        place.Pass(TimeSpan.FromMinutes(2));
        AllName(place, cluster, Reasons.NodeNotReady, actionRequired: false);

        place.Pass(TimeSpan.FromHours(1));

        AllName(place, cluster, Reasons.NetworkMissing);
    }

    [Fact]
    public void A_layer_that_the_API_server_does_not_take_is_named_everywhere()
    {
        using var place = new EngineInWorld(machines: 4).Start();
        var cluster = Running(place, Some.Cluster(controlPlanes: 1, workers: 1));
        place.Script.Interfere = call => call.Is(ActKind.Apply) ? Fate.Conflict : Fate.Arrives;
        var changed = Next(cluster) with { Addons = [new AddonLayer("cilium", "1.19", "cni", "network manifest")] };

        place.Want(changed);
        place.Pass(TimeSpan.FromMinutes(2));

        Assert.Contains(
            "cilium 1.19 could not be applied",
            AllName(place, changed, Reasons.AddonsFailed),
            StringComparison.Ordinal
        );

        // A change that begins with another step is not blocked by it.
        place.Script.Interfere = _ => Fate.Arrives;
        place.Want(changed = Next(changed));
        place.Until(changed, status => status.Conditions.All(condition => condition.Status is ConditionStatus.True));
        Assert.Empty(Plan(place, changed).Blockers);
    }

    [Fact]
    public void A_pod_that_holds_up_a_drain_is_named_everywhere()
    {
        using var place = new EngineInWorld(machines: 3).Start();
        var cluster = Running(place, Some.Cluster(controlPlanes: 1, workers: 1));
        place.Pass(TimeSpan.FromMinutes(1));

        var fewer = cluster.WithWorkers(0);
        place.Want(fewer);
        place.Pass(TimeSpan.FromMinutes(10));

        Assert.Contains(
            "default/shop: its disruption budget allows no eviction",
            AllName(place, fewer, Reasons.DrainBlocked),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void A_dead_machine_that_MAAS_cannot_release_is_named_beside_the_cluster_everywhere()
    {
        using var place = new EngineInWorld(machines: 5).Start();
        var cluster = Running(place, Some.Cluster(controlPlanes: 1, workers: 2));
        var dead = place.Status(cluster).Machines.Last(machine => machine.Role is PoolRole.Worker).SystemId;
        place.Break(dead);
        place[dead].PowerAnswer = "error";
        var replaced = Next(cluster) with { Replace = [dead] };

        place.Want(replaced);
        place.Until(replaced, status => status.Machines.Any(machine => machine.ReleaseBlocked is not null));
        place.Until(replaced, status => status.Health is Health.Healthy);

        var message = AllName(place, replaced, Reasons.ReleaseFailed);
        Assert.Equal(
            message,
            Assert.Single(place.Status(replaced).Machines, one => one.ReleaseBlocked is not null).ReleaseBlocked
        );
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void An_endpoint_that_became_somebody_elses_in_MAAS_is_named_everywhere(bool dns)
    {
        using var place = new EngineInWorld(machines: 3).Start();
        var cluster = Running(
            place,
            Some.Cluster(
                endpoint: dns ? new EndpointChoice.MaasDns(DnsName.Parse("dc1.example")) : new EndpointChoice.VirtualIp()
            )
        );
        place.Pass(TimeSpan.FromMinutes(2));
        if (dns)
        {
            place.Region.RecordDns(Assert.Single(place.Region.Dns).Key, ["10.66.0.1"]);
        }
        else
        {
            var address = Assert.Single(place.Region.Reserved.Keys);
            place.Region.ReleaseAddress(address);
            place.Region.Reserve(new MaasUser("somebody", IsAdmin: false), address);
        }

        place.Pass(TimeSpan.FromMinutes(3));

        AllName(place, cluster, dns ? Reasons.DnsRecordTaken : Reasons.AddressTaken);
    }

    [Fact]
    public void What_a_person_changed_in_MAAS_is_told_by_all_four_though_nothing_waits_for_it()
    {
        using var place = new EngineInWorld(machines: 4).Start();
        var cluster = Running(place, Some.Cluster(controlPlanes: 1, workers: 1));
        var worker = place[place.Status(cluster).Machines.Single(machine => machine.Role is PoolRole.Worker).SystemId];
        worker.Tags = ["moved"];
        place.Region.Changed(worker);

        place.Until(cluster, status => status.Drift.Count > 0);

        var told = Assert.Single(place.Status(cluster).Drift).Text;
        Assert.Contains("its tags changed: +moved", told, StringComparison.Ordinal);
        var plan = Plan(place, cluster);
        Assert.Equal(told, Assert.Single(plan.Warnings!));
        Assert.Equal(plan.Warnings, WhyNot(place, cluster).Warnings);
        Assert.Empty(plan.Steps.Select(step => step.Action).Concat(plan.Pending));
        var explained = ExplainOf(place, cluster);
        Assert.Equal((Reasons.Drift, $"{told}.", false), (explained.Reason, explained.Cause, explained.ActionRequired));
    }

    [Fact]
    public void A_change_that_spreads_a_pool_worse_says_so_in_the_plan_and_in_why_not()
    {
        using var place = new EngineInWorld(machines: 6).Start();
        var cluster = Running(place, Some.Cluster(controlPlanes: 1, workers: 3));
        foreach (var free in place.Region.Machines.Where(machine => machine.Owner is null))
        {
            free.Zone = "az1";
            place.Region.Changed(free);
        }

        var taken = place.Status(cluster).Machines.Where(machine => machine.Role is PoolRole.Worker && machine.Zone is not "az1");
        var changed = Next(cluster) with { Replace = [.. taken.Select(machine => machine.SystemId)] };

        var plan = Plan(place, changed);

        Assert.Contains(
            "workers is spread over zones worse than before",
            Assert.Single(plan.Warnings!),
            StringComparison.Ordinal
        );
        Assert.Equal(plan.Warnings, WhyNot(place, changed).Warnings);
    }
}
