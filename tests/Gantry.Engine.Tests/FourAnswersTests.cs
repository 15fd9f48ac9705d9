using Gantry.Clusters.Explaining;
using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Engine.Tests.Support;
using Gantry.Simulator.World;

namespace Gantry.Engine.Tests;

/// <summary>
/// The plan, why-not, the status and the explanation of a cluster name the same cause in the same words, before the change is
/// made and after it.
/// </summary>
public sealed class FourAnswersTests
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
        Assert.Equal(blocker.Message, Assert.Single(asked.Blockers).Message);
        Assert.Contains("7 less than 4194304 MiB of memory", blocker.Message, StringComparison.Ordinal);
        var pool = WhyNot(place, wrong).Pools.Single(pool => pool.Pool.Value is "workers");
        Assert.Equal((1, 0), (pool.Missing, pool.Fitting));
        Assert.Contains(pool.Constraints, one => one is { Constraint: "memory ≥ 4194304 MiB", Failing: 9 });
        Assert.NotEmpty(pool.Relaxations);

        place.Want(Next(wrong.Workers(pool => pool with { Placement = new PoolPlacement() })));
        place.Until(cluster, status => status.Conditions.All(condition => condition.Status is ConditionStatus.True));
        Assert.Equal(held, place.Held.Select(machine => machine.Id).ToHashSet());
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
        Assert.Contains("without the tag etcd", blocker.Message, StringComparison.Ordinal);
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
        AddArm(place, 2);
        AddArm(place, 3);
        var cluster = Some.Cluster(controlPlanes: 1, workers: 1);

        place.Want(cluster);
        place.Pass(TimeSpan.FromMinutes(5));

        Assert.Empty(place.Held);
        var blocker = AllName(place, cluster, Reasons.TooFewMachines);
        Assert.Contains("2 not amd64, which the image is for", blocker.Message, StringComparison.Ordinal);
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
            blocker.Message
        );
        Assert.Equal(blocker, Assert.Single(WhyNot(place, cluster).Blockers));
        Assert.Equal(blocker, Assert.Single(Plan(place, cluster).Blockers));

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

    private static void AddArm(EngineInWorld place, int number) =>
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
                Cpu = 8,
                MemoryMiB = 16384,
                Disk = 500_000_000_000,
                Architecture = "arm64",
            }
        );

    /// <summary>The plan, the status and the explanation name it, in the same words.</summary>
    private static Blocker AllName(EngineInWorld place, ClusterSpec cluster, string reason)
    {
        var blocker = Assert.Single(Plan(place, cluster).Blockers, blocker => blocker.Reason == reason);
        var status = place.Status(cluster);
        Assert.Equal(blocker.Message, Assert.Single(status.Conditions, condition => condition.Reason == reason).Message);
        var around = new Surroundings("dc1", GatewayOnline: true, GatewaySince: null, AccountPresent: true);
        var explanation = Explain.Write(cluster, status, around, place.Time.Now);
        Assert.Equal((reason, $"{blocker.Message}."), (explanation.Reason, explanation.Cause));
        Assert.True(explanation.ActionRequired);
        return blocker;
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
        cluster.Workers(pool =>
            pool with
            {
                RollingUpdate = contracts ? RollingUpdate.ContractFirst : RollingUpdate.ExpandFirst,
            }
        );

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
