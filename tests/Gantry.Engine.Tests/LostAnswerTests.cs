using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Engine.Tests.Fakes;

namespace Gantry.Engine.Tests;

/// <summary>Calls whose answer is lost, that arrive late or twice: what they did is neither forgotten nor done again.</summary>
public sealed class LostAnswerTests
{
    [Fact]
    public void An_address_whose_reservation_was_delivered_twice_stays_ours()
    {
        using var place = new DataCentre(machines: 1);
        Once(place, "reserve", Mishap.Twice);
        var cluster = Some.Cluster();
        place.Want(cluster);
        place.Start();

        place.Until(() => place.Is(cluster, ClusterPhase.Running));

        Assert.Equal(place.Maas.Reserved.Single(), place.Status(cluster).Endpoint!.Host);
    }

    [Fact]
    public void An_allocation_that_may_still_arrive_is_not_forgotten_because_MAAS_refuses_the_next_one()
    {
        using var place = new DataCentre(machines: 2);
        var calls = 0;
        place.Maas.Interfere = call =>
            !call.StartsWith("allocate m01", StringComparison.Ordinal) ? Mishap.None
            : ++calls is 1 ? Mishap.Late
            : calls is 2 or 3 ? Mishap.Busy
            : Mishap.None;
        var cluster = Some.Cluster();
        place.Want(cluster);
        place.Start();

        place.Until(() => calls > 2);
        place.Maas.Late.Dequeue()();
        place.Until(() => place.Is(cluster, ClusterPhase.Running));

        Assert.Equal("m01", Assert.Single(place.Maas.Held).Id);
        Assert.Equal(1, place.Maas.Allocations["m01"]);
    }

    [Fact]
    public void A_cluster_that_goes_away_waits_for_an_installation_that_may_still_arrive()
    {
        using var place = new DataCentre(machines: 1);
        place.Maas.Interfere = call => call.StartsWith("deploy", StringComparison.Ordinal) ? Mishap.Late : Mishap.None;
        var cluster = Some.Cluster();
        place.Want(cluster);
        place.Start();
        place.Until(() => place.Maas.Late.Count > 0);

        place.Want(cluster.Deleted(place.Time.GetUtcNow()));
        place.Pass(TimeSpan.FromSeconds(20));
        place.Maas.Late.Dequeue()();
        place.Until(() => place.Is(cluster, ClusterPhase.Deleted));

        Assert.Empty(place.Maas.Held);
        Assert.True(place.Maas.Calls.FindLastIndex(call => call.StartsWith("release m01", StringComparison.Ordinal)) > 0);
    }

    [Fact]
    public void A_DNS_record_that_a_late_call_has_overwritten_is_put_right()
    {
        using var place = new DataCentre(machines: 1);
        var cluster = Some.Cluster(endpoint: new EndpointChoice.MaasDns("dc1.example"));
        place.Want(cluster);
        place.Start();
        place.Until(() => place.Is(cluster, ClusterPhase.Running));
        var right = place.Maas.Dns["demo-api.dc1.example"];

        place.Maas.Dns["demo-api.dc1.example"] = [];
        place.Pass(TimeSpan.FromMinutes(35));

        Assert.Equal(right, place.Maas.Dns["demo-api.dc1.example"]);
    }

    [Fact]
    public void A_node_that_was_cordoned_without_an_answer_serves_again_when_its_pool_needs_it_after_all()
    {
        using var place = new DataCentre(machines: 3);
        var cluster = Some.Cluster(controlPlanes: 1, workers: 2);
        place.Want(cluster);
        place.Start();
        place.Until(() => place.Is(cluster, ClusterPhase.Running));
        place.Maas.Interfere = call => call is "CordonAsync" ? Mishap.AnswerLost : Mishap.None;

        place.Want(cluster.WithWorkers(1));
        place.Until(() => place.Maas.ClusterOf("id-demo").Nodes.Values.Any(node => node.Unschedulable));
        place.Want(cluster.WithWorkers(2) with { Generation = 3 });
        place.Maas.Interfere = _ => Mishap.None;
        place.Until(() => place.Status(cluster) is { ObservedGeneration: 3, Health: Health.Healthy, Machines.Count: 3 });
        place.Pass(TimeSpan.FromMinutes(1));

        Assert.DoesNotContain(place.Maas.ClusterOf("id-demo").Nodes.Values, node => node.Unschedulable);
        Assert.Equal(2, place.Status(cluster).Machines.Count(machine => machine is { Role: PoolRole.Worker, State: "Ready" }));
    }

    [Fact]
    public void A_node_stays_cordoned_until_a_call_that_takes_it_away_cannot_arrive_any_more()
    {
        using var place = new DataCentre(machines: 3);
        var cluster = Some.Cluster(controlPlanes: 1, workers: 2);
        place.Want(cluster);
        place.Start();
        place.Until(() => place.Is(cluster, ClusterPhase.Running));
        place.Maas.Interfere = call => call is "CordonAsync" ? Mishap.Late : Mishap.None;
        place.Want(cluster.WithWorkers(1));
        place.Until(() => place.Maas.Late.Count > 0);

        place.Maas.Interfere = _ => Mishap.None;
        place.Want(cluster.WithWorkers(2) with { Generation = 3 });
        place.Pass(TimeSpan.FromSeconds(20));
        place.Maas.Late.Dequeue()();
        place.Until(() => place.Status(cluster) is { ObservedGeneration: 3, Health: Health.Healthy, Machines.Count: 3 });

        Assert.DoesNotContain(place.Maas.ClusterOf("id-demo").Nodes.Values, node => node.Unschedulable);
    }

    [Fact]
    public void A_machine_is_not_given_back_while_an_earlier_allocation_may_still_take_it_again()
    {
        using var place = new DataCentre(machines: 2);
        var calls = 0;
        place.Maas.Interfere = call =>
            call.StartsWith("allocate", StringComparison.Ordinal) && ++calls is 1 ? Mishap.Late : Mishap.None;
        var cluster = Some.Cluster();
        place.Want(cluster);
        place.Start();
        place.Until(() => place.Status(cluster).Machines.Any(machine => machine.State is "Allocated" or "Deploying"));

        place.Want(cluster.Deleted(place.Time.GetUtcNow()));
        place.Pass(TimeSpan.FromSeconds(20));
        Assert.DoesNotContain(place.Maas.Calls, call => call.StartsWith("release", StringComparison.Ordinal));

        place.Until(() => place.Is(cluster, ClusterPhase.Deleted));
        Assert.Empty(place.Maas.Held);
    }

    [Fact]
    public void A_change_of_kubeadms_version_whose_answer_was_lost_is_put_right_when_the_wish_is_taken_back()
    {
        using var place = new DataCentre(machines: 3);
        var cluster = Some.Cluster(controlPlanes: 1, workers: 1);
        place.Want(cluster);
        place.Start();
        place.Until(() => place.Is(cluster, ClusterPhase.Running));
        var lost = false;
        place.Maas.Interfere = call =>
            call is "SetKubernetesVersionAsync" && !lost && (lost = true) ? Mishap.AnswerLost : Mishap.None;

        place.Want(cluster with { Generation = 2, KubernetesVersion = KubernetesVersion.Parse("1.34.1") });
        place.Until(() => lost);
        place.Want(cluster with { Generation = 3 });
        place.Until(() =>
            place.Status(cluster) is { ObservedGeneration: 3, Health: Health.Healthy }
            && place.Events.Exists(happened => happened is { Reason: "Reached", Generation: 3 })
        );

        Assert.Equal($"{cluster.KubernetesVersion}", place.Maas.ClusterOf("id-demo").KubeadmVersion);
    }

    [Fact]
    public void What_a_forced_deletion_left_behind_before_MAAS_was_ever_asked_goes_when_MAAS_is_back()
    {
        using var place = new DataCentre(machines: 2);
        place.Maas.Interfere = call => call.StartsWith("allocate", StringComparison.Ordinal) ? Mishap.AnswerLost : Mishap.None;
        var cluster = Some.Cluster(workers: 1);
        place.Want(cluster);
        place.Start();
        place.Pass(TimeSpan.FromSeconds(1));
        place.Maas.Down = new Engine.Ports.RegionException(Engine.Ports.RegionFailure.Unreachable, "down");
        cluster = cluster.Deleted(place.Time.GetUtcNow());
        place.Want(cluster);
        place.Pass(TimeSpan.FromMinutes(16));
        place.Want(cluster with { Generation = 3, Deletion = cluster.Deletion! with { Force = true } });
        place.Until(() => place.Is(cluster, ClusterPhase.Deleted));
        Assert.NotEmpty(place.Status(cluster).Residue);

        place.Maas.Down = null;
        place.Until(() => place.Now(() => place.Ledger.LoadAsync(default)).Count is 0);

        Assert.Empty(place.Maas.Held);
        Assert.Empty(place.Status(cluster).Residue);
    }

    private static void Once(DataCentre place, string call, Mishap mishap)
    {
        var done = false;
        place.Maas.Interfere = name =>
        {
            if (done || !name.StartsWith(call, StringComparison.Ordinal))
            {
                return Mishap.None;
            }

            done = true;
            return mishap;
        };
    }
}
