using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Engine.Ports;
using Gantry.Engine.Tests.Support;
using Gantry.Simulator.Ports;
using Gantry.Simulator.World;

namespace Gantry.Engine.Tests;

/// <summary>Calls whose answer is lost, that arrive late or twice: what they did is neither forgotten nor done again.</summary>
public sealed class LostAnswerTests
{
    private static readonly SystemId M01 = new("m01");

    [Fact]
    public void An_address_reserved_twice_stays_reserved()
    {
        using var place = new EngineInWorld(machines: 1);
        Once(place, ActKind.Reserve, Fate.Twice);
        var cluster = Some.Cluster();
        place.Want(cluster);
        place.Start();

        place.Until(() => place.Is(cluster, ClusterPhase.Running));

        Assert.Equal(place.Region.Reserved.Keys.Single(), place.Status(cluster).Endpoint!.Host);
    }

    [Fact]
    public void An_allocation_that_may_still_arrive_is_not_forgotten_because_MAAS_refuses_the_next_one()
    {
        using var place = new EngineInWorld(machines: 2);
        var calls = 0;
        place.Script.Interfere = call =>
            !call.Is(ActKind.Allocate, M01) ? Fate.Arrives
            : ++calls is 1 ? Fate.Late
            : place.Script.Allocations(M01) is 0 ? Fate.Conflict
            : Fate.Arrives;
        var cluster = Some.Cluster();
        place.Want(cluster);
        place.Start();

        place.Until(() => calls > 1);
        Assert.Empty(place.Held);
        place.Until(() => place.Is(cluster, ClusterPhase.Running));

        Assert.Equal(M01, Assert.Single(place.Held).Id);
        Assert.Equal(1, place.Script.Allocations(M01));
    }

    [Fact]
    public void A_deletion_waits_for_an_installation_that_may_still_arrive()
    {
        using var place = new EngineInWorld(machines: 1);
        place.Script.Interfere = call => call.Is(ActKind.Deploy) ? Fate.Late : Fate.Arrives;
        var cluster = Some.Cluster();
        place.Want(cluster);
        place.Start();
        place.Until(() => place.Script.Sent(ActKind.Deploy));

        place.Want(cluster.Deleted(place.Time.Now));
        place.Until(() => place.Is(cluster, ClusterPhase.Deleted));

        Assert.Empty(place.Held);
        Assert.Equal(
            [ActKind.Deploy, ActKind.Release],
            place.Script.Acts.Where(act => act.Kind is ActKind.Deploy or ActKind.Release).Select(act => act.Kind)
        );
    }

    [Fact]
    public void A_DNS_record_overwritten_by_a_late_call_is_corrected()
    {
        using var place = new EngineInWorld(machines: 1);
        var cluster = Some.Cluster(endpoint: new EndpointChoice.MaasDns(DnsName.Parse("dc1.example")));
        place.Want(cluster);
        place.Start();
        place.Until(() => place.Is(cluster, ClusterPhase.Running));
        var right = place.Region.Dns["demo-api.dc1.example"];

        place.Region.RecordDns("demo-api.dc1.example", []);
        place.Pass(TimeSpan.FromMinutes(35));

        Assert.Equal(right, place.Region.Dns["demo-api.dc1.example"]);
    }

    [Fact]
    public void A_node_whose_cordon_had_no_answer_is_uncordoned_when_its_pool_needs_it()
    {
        using var place = new EngineInWorld(machines: 3);
        var cluster = Some.Cluster(controlPlanes: 1, workers: 2);
        place.Want(cluster);
        place.Start();
        place.Until(() => place.Is(cluster, ClusterPhase.Running));
        place.Script.Interfere = call => call.Is(ActKind.Cordon) ? Fate.AnswerLost : Fate.Arrives;

        place.Want(cluster.WithWorkers(1));
        place.Until(() => place.Inside(cluster).Nodes.Values.Any(node => node.Unschedulable));
        place.Want(cluster.WithWorkers(2) with { Generation = 3 });
        place.Script.Interfere = _ => Fate.Arrives;
        place.Until(() => place.Status(cluster) is { ObservedGeneration: 3, Health: Health.Healthy, Machines.Count: 3 });
        place.Pass(TimeSpan.FromMinutes(1));

        Assert.DoesNotContain(place.Inside(cluster).Nodes.Values, node => node.Unschedulable);
        Assert.Equal(2, place.Status(cluster).Machines.Count(machine => machine is { Role: PoolRole.Worker, State: "Ready" }));
    }

    [Fact]
    public void A_node_stays_cordoned_until_a_call_that_takes_it_away_cannot_arrive_any_more()
    {
        using var place = new EngineInWorld(machines: 3);
        var cluster = Some.Cluster(controlPlanes: 1, workers: 2);
        place.Want(cluster);
        place.Start();
        place.Until(() => place.Is(cluster, ClusterPhase.Running));
        place.Script.Interfere = call => call.Is(ActKind.Cordon) ? Fate.Late : Fate.Arrives;
        place.Want(cluster.WithWorkers(1));
        place.Until(() => place.Script.Sent(ActKind.Cordon));

        place.Script.Interfere = _ => Fate.Arrives;
        place.Want(cluster.WithWorkers(2) with { Generation = 3 });
        place.Until(() => place.Script.Acts.Exists(act => act.Kind is ActKind.Cordon));
        place.Until(() => place.Status(cluster) is { ObservedGeneration: 3, Health: Health.Healthy, Machines.Count: 3 });

        Assert.DoesNotContain(place.Inside(cluster).Nodes.Values, node => node.Unschedulable);
    }

    [Fact]
    public void A_machine_is_not_given_back_while_an_earlier_allocation_may_still_take_it_again()
    {
        using var place = new EngineInWorld(machines: 2);
        var calls = 0;
        place.Script.Interfere = call => call.Is(ActKind.Allocate) && ++calls is 1 ? Fate.Late : Fate.Arrives;
        var cluster = Some.Cluster();
        place.Want(cluster);
        place.Start();
        place.Until(cluster, status => status.Machines.Any(machine => machine.State is "Allocated" or "Deploying"));

        place.Want(cluster.Deleted(place.Time.Now));
        place.Pass(TimeSpan.FromSeconds(20));
        Assert.False(place.Script.Sent(ActKind.Release));

        place.Until(() => place.Is(cluster, ClusterPhase.Deleted));
        Assert.Empty(place.Held);
    }

    [Fact]
    public void A_kubeadm_version_change_without_an_answer_is_reverted_with_the_desired_version()
    {
        using var place = new EngineInWorld(machines: 3);
        var cluster = Some.Cluster(controlPlanes: 1, workers: 1);
        place.Want(cluster);
        place.Start();
        place.Until(() => place.Is(cluster, ClusterPhase.Running));
        var lost = false;
        place.Script.Interfere = call => call.Is(ActKind.SetVersion) && !lost && (lost = true) ? Fate.AnswerLost : Fate.Arrives;

        place.Want(cluster with { Generation = 2, KubernetesVersion = KubernetesVersion.Parse("1.34.1") });
        place.Until(() => lost);
        place.Want(cluster with { Generation = 3 });
        place.Until(() =>
            place.Status(cluster) is { ObservedGeneration: 3, Health: Health.Healthy }
            && place.Events.Exists(happened => happened is { Reason: "Reached", Generation: 3 })
        );

        Assert.Equal(cluster.KubernetesVersion, place.Inside(cluster).KubeadmVersion);
    }

    [Fact]
    public void The_residue_of_a_forced_deletion_without_MAAS_is_released_when_MAAS_is_back()
    {
        using var place = new EngineInWorld(machines: 2);
        place.Script.Interfere = call => call.Is(ActKind.Allocate) ? Fate.AnswerLost : Fate.Arrives;
        var cluster = Some.Cluster(workers: 1);
        place.Want(cluster);
        place.Start();
        place.Pass(TimeSpan.FromSeconds(1));
        place.Script.MaasFails = new RegionException(RegionFailure.Unreachable, "down");
        cluster = cluster.Deleted(place.Time.Now);
        place.Want(cluster);
        place.Pass(TimeSpan.FromMinutes(16));
        place.Want(cluster with { Generation = 3, Deletion = cluster.Deletion! with { Force = true } });
        place.Until(() => place.Is(cluster, ClusterPhase.Deleted));
        Assert.NotEmpty(place.Status(cluster).Residue);

        place.Script.MaasFails = null;
        place.Forget(cluster);
        place.Until(() => place.Now(() => place.Ledger.LoadAsync(default)).Count is 0);

        Assert.Empty(place.Held);
        Assert.Empty(place.Status(cluster).Residue);
    }

    private static void Once(EngineInWorld place, ActKind act, Fate fate)
    {
        var done = false;
        place.Script.Interfere = call =>
        {
            if (done || !call.Is(act))
            {
                return Fate.Arrives;
            }

            done = true;
            return fate;
        };
    }
}
