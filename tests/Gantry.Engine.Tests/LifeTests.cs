using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Engine.Ports;
using Gantry.Engine.Tests.Support;
using Gantry.Simulator.Ports;
using Gantry.Simulator.World;

namespace Gantry.Engine.Tests;

public sealed class LifeTests
{
    [Fact]
    public void A_worker_pool_grows_without_touching_the_machines_it_has()
    {
        using var place = Running(out var cluster, controlPlanes: 1, workers: 1);
        var before = place.Held.Select(machine => machine.Id.Value).ToList();

        place.Want(cluster.WithWorkers(3));
        place.Until(() =>
            place.Status(cluster) is { ObservedGeneration: 2, Machines.Count: 4 } status
            && status.Machines.All(machine => machine.NodeReady)
        );

        Assert.Subset(place.Held.Select(machine => machine.Id.Value).ToHashSet(), before.ToHashSet());
        Assert.Equal(ClusterPhase.Running, place.Status(cluster).Phase);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_control_plane_takes_ordinary_workload_or_not_as_its_pool_says_now(bool before)
    {
        using var place = Running(out var cluster, controlPlanes: 1, workers: 0, Schedulable(before));
        Assert.Equal(before, Works());
        var held = place.Held.Select(machine => machine.Id).ToList();

        cluster = Schedulable(!before)(cluster) with { Generation = 2 };
        place.Want(cluster);
        place.Pass(TimeSpan.FromMinutes(1));
        Assert.Equal(!before, Works());

        cluster = Schedulable(before)(cluster) with { Generation = 3 };
        place.Want(cluster);
        place.Pass(TimeSpan.FromMinutes(1));
        Assert.Equal(before, Works());
        Assert.Equal(held, place.Held.Select(machine => machine.Id));

        bool Works()
        {
            var node = Assert.Single(place.Inside(cluster).Nodes.Values);
            var tainted = node.Taints.Contains(NodeMetadataCheck.ControlPlaneTaint);
            Assert.Equal(!tainted, node.Labels.ContainsKey("node-role.kubernetes.io/worker"));
            return !tainted;
        }

        static Func<ClusterSpec, ClusterSpec> Schedulable(bool works) =>
            cluster => cluster with { Pools = [.. cluster.Pools.Select(pool => pool with { AlsoWorker = works })] };
    }

    [Fact]
    public void A_node_is_known_by_its_provider_id_and_not_by_its_name()
    {
        using var place = Running(out var cluster, controlPlanes: 1, workers: 1);
        var nodes = place.Inside(cluster).Nodes;
        var worker = nodes.Values.Single(node => !node.ControlPlane);
        nodes["renamed"] = Node("renamed", worker.Machine);

        // A machine that is not the cluster's has the name now.
        nodes[worker.Name] = Node(worker.Name, place["m08"]);
        place.Inside(cluster).Touch();
        place.Pass(TimeSpan.FromMinutes(2));
        Assert.Equal(Health.Healthy, place.Status(cluster).Health);

        place.Want(cluster.WithWorkers(0));
        place.Until(() => place.Held.Count() is 1);
        Assert.DoesNotContain("renamed", nodes.Keys);
        Assert.Contains(worker.Name, nodes.Keys);

        WorldNode Node(string name, WorldMachine machine)
        {
            var node = new WorldNode(name, machine) { ControlPlane = false, Version = worker.Version };
            node.Set(ready: true, silent: false, awaitsNetwork: false, place.Time.Now);
            return node;
        }
    }

    [Fact]
    public void A_worker_that_leaves_is_drained_before_its_node_and_its_machine_go()
    {
        using var place = Running(out var cluster, controlPlanes: 1, workers: 3);
        var before = place.Script.Acts.Count;

        place.Want(cluster.WithWorkers(2));
        place.Until(() => place.Held.Count() is 3);

        var acts = place.Script.Acts[before..];
        var leaver = Assert.Single(acts.Where(act => act.Kind is ActKind.Drain).Select(act => act.Detail).Distinct());
        Assert.DoesNotContain(leaver, place.Inside(cluster).Nodes.Keys);
        Assert.Equal(leaver, place[Assert.Single(acts, act => act.Kind is ActKind.Release).Machine!.Value].Hostname);
        Assert.True(
            acts.FindLastIndex(act => act.Kind is ActKind.Drain) < acts.FindIndex(act => act.Kind is ActKind.DeleteNode)
                && acts.FindIndex(act => act.Kind is ActKind.DeleteNode) < acts.FindIndex(act => act.Kind is ActKind.Release)
        );
    }

    [Fact]
    public void A_pod_that_must_not_be_evicted_holds_up_the_shrink_and_is_named()
    {
        using var place = Running(out var cluster, controlPlanes: 1, workers: 1);
        var worker = place.Status(cluster).Machines.Single(machine => machine.Role is PoolRole.Worker);

        // Two pods run on the one worker, and their budget lets one of them be away.
        place.Pass(TimeSpan.FromMinutes(1));
        Assert.All(place.Inside(cluster).Apps.Single().Pods, pod => Assert.Equal(worker.Hostname, pod.Node));

        place.Want(cluster.WithWorkers(0));
        place.Pass(TimeSpan.FromMinutes(10));

        Assert.Equal(2, place.Held.Count());
        Assert.Contains(
            $"{worker.Hostname} cannot leave yet: default/shop: its disruption budget allows no eviction",
            place.Status(cluster).Message,
            StringComparison.Ordinal
        );
        Assert.Contains(place.Status(cluster).Conditions, condition => condition.Reason is Reasons.DrainBlocked);

        place.Inside(cluster).Apps.Clear();
        place.Until(() => place.Held.Count() is 1);
        place.Until(() => place.Status(cluster).Conditions.All(condition => condition.Status is ConditionStatus.True));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_drain_ends_at_its_limit_though_pods_may_not_be_evicted_or_do_not_end(bool ends)
    {
        using var place = Running(out var cluster, controlPlanes: 1, workers: 1);
        var worker = place.Status(cluster).Machines.Single(machine => machine.Role is PoolRole.Worker);
        place.Pass(TimeSpan.FromMinutes(1));
        place.Inside(cluster).Apps.Single().NeverEnds = !ends;
        string? cut = null;
        place.EachStatus = status =>
            cut ??= status.Machines.FirstOrDefault(machine => machine.SystemId == worker.SystemId)?.DrainCut;

        place.Want(
            cluster.WithWorkers(0).Workers(pool => pool with { DrainTimeout = TimeSpan.FromMinutes(10) }) with
            {
                DrainTimeout = TimeSpan.FromHours(10),
            }
        );
        place.Pass(TimeSpan.FromMinutes(9));
        Assert.Equal(2, place.Held.Count());
        Assert.Contains("at most", place.Status(cluster).Message, StringComparison.Ordinal);
        place.Until(() => place.Held.Count() is 1, TimeSpan.FromMinutes(5));

        // Pods that end are deleted when the limit is over; a finalizer is not waited for.
        Assert.Equal(ends ? null : "default/shop is ending; default/shop is ending", cut);
        Assert.Equal(
            ends ? 0 : 1,
            place.Events.Count(happened => happened.Reason is Reasons.DrainCut && happened.Machine == worker.SystemId)
        );
        place.Until(() => place.Status(cluster).Conditions.All(condition => condition.Status is ConditionStatus.True));
    }

    [Fact]
    public void A_drain_without_a_limit_waits_for_pods_that_do_not_end()
    {
        using var place = Running(out var cluster, controlPlanes: 1, workers: 1);
        place.Pass(TimeSpan.FromMinutes(1));
        place.Inside(cluster).Apps.Single().NeverEnds = true;

        place.Want(cluster.WithWorkers(0));
        place.Pass(TimeSpan.FromHours(12));

        Assert.Equal(2, place.Held.Count());
        Assert.Contains("default/shop is ending", place.Status(cluster).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_machine_that_fails_to_deploy_is_quarantined_with_its_evidence_and_replaced()
    {
        using var place = new EngineInWorld(machines: 3);
        place["m01"].FailsToDeploy = true;
        var cluster = Some.Cluster(controlPlanes: 1, workers: 1);
        place.Want(cluster);
        place.Start();

        place.Until(() => place.Is(cluster, ClusterPhase.Running));
        place.Pass(TimeSpan.FromMinutes(1));

        Assert.Equal(["m02", "m03"], place.Held.Select(machine => machine.Id.Value));
        var quarantined = Assert.Single(place.Now(() => place.Engine.ListQuarantineAsync(default)));
        Assert.Equal("m01", quarantined.Machine.Value);
        Assert.Equal(
            "Failed deployment: Installation failed (refer to the installation log for more information)",
            quarantined.Evidence[0]
        );
        Assert.Contains(
            place.Events,
            happened => happened is { Reason: Reasons.DeployFailed, Severity: EventSeverity.Error, Machine.Value: "m01" }
        );
    }

    [Fact]
    public void A_quarantined_machine_serves_no_other_cluster_until_it_is_cleared()
    {
        using var place = new EngineInWorld(machines: 2);
        place["m01"].FailsToDeploy = true;
        var first = Some.Cluster(name: "first");
        place.Want(first);
        place.Start();
        place.Until(() => place.Is(first, ClusterPhase.Running));

        var second = Some.Cluster(name: "second");
        place.Want(second);
        place.Pass(TimeSpan.FromMinutes(10));
        Assert.Equal(ClusterPhase.Pending, place.Status(second).Phase);
        Assert.Contains(place.Status(second).Conditions, condition => condition.Reason is Reasons.TooFewMachines);

        place.MendDeployments();
        place.Now(async () =>
        {
            await place.Engine.ClearQuarantineAsync(new AccountId("account"), new SystemId("m01"), commission: false, default);
            return 0;
        });
        place.Until(() => place.Is(second, ClusterPhase.Running));
    }

    [Fact]
    public void A_machine_that_a_person_puts_into_quarantine_is_taken_by_no_cluster_until_it_is_cleared()
    {
        using var place = new EngineInWorld(machines: 2);
        var first = Some.Cluster(name: "first");
        place.Want(first);
        place.Start();
        place.Until(() => place.Is(first, ClusterPhase.Running));
        var (taken, free) = place["m01"].Owner is null ? ("m02", "m01") : ("m01", "m02");

        var ofCluster = place.Now(() => AddAsync(taken));
        var ofNone = place.Now(() => AddAsync(free));
        Assert.Equal((first.Id, "no"), (ofCluster!.Cluster, ofCluster.Reason));
        Assert.Equal(new ClusterId(""), ofNone!.Cluster);
        Assert.Null(place.Now(() => AddAsync("nobody-knows")));

        var second = Some.Cluster(name: "second");
        place.Want(second);
        place.Pass(TimeSpan.FromMinutes(10));
        Assert.Equal(ClusterPhase.Pending, place.Status(second).Phase);
        Assert.Equal(ClusterPhase.Running, place.Status(first).Phase);

        place.Now(async () =>
        {
            await place.Engine.ClearQuarantineAsync(new AccountId("account"), new SystemId(free), commission: false, default);
            return 0;
        });
        place.Until(() => place.Is(second, ClusterPhase.Running));

        Task<QuarantineEntry?> AddAsync(string machine) =>
            place.Engine.AddQuarantineAsync(new AccountId("account"), machine, "no", default);
    }

    [Fact]
    public void An_installation_that_fails_on_three_machines_costs_no_fourth_until_it_is_corrected()
    {
        using var place = new EngineInWorld(machines: 10);
        var cluster = Some.Cluster(workers: 0);
        place.Want(cluster);
        place.Start();
        place.Until(() => place.Is(cluster, ClusterPhase.Running));
        place.FailDeployments();

        place.Want(cluster with { Generation = 2, Pools = [cluster.ControlPlane, Workers(1)] });
        place.Pass(TimeSpan.FromHours(6));

        Assert.Equal(
            3,
            place.Now(() => place.Engine.ListQuarantineAsync(default)).Count(machine => machine.Cluster == cluster.Id)
        );
        var refusal = Assert.Single(place.Status(cluster).Conditions, condition => condition.Reason is Reasons.InstallationFails);
        Assert.Contains("3 machines", refusal.Message, StringComparison.Ordinal);

        place.MendDeployments();
        place.Region.Images.Add("custom/corrected");
        place.Want(
            cluster with
            {
                Generation = 3,
                Image = ImageName.Parse("custom/corrected"),
                Pools = [cluster.ControlPlane, Workers(1)],
            }
        );
        place.Until(() => place.Status(cluster) is { ObservedGeneration: 3, Health: Health.Healthy, Machines.Count: 2 });

        static MachinePool Workers(int size) =>
            new()
            {
                Name = DnsLabel.Parse("workers"),
                Role = PoolRole.Worker,
                Size = size,
            };
    }

    [Fact]
    public void Clearing_failed_machines_resumes_an_installation_that_was_not_at_fault()
    {
        using var place = new EngineInWorld(machines: 6);
        place.FailDeployments("m01", "m04", "m02");
        var cluster = Some.Cluster(workers: 0);
        place.Want(cluster);
        place.Start();
        place.Pass(TimeSpan.FromHours(3));
        Assert.Contains(place.Status(cluster).Conditions, condition => condition.Reason is Reasons.InstallationFails);

        place.MendDeployments();
        place.Now(async () =>
        {
            await place.Engine.ClearQuarantineAsync(new AccountId("account"), new SystemId("m02"), commission: false, default);
            return 0;
        });

        place.Until(() => place.Is(cluster, ClusterPhase.Running));
    }

    [Fact]
    public void A_first_control_plane_that_never_answers_is_replaced()
    {
        using var place = new EngineInWorld(machines: 5);
        place["m01"].NeverBoots = true;
        var cluster = Some.Cluster(controlPlanes: 3);
        place.Want(cluster);
        place.Start();

        place.Until(() => place.Is(cluster, ClusterPhase.Running));

        Assert.DoesNotContain("m01", place.Held.Select(machine => machine.Id.Value));
        Assert.Equal(3, place.Held.Count());
        Assert.Contains(place.Events, happened => happened is { Reason: Reasons.JoinTimedOut, Machine.Value: "m01" });
    }

    [Fact]
    public void A_control_plane_that_dies_before_the_cluster_was_complete_is_bootstrapped_again()
    {
        using var place = new EngineInWorld(machines: 5);
        place["m03"].NeverBoots = true;
        var cluster = Some.Cluster(controlPlanes: 1, workers: 2);
        place.Want(cluster);
        place.Start();
        place.Until(
            cluster,
            status => status.Machines.Any(machine => machine is { NodeReady: true, Role: PoolRole.ControlPlane })
        );

        place.Machines.Die(place[Initial(place, cluster)]);
        place.Until(() => place.Is(cluster, ClusterPhase.Running));

        Assert.Contains(place.Events, happened => happened.Reason is "Rebootstrap");
        Assert.Equal(3, place.Held.Count());
    }

    [Fact]
    public void A_machine_of_a_cluster_that_begins_again_is_asked_back_until_its_BMC_answers()
    {
        using var place = new EngineInWorld(machines: 6);
        place["m03"].NeverBoots = true;
        var cluster = Some.Cluster(controlPlanes: 1, workers: 2);
        place.Want(cluster);
        place.Start();
        place.Until(cluster, status => status.Machines.Count(machine => machine.NodeReady) is 2);
        var worker = place
            .Status(cluster)
            .Machines.First(machine => machine is { NodeReady: true, Role: PoolRole.Worker })
            .SystemId;
        place[worker].PowerAnswer = "error";

        place.Machines.Die(place[Initial(place, cluster)]);
        place.Until(() => place[worker] is { Agent: "", Status: MaasStatus.Deployed });
        place.Pass(TimeSpan.FromMinutes(20));
        place[worker].PowerAnswer = null;
        place.Until(() => place.Is(cluster, ClusterPhase.Running));
        place.Pass(TimeSpan.FromHours(1));

        Assert.Contains(place.Events, happened => happened.Reason is "Rebootstrap");
        Assert.Equal(3, place.Held.Count());
    }

    [Fact]
    public void A_cluster_with_an_issued_kubeconfig_is_not_bootstrapped_again()
    {
        using var place = new EngineInWorld(machines: 5);
        place["m03"].NeverBoots = true;
        var cluster = Some.Cluster(controlPlanes: 1, workers: 2);
        place.Want(cluster);
        place.Start();
        place.Until(
            cluster,
            status => status.Machines.Any(machine => machine is { NodeReady: true, Role: PoolRole.ControlPlane })
        );
        Assert.NotNull(place.Now(() => place.Engine.IssueKubeconfigAsync(cluster.Id, "ann", TimeSpan.FromHours(1), default)));
        place.Pass(TimeSpan.FromSeconds(10));

        place.Machines.Die(place[Initial(place, cluster)]);
        place.Pass(TimeSpan.FromHours(3));

        Assert.DoesNotContain(place.Events, happened => happened.Reason is "Rebootstrap");
    }

    [Fact]
    public void A_silent_api_server_of_a_cluster_in_use_changes_nothing()
    {
        using var place = Running(out var cluster, controlPlanes: 3, workers: 1);
        place.Script.Calls.Clear();
        place.Cut(cluster);

        place.Pass(TimeSpan.FromHours(3));

        Assert.DoesNotContain(place.Script.Calls, call => call.Is(ActKind.Release) || call.Is(ActKind.Allocate));
        Assert.Equal(Health.Unknown, place.Status(cluster).Health);
        Assert.Contains(place.Status(cluster).Conditions, condition => condition.Reason is Reasons.ApiNotReachable);

        place.Cut(cluster, cut: false);
        place.Until(() => place.Status(cluster).Health is Health.Healthy);
    }

    [Theory]
    [InlineData(5)]
    [InlineData(200)]
    [InlineData(330)]
    [InlineData(400)]
    public void A_creation_can_be_aborted_at_any_time_and_leaves_nothing(int secondsAfterTheStart)
    {
        using var place = new EngineInWorld(machines: 6).Start();
        var cluster = Some.Cluster(
            controlPlanes: 3,
            workers: 2,
            endpoint: new EndpointChoice.MaasDns(DnsName.Parse("dc1.example"))
        );
        place.Want(cluster);
        place.Pass(TimeSpan.FromSeconds(secondsAfterTheStart));

        place.Want(cluster.Deleted(place.Time.Now));
        place.Until(() => place.Is(cluster, ClusterPhase.Deleted));

        Assert.Empty(place.Held);
        Assert.Empty(place.Region.Dns);
        Assert.Empty(place.Status(cluster).Residue);
    }

    [Fact]
    public void A_deletion_names_its_residue_and_a_forced_one_abandons_it()
    {
        using var place = Running(out var cluster, controlPlanes: 1, workers: 1);
        var worker = place.Status(cluster).Machines.Single(machine => machine.Role is PoolRole.Worker);
        place.Lock(worker.SystemId);

        place.Want(cluster.Deleted(place.Time.Now));
        place.Pass(TimeSpan.FromMinutes(20));
        Assert.Equal(ClusterPhase.Deleting, place.Status(cluster).Phase);
        Assert.Contains(place.Status(cluster).Residue, left => left.Contains(worker.SystemId.Value, StringComparison.Ordinal));
        Assert.Contains(place.Status(cluster).Conditions, condition => condition.Reason is Reasons.MachineLocked);

        place.Want(cluster.Deleted(place.Time.Now, force: true));
        place.Until(() => place.Is(cluster, ClusterPhase.Deleted));
        Assert.Contains(place.Status(cluster).Residue, left => left.Contains("it is locked", StringComparison.Ordinal));
        Assert.Contains(place.Status(cluster).Residue, left => left.Contains("10.0.255.254", StringComparison.Ordinal));

        place.Lock(worker.SystemId, locked: false);
        place.Until(() => place.Status(cluster).Residue.Count is 0);
        Assert.Empty(place.Held);
        Assert.Empty(place.Region.Reserved);
    }

    [Fact]
    public void A_dns_record_holds_exactly_the_ready_control_planes()
    {
        using var place = new EngineInWorld(machines: 6).Start();
        var cluster = Some.Cluster(
            controlPlanes: 3,
            workers: 1,
            endpoint: new EndpointChoice.MaasDns(DnsName.Parse("dc1.example"))
        );
        place.Want(cluster);
        place.Until(() => place.Is(cluster, ClusterPhase.Running));
        place.Pass(TimeSpan.FromSeconds(10));

        var record = Assert.Single(place.Region.Dns);
        Assert.Equal("demo-api.dc1.example", record.Key);
        Assert.Equal(
            place
                .Status(cluster)
                .Machines.Where(machine => machine.Role is PoolRole.ControlPlane)
                .SelectMany(machine => machine.Addresses)
                .Order(StringComparer.Ordinal),
            record.Value
        );
        Assert.Equal(new ApiEndpoint("demo-api.dc1.example", 6443), place.Status(cluster).Endpoint);
    }

    [Fact]
    public void Bootstrap_tokens_of_late_machines_are_renewed_before_they_end()
    {
        using var place = new EngineInWorld(machines: 2).Start();
        place["m02"].HangsOnDeploy = true;
        var cluster = Some.Cluster(controlPlanes: 1, workers: 1);
        place.Want(cluster);
        place.Until(() => place.Machines.Find(cluster.Id) is { Tokens.Count: > 0 });
        var first = place.Inside(cluster).Tokens.Single();

        place.Until(() => place.Inside(cluster).Tokens[first.Key] > first.Value);

        Assert.True(place.Time.Now < first.Value);
        Assert.Single(place.Inside(cluster).Tokens);
    }

    [Fact]
    public void Two_clusters_never_choose_the_same_machine_and_the_older_request_goes_first()
    {
        using var place = new EngineInWorld(machines: 5);
        var older = Some.Cluster(controlPlanes: 3, workers: 1, name: "zz-older");
        var younger = Some.Cluster(controlPlanes: 1, workers: 1, name: "aa-younger") with
        {
            CreatedAt = older.CreatedAt.AddMinutes(1),
        };
        place.Want(younger);
        place.Want(older);
        place.Start();

        place.Until(() => place.Is(older, ClusterPhase.Running));

        Assert.Equal(ClusterPhase.Pending, place.Status(younger).Phase);
        Assert.Equal(4, place.Held.Count());
        place.Add(2);
        place.Until(() => place.Is(younger, ClusterPhase.Running));
    }

    [Fact]
    public void A_request_that_can_never_fit_the_region_does_not_block_the_queue()
    {
        using var place = new EngineInWorld(machines: 3);
        var impossible = Some.Cluster(controlPlanes: 5, workers: 100, name: "impossible");
        var modest = Some.Cluster(name: "modest") with { CreatedAt = impossible.CreatedAt.AddMinutes(1) };
        place.Want(impossible);
        place.Want(modest);
        place.Start();

        place.Until(() => place.Is(modest, ClusterPhase.Running));
        Assert.Equal(ClusterPhase.Pending, place.Status(impossible).Phase);
    }

    private static SystemId Initial(EngineInWorld place, ClusterSpec cluster) =>
        place.Status(cluster).Machines.Single(machine => machine.Role is PoolRole.ControlPlane).SystemId;

    private static EngineInWorld Running(
        out ClusterSpec cluster,
        int controlPlanes,
        int workers,
        Func<ClusterSpec, ClusterSpec>? change = null
    )
    {
        var place = new EngineInWorld(machines: 8).Start();
        var wanted = Some.Cluster(controlPlanes, workers);
        wanted = change?.Invoke(wanted) ?? wanted;
        cluster = wanted;
        place.Want(wanted);
        place.Until(() => place.Is(wanted, ClusterPhase.Running));
        return place;
    }
}
