using Gantry.Clusters.Explaining;
using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Engine.Ledger;
using Gantry.Engine.Ports;
using Gantry.Engine.Tests.Support;
using Gantry.Simulator.Ports;
using Gantry.Simulator.World;

namespace Gantry.Engine.Tests;

/// <summary>
/// The plan, why-not, the status and the explanation of a cluster name the same cause in the same words, before the change is
/// made and after it.
/// </summary>
public sealed partial class FourAnswersTests
{
    private static readonly PoolPlacement Impossible = new() { MinMemoryMiB = 4 * 1024 * 1024 };

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_typing_error_in_the_constraints_of_a_pool_releases_nothing(bool contracts)
    {
        using var place = new EngineInWorld(machines: 9).Start();
        var cluster = Running(place, Rolling(Some.Cluster(controlPlanes: 1, workers: 1), contracts));
        var held = place.Held.Select(machine => machine.Id).ToHashSet();
        var wrong = Next(cluster.Workers(pool => pool with { Placement = Impossible }));
        var asked = Plan(place, wrong);

        place.Want(wrong);
        place.Pass(TimeSpan.FromHours(1));

        Assert.Equal(held, place.Held.Select(machine => machine.Id).ToHashSet());
        Assert.True(place.Inside(wrong).Nodes.Values.All(node => node is { Ready: true, Unschedulable: false }));
        Assert.Empty(asked.Steps);
        var blocker = AllName(place, wrong, Reasons.NoMachineFits);
        Assert.Equal(blocker, Assert.Single(asked.Blockers).Message);
        Assert.Contains("7 less than 4194304 MiB of memory", blocker, StringComparison.Ordinal);
        var pool = WhyNot(place, wrong).Pools.Single(pool => pool.Pool.Value is "workers");
        Assert.Equal((1, 0), (pool.Missing, pool.Fitting));
        Assert.Contains(pool.Constraints, one => one is { Constraint: "memory ≥ 4194304 MiB", Failing: 9 });
        Assert.NotEmpty(pool.Relaxations);

        place.Want(Next(wrong.Workers(pool => pool with { Placement = new PoolPlacement() })));
        place.Until(cluster, status => status.Conditions.All(condition => condition.Status is ConditionStatus.True));
        Assert.Equal(held, place.Held.Select(machine => machine.Id).ToHashSet());
    }

    [Fact]
    public void A_pool_takes_machines_with_an_address_in_its_subnet_alone()
    {
        const string Production = "10.40.0.0/24";
        using var place = new EngineInWorld(machines: 5).Start();
        var cluster = Running(place, Some.Cluster(controlPlanes: 1, workers: 0));
        var grown = Next(
            cluster.Workers(pool =>
                pool with
                {
                    Size = 1,
                    Placement = new PoolPlacement { Subnet = NetworkSelector.Parse(Production) },
                }
            )
        );

        place.Want(grown);
        place.Pass(TimeSpan.FromMinutes(5));

        var blocker = AllName(place, grown, Reasons.NoMachineFits);
        Assert.Contains($"4 without an address in subnet {Production}", blocker, StringComparison.Ordinal);
        Assert.Equal(
            [$"subnet {Production} to any"],
            WhyNot(place, grown).Pools.Single(pool => pool.Pool.Value is "workers").Relaxations[0].Changes
        );

        place["m05"].Subnets = [WorldRegion.Subnet, Production];
        place.Region.Changed(place["m05"]);
        place.Until(grown, status => status.Machines.Any(machine => machine is { Hostname: "host-m05", State: "Ready" }));
    }

    [Fact]
    public void An_upgrade_without_a_machine_for_the_control_plane_prepares_nothing_and_names_what_it_blocks()
    {
        using var place = new EngineInWorld(machines: 9).Start();
        foreach (var machine in (string[])["m01", "m02", "m03"])
        {
            place[machine].Tags = ["etcd"];
        }

        var cluster = Running(place, ControlPlaneTagged(Some.Cluster(controlPlanes: 3, workers: 1)));
        var upgraded = Next(cluster.WithVersion("1.34.1").Workers(pool => pool with { Size = 2 }));
        var asked = Plan(place, upgraded);

        place.Want(upgraded);
        place.Pass(TimeSpan.FromMinutes(10));

        Assert.DoesNotContain(asked.Steps, step => step.Action is "PrepareJoin");
        Assert.DoesNotContain(place.Events, happened => happened.Reason is "PrepareJoin");
        var blocker = AllName(place, upgraded, Reasons.NoSpareMachine);
        Assert.Contains("without the tag etcd", blocker, StringComparison.Ordinal);
        Assert.Equal(1, WhyNot(place, upgraded).Pools.Single(pool => pool.Pool.Value is "control-plane").Missing);
        Assert.Contains(
            "workers lacks 1 machine: no machine is taken before the control plane is ready for Kubernetes 1.34.1, which waits "
                + "for a machine for control-plane.",
            Plan(place, upgraded).Pending
        );

        // With a machine for it, everything goes on.
        place["m09"].Tags = ["etcd"];
        place.Region.Changed(place["m09"]);
        place.Until(upgraded, status => status.KubernetesVersion == upgraded.KubernetesVersion && status.Machines.Count is 5);
    }

    [Fact]
    public void What_stops_an_upgrade_half_way_is_named_before_it_begins()
    {
        using var place = new EngineInWorld(machines: 6).Start();
        foreach (var machine in (string[])["m05", "m06"])
        {
            place[machine].Tags = ["gpu"];
        }

        var cluster = Running(
            place,
            Some.Cluster(controlPlanes: 1, workers: 2)
                .Workers(pool => pool with { Placement = new PoolPlacement { Tags = ["gpu"] } })
        );
        var upgraded = Next(cluster.WithVersion("1.34.1"));

        var asked = Plan(place, upgraded);

        Assert.Contains(asked.Steps, step => step.Action is "PrepareJoin");
        var blocker = Assert.Single(asked.Blockers);
        Assert.Equal(Reasons.NoSpareMachine, blocker.Reason);
        Assert.StartsWith("workers expands first and no spare machine fits", blocker.Message, StringComparison.Ordinal);

        place.Want(upgraded);
        place.Until(upgraded, status => status.Conditions.Any(condition => condition.Reason is Reasons.NoSpareMachine));
        AllName(place, upgraded, Reasons.NoSpareMachine);
    }

    [Fact]
    public void A_machine_of_an_architecture_that_the_image_is_not_for_is_never_asked_for()
    {
        using var place = new EngineInWorld(machines: 1).Start();
        Add(place, 2, architecture: "arm64");
        Add(place, 3, architecture: "arm64");
        var cluster = Some.Cluster(controlPlanes: 1, workers: 1);

        place.Want(cluster);
        place.Pass(TimeSpan.FromMinutes(5));

        Assert.Empty(place.Held);
        var blocker = AllName(place, cluster, Reasons.TooFewMachines);
        Assert.Contains("2 not amd64, which the image is for", blocker, StringComparison.Ordinal);
        Assert.Contains(
            WhyNot(place, cluster).Pools[1].Constraints,
            one => one is { Constraint: "architecture of the image, amd64", Failing: 2 }
        );
    }

    [Fact]
    public void A_new_cluster_without_machines_that_fit_is_told_the_same_everywhere()
    {
        using var place = new EngineInWorld(machines: 3).Start();
        var cluster = Some.Cluster(controlPlanes: 3, workers: 1);
        place.Want(cluster);
        place.Pass(TimeSpan.FromMinutes(1));

        AllName(place, cluster, Reasons.TooFewMachines);
        Assert.Equal(1, WhyNot(place, cluster).Pools.Single(pool => pool.Pool.Value is "workers").Missing);
    }

    [Fact]
    public void An_image_that_MAAS_lacks_is_named_everywhere()
    {
        using var place = new EngineInWorld(machines: 4).Start();
        var cluster = Running(place, Some.Cluster(controlPlanes: 1, workers: 1));
        var other = Next(cluster.WithImage("custom/none"));
        place.Want(other);
        place.Pass(TimeSpan.FromMinutes(1));

        AllName(place, other, Reasons.ImageMissing);
    }

    [Fact]
    public void A_pod_network_that_overlaps_the_machines_is_named_everywhere_and_takes_nothing()
    {
        using var place = new EngineInWorld(machines: 4).Start();
        PutOn(place, "192.168.7.0/24");
        var cluster = WithPods(Some.Cluster(controlPlanes: 1, workers: 1), "192.168.0.0/16");
        place.Want(cluster);
        place.Pass(TimeSpan.FromMinutes(10));

        Assert.Empty(place.Held);
        var blocker = AllName(place, cluster, Reasons.SpecInvalid);
        Assert.Equal(
            "podCIDR: '192.168.0.0/16' overlaps 192.168.7.0/24, the subnet in MAAS of 4 machines that the cluster may take, "
                + "host-m01 for one; write 100.64.0.0/14, for example",
            blocker
        );
        Assert.Equal(blocker, Assert.Single(Plan(place, cluster).Blockers).Message);

        // Nothing exists, so the network may become another.
        Running(place, Next(WithPods(cluster, "100.64.0.0/14")));
    }

    [Fact]
    public void A_cluster_that_runs_keeps_its_pod_network_whatever_MAAS_shows_later()
    {
        using var place = new EngineInWorld(machines: 5).Start();
        var cluster = Running(place, WithPods(Some.Cluster(controlPlanes: 1, workers: 1), "192.168.0.0/16"));
        var held = place.Held.Select(machine => machine.Id).ToHashSet();

        PutOn(place, "192.168.7.0/24");
        place.Want(Next(cluster.WithWorkers(2)));
        place.Pass(TimeSpan.FromHours(2));

        Assert.Equal(3, place.Held.Count());
        Assert.Superset(held, place.Held.Select(machine => machine.Id).ToHashSet());
        Assert.All(place.Status(cluster).Conditions, condition => Assert.Equal(ConditionStatus.True, condition.Status));
        Assert.Empty(place.Status(cluster).Machines.SelectMany(machine => machine.StaleReasons));
    }

    [Fact]
    public void A_virtual_IP_of_a_named_subnet_that_overlaps_the_pods_is_not_reserved()
    {
        using var place = new EngineInWorld(machines: 3).Start();
        var cluster = WithPods(
            Some.Cluster(controlPlanes: 1, workers: 1, endpoint: new EndpointChoice.VirtualIp(WorldRegion.SubnetName)),
            "10.0.0.0/16"
        );
        PutOn(place, "172.16.0.0/24");
        place.Want(cluster);
        place.Pass(TimeSpan.FromMinutes(5));

        Assert.Empty(place.Region.Reserved);
        var condition = Assert.Single(place.Status(cluster).Conditions, one => one.Reason is Reasons.AddressUnavailable);
        Assert.Contains("lies in podCIDR 10.0.0.0/16", condition.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_given_endpoint_inside_of_a_network_of_the_cluster_is_refused_and_may_become_another()
    {
        using var place = new EngineInWorld(machines: 3).Start();
        var cluster = Some.Cluster(
            controlPlanes: 1,
            workers: 1,
            endpoint: new EndpointChoice.Given(HostAddress.Parse("10.96.0.9"))
        );
        place.Want(cluster);
        place.Pass(TimeSpan.FromMinutes(5));

        Assert.Empty(place.Held);
        AllName(place, cluster, Reasons.SpecInvalid);
        var other = Running(place, Next(cluster with { Endpoint = new EndpointChoice.Given(HostAddress.Parse("api.example")) }));
        Assert.Equal("api.example", place.Status(other).Endpoint?.Host);
    }

    [Fact]
    public void Machines_below_the_minimum_of_kubeadm_are_told_the_same_everywhere()
    {
        using var place = new EngineInWorld(machines: 1).Start();
        Add(place, 2, cpu: 1);
        Add(place, 3, cpu: 1);
        var cluster = Some.Cluster(controlPlanes: 3);

        place.Want(cluster);
        place.Pass(TimeSpan.FromMinutes(5));

        Assert.Empty(place.Held);
        Assert.Contains(
            "2 below kubeadm's minimum for a control plane",
            AllName(place, cluster, Reasons.TooFewMachines),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Installations_that_keep_failing_are_named_everywhere()
    {
        using var place = new EngineInWorld(machines: 8).Start();
        var cluster = Some.Cluster(controlPlanes: 1, workers: 1);
        place.FailDeployments();
        place.Want(cluster);
        place.Until(cluster, status => status.Conditions.Any(condition => condition.Reason is Reasons.InstallationFails));
        place.Pass(TimeSpan.FromMinutes(5));

        AllName(place, cluster, Reasons.InstallationFails);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void An_alarm_of_etcd_that_stops_an_upgrade_is_named_everywhere(bool contracts)
    {
        using var place = new EngineInWorld(machines: 6).Start();
        var cluster = Running(place, Rolling(Some.Cluster(controlPlanes: 3), contracts));
        place.Until(() => place.Inside(cluster).Etcd.TrueForAll(member => member.Voting));
        place.Inside(cluster).Etcd[1].Alarms = ["NOSPACE"];
        var upgraded = Next(cluster.WithVersion("1.34.1"));

        place.Want(upgraded);
        place.Pass(TimeSpan.FromMinutes(10));

        var blocker = AllName(place, upgraded, Reasons.EtcdAlarm);
        Assert.Contains("NOSPACE", blocker, StringComparison.Ordinal);
    }

    [Fact]
    public void A_sick_member_of_etcd_that_a_replacement_waits_for_is_named_everywhere()
    {
        using var place = new EngineInWorld(machines: 4).Start();
        var cluster = Running(place, Some.Cluster(controlPlanes: 3));
        place.Until(() => place.Inside(cluster).Etcd.TrueForAll(member => member.Voting));
        var sick = place.Inside(cluster).Etcd[2].Machine;
        place.Machines.SickenEtcd(sick, sick: true);
        var replaced = Next(cluster) with { Replace = [place.Inside(cluster).Etcd[0].Machine.Id] };

        place.Want(replaced);
        place.Pass(TimeSpan.FromHours(1));

        Assert.Contains(
            $"the member of etcd on {sick.Hostname} does not answer",
            AllName(place, replaced, Reasons.EtcdUnhealthy),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void A_step_of_etcd_that_is_not_safe_is_refused_everywhere_until_every_member_has_a_version_from_which_it_is()
    {
        using var place = new EngineInWorld(machines: 4).Start();
        var cluster = Running(place, Some.Cluster(controlPlanes: 3).WithVersion("1.36.5"));
        var upgraded = cluster.WithVersion("1.37.1") with { Nodes = cluster.Nodes with { EtcdImageTag = "3.7.0-0" } };
        var before = place.Script.Acts.Count;
        place.Want(upgraded);
        place.Pass(TimeSpan.FromMinutes(10));

        var said = AllName(place, upgraded, Reasons.EtcdTooOld);
        Assert.Contains("runs etcd 3.6.8; write kubeadmconfig.etcd.imageTag 3.6.11-0", said, StringComparison.Ordinal);
        Assert.DoesNotContain(place.Script.Acts[before..], act => act.Kind is ActKind.SetVersion or ActKind.Allocate);

        var patched = cluster with { Generation = 3, Nodes = cluster.Nodes with { EtcdImageTag = "3.6.14-0" } };
        place.Want(patched);
        place.Until(() =>
            place.Inside(cluster).Etcd is { Count: 3 } members
            && members.TrueForAll(member => member.Version == new Version(3, 6, 14))
        );
        place.Want(upgraded with { Generation = 4 });
        place.Until(
            cluster,
            status => status is { KubernetesVersion: var reached } && reached == KubernetesVersion.Parse("1.37.1")
        );
    }

    [Fact]
    public void A_quorum_that_a_replacement_would_break_is_named_everywhere()
    {
        using var place = new EngineInWorld(machines: 4).Start();
        var cluster = Running(place, Rolling(Some.Cluster(controlPlanes: 3), contracts: true));
        place.Until(() => place.Inside(cluster).Etcd.TrueForAll(member => member.Voting));
        place.Machines.SickenEtcd(place.Inside(cluster).Etcd[2].Machine, sick: true);
        var replaced = Next(cluster) with { Replace = [place.Inside(cluster).Etcd[0].Machine.Id] };

        place.Want(replaced);
        place.Pass(TimeSpan.FromMinutes(10));

        AllName(place, replaced, Reasons.QuorumAtRisk);
    }

    [Fact]
    public void What_keeps_the_engine_from_acting_at_all_answers_every_question()
    {
        using var place = new EngineInWorld(machines: 6).Start();
        var cluster = Running(place, Some.Cluster(controlPlanes: 1, workers: 1));
        var backup = ((MemoryLedger)place.Ledger).Copy();
        var grown = cluster.WithWorkers(3);
        place.Want(grown);
        place.Until(cluster, status => status is { Progress: 100, ObservedGeneration: 2 });

        place.ChangeKey(new MaasUser("admin", IsAdmin: true));
        AllRefuse(place, grown, Reasons.OtherMaasUser);
        place.ChangeKey(WorldDataCentre.Operator);
        place.Until(cluster, status => status.Health is Health.Healthy);

        place.Stop();
        place.Ledger = backup;
        place.Start();
        AllRefuse(place, grown, Reasons.LedgerOutdated);
    }

    private static void PutOn(EngineInWorld place, string subnet)
    {
        foreach (var machine in place.Region.Machines)
        {
            machine.Subnets = [subnet];
            place.Region.Changed(machine);
        }
    }

    private static ClusterSpec WithPods(ClusterSpec cluster, string pods) =>
        cluster with
        {
            Network = cluster.Network with { PodCidr = Cidr.Parse(pods) },
        };

    private static void Add(EngineInWorld place, int number, int cpu = 8, string architecture = "amd64") =>
        place.Region.Add(
            new WorldMachine
            {
                Index = number,
                Id = new SystemId($"m{number:00}"),
                Hostname = $"host-m{number:00}",
                Address = $"10.0.0.{number}",
                Zone = "az1",
                Pool = "default",
                Tags = [],
                Cpu = cpu,
                MemoryMiB = 16384,
                Disk = 500_000_000_000,
                Architecture = architecture,
            }
        );

    /// <summary>
    /// The plan, why-not, the status and the explanation name it, in the same words: as what blocks the cluster, or as what it
    /// waits for. Returns the message.
    /// </summary>
    /// <param name="actionRequired">Whether an operator has to act.</param>
    private static string AllName(EngineInWorld place, ClusterSpec cluster, string reason, bool actionRequired = true)
    {
        var message = place.Status(cluster).Conditions.First(condition => condition.Reason == reason).Message;
        var plan = Plan(place, cluster);
        Assert.Contains(message, plan.Blockers.Select(blocker => blocker.Message).Concat(plan.Pending));
        var whyNot = WhyNot(place, cluster);
        Assert.Equal(plan.Blockers, whyNot.Blockers);
        Assert.Equal(plan.Pending, whyNot.Pending);
        IsExplained(place, cluster, reason, message, actionRequired);
        return message;
    }

    private static void IsExplained(
        EngineInWorld place,
        ClusterSpec cluster,
        string reason,
        string message,
        bool actionRequired = true
    )
    {
        var explanation = ExplainOf(place, cluster);
        Assert.Equal(
            (reason, $"{message.TrimEnd('.')}.", actionRequired),
            (explanation.Reason, explanation.Cause, explanation.ActionRequired)
        );
    }

    private static Explanation ExplainOf(EngineInWorld place, ClusterSpec cluster) =>
        Explain.Write(
            cluster,
            place.Status(cluster),
            new Surroundings("dc1", GatewayOnline: true, GatewaySince: null, AccountPresent: true),
            place.Time.Now
        );

    /// <summary>There is no plan and no list of machines; the refusal is the cause that status and explanation name.</summary>
    private static void AllRefuse(EngineInWorld place, ClusterSpec cluster, string reason)
    {
        place.Until(cluster, status => status.Conditions.Any(condition => condition.Reason == reason));
        var message = Assert.Single(place.Status(cluster).Conditions, condition => condition.Reason == reason).Message;
        Assert.Equal(message, Assert.Throws<RegionException>(() => Plan(place, cluster)).Message);
        Assert.Equal(message, Assert.Throws<RegionException>(() => WhyNot(place, cluster)).Message);
        IsExplained(place, cluster, reason, message);
    }

    private static PlanDocument Plan(EngineInWorld place, ClusterSpec cluster) =>
        place.Now(() => place.Engine.PlanAsync(cluster, default));

    private static WhyNotDocument WhyNot(EngineInWorld place, ClusterSpec cluster) =>
        place.Now(() => place.Engine.WhyNotAsync(cluster, default));

    private static ClusterSpec Running(EngineInWorld place, ClusterSpec cluster)
    {
        place.Want(cluster);
        place.Until(() => place.Is(cluster, ClusterPhase.Running));
        return cluster;
    }

    private static ClusterSpec Next(ClusterSpec cluster) => cluster with { Generation = cluster.Generation + 1 };

    private static ClusterSpec Rolling(ClusterSpec cluster, bool contracts) =>
        cluster with
        {
            Pools =
            [
                .. cluster.Pools.Select(pool =>
                    pool with
                    {
                        // The only control plane cannot leave first.
                        RollingUpdate =
                            contracts && (pool.Role is PoolRole.Worker || pool.Size > 1)
                                ? RollingUpdate.ContractFirst
                                : RollingUpdate.ExpandFirst,
                    }
                ),
            ],
        };

    private static ClusterSpec ControlPlaneTagged(ClusterSpec cluster) =>
        cluster with
        {
            Pools =
            [
                .. cluster.Pools.Select(pool =>
                    pool.Role is PoolRole.ControlPlane ? pool with { Placement = new PoolPlacement { Tags = ["etcd"] } } : pool
                ),
            ],
        };
}
