using Gantry.Clusters.Explaining;
using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Engine.Tests.Support;
using Gantry.Simulator.World;

namespace Gantry.Engine.Tests;

/// <summary>
/// An endpoint that somebody else's load balancer serves: the addresses that belong behind it are told, no machine is blamed for it,
/// and the last control plane that it reaches stays.
/// </summary>
public sealed class GivenEndpointTests
{
    private const string Host = "api.example";

    [Theory]
    [InlineData(Host)]
    [InlineData("10.9.9.9")]
    public void A_machine_whose_kubeadm_init_does_not_reach_the_endpoint_is_not_blamed_and_its_address_is_told(string host)
    {
        using var place = new EngineInWorld(machines: 3).Start();
        var cluster = Some.Cluster(controlPlanes: 1, workers: 1, endpoint: Given(host));
        Balance(place, cluster);
        place.Want(cluster);
        place.Until(cluster, status => status.Conditions.Any(one => one.Reason is Reasons.EndpointUnreached));
        place.Pass(TimeSpan.FromHours(5));

        Assert.Empty(Quarantine(place));
        var first = place[place.Status(cluster).Machines.Single(machine => machine.Role is PoolRole.ControlPlane).SystemId];
        Assert.Equal(1, first.Deployments);
        var message = AllName(place, cluster);
        Assert.Contains($"{host}:6443 reaches no control plane", message, StringComparison.Ordinal);
        Assert.Contains($"put {first.Address} ({first.Hostname}) behind it", message, StringComparison.Ordinal);
        Assert.Equal([first.Address], place.Status(cluster).Backends?.Add);

        // The machine is installed again, because nothing runs its kubeadm init a second time.
        Balance(place, cluster, first.Address);
        place.Until(() => place.Is(cluster, ClusterPhase.Running), TimeSpan.FromHours(3));
        Assert.Empty(Quarantine(place));
        Assert.Equal(new EndpointBackends([first.Address], [first.Address], [], []), place.Status(cluster).Backends);
    }

    [Fact]
    public void Machines_that_cannot_join_through_the_endpoint_wait_for_it_and_are_not_blamed()
    {
        using var place = new EngineInWorld(machines: 8).Start();
        var cluster = Running(place, Some.Cluster(controlPlanes: 1, workers: 1, endpoint: Given(Host)));
        var serving = Assert.Single(place.Status(cluster).Backends!.Belong);
        Balance(place, cluster, "10.0.99.99");
        place.Pass(TimeSpan.FromMinutes(2));
        var grown = Next(cluster.Workers(pool => pool with { Size = 4 }));
        place.Want(grown);
        place.Pass(TimeSpan.FromHours(8));

        Assert.Empty(Quarantine(place));
        Assert.DoesNotContain(place.Status(grown).Conditions, condition => condition.Reason is Reasons.InstallationFails);
        var message = AllName(place, grown);
        Assert.Contains("(connection refused): put", message, StringComparison.Ordinal);
        Assert.Contains(serving, message, StringComparison.Ordinal);

        Balance(place, cluster, serving);
        place.Until(grown, status => status.Machines.Count(machine => machine.State is "Ready") is 5);
        Assert.Empty(Quarantine(place));
        Assert.All(place.Held, machine => Assert.Equal(1, machine.Deployments));
    }

    [Fact]
    public void The_last_control_plane_that_the_endpoint_reaches_leaves_when_it_reaches_one_that_stays()
    {
        using var place = new EngineInWorld(machines: 9).Start();
        var cluster = Running(place, Some.Cluster(controlPlanes: 3, workers: 1, endpoint: Given(Host)));
        var old = place.Status(cluster).Backends!.Belong;
        Assert.Equal(3, old.Count);
        Balance(place, cluster, [.. old]);
        place.Pass(TimeSpan.FromMinutes(2));

        var upgraded = Next(cluster.WithVersion("1.33.9"));
        var asked = place.Now(() => place.Engine.PlanAsync(upgraded, default));
        Assert.Equal(2, asked.Warnings!.Count);
        Assert.Contains("put host-m", asked.Warnings[0], StringComparison.Ordinal);
        Assert.All(old, address => Assert.Contains(address, asked.Warnings[1], StringComparison.Ordinal));
        Assert.Equal(3, asked.Steps.Count(step => step.Action is "RemoveEtcdMember"));

        place.Want(upgraded);
        place.Until(
            upgraded,
            status => status.Conditions.Any(one => one.Reason is Reasons.EndpointUnreached),
            TimeSpan.FromHours(12)
        );
        place.Pass(TimeSpan.FromHours(5));

        // Two have been replaced; the third is the last that people and nodes reach.
        var reached = place.Inside(upgraded).Etcd.Where(member => old.Contains(member.Machine.Address)).ToList();
        var last = Assert.Single(reached).Machine;
        Assert.False(place.Inside(upgraded).Nodes[last.Hostname].Unschedulable);
        var message = AllName(place, upgraded);
        Assert.StartsWith(
            $"{last.Hostname} leaves when {Host}:6443 reaches a control plane that stays: put ",
            message,
            StringComparison.Ordinal
        );
        var backends = place.Status(upgraded).Backends!;
        Assert.Equal((3, 2), (backends.Add.Except(old).Count(), backends.Remove.Intersect(old).Count()));
        Assert.Contains($"and take {last.Address} ({last.Hostname}) away", message, StringComparison.Ordinal);

        Balance(place, cluster, [last.Address, backends.Add[0]]);
        place.Until(
            upgraded,
            status => status.Machines.All(machine => machine.KubernetesVersion is "1.33.9") && status.Machines.Count is 4
        );
        Assert.Empty(Quarantine(place));
        place.Pass(TimeSpan.FromMinutes(10));
        Assert.Contains(last.Address, place.Status(upgraded).Backends!.Remove);

        // Without failing connections, what is gone from the cluster is gone from the endpoint.
        Balance(place, cluster, [.. place.Status(upgraded).Backends!.Belong]);
        place.Pass(TimeSpan.FromMinutes(10));
        Assert.Equal(([], []), (place.Status(upgraded).Backends!.Add, place.Status(upgraded).Backends!.Remove));
    }

    [Fact]
    public void A_new_control_plane_that_cannot_be_seen_in_use_is_not_begun_anew_for_its_endpoint()
    {
        using var place = new EngineInWorld(machines: 4).Start();
        var cluster = Some.Cluster(controlPlanes: 1, workers: 2, endpoint: Given("10.9.9.9"));
        place.Want(cluster);
        place.Until(
            cluster,
            status => status.Conditions.Any(one => one is { Type: "ControlPlaneReady", Status: ConditionStatus.True })
        );
        var serving = Assert.Single(place.Inside(cluster).Etcd).Machine;
        Balance(place, cluster, "10.0.99.99");

        place.Pass(TimeSpan.FromHours(3));

        Assert.Equal(1, place.Inside(cluster).Incarnation);
        Assert.Empty(Quarantine(place));
        AllName(place, cluster);
        Balance(place, cluster, serving.Address);
        place.Until(() => place.Is(cluster, ClusterPhase.Running));
        Assert.Equal(1, place.Inside(cluster).Incarnation);
    }

    [Fact]
    public void A_machine_whose_kubeadm_fails_for_another_reason_goes_to_quarantine_as_ever()
    {
        using var place = new EngineInWorld(machines: 3).Start();
        foreach (var machine in place.Region.Machines)
        {
            machine.KubeadmRefuses = "'kubeadm init' failed: [ERROR NumCPU]";
        }

        var cluster = Some.Cluster(controlPlanes: 1, workers: 0, endpoint: Given(Host));
        Balance(place, cluster);
        place.Want(cluster);
        place.Pass(TimeSpan.FromHours(2));

        Assert.NotEmpty(Quarantine(place));
        Assert.DoesNotContain(place.Status(cluster).Conditions, condition => condition.Reason is Reasons.EndpointUnreached);
    }

    private static EndpointChoice.Given Given(string host) => new(HostAddress.Parse(host));

    private static void Balance(EngineInWorld place, ClusterSpec cluster, params string[] addresses) =>
        place.Machines.Balance(cluster.Id, addresses);

    private static IReadOnlyList<QuarantineEntry> Quarantine(EngineInWorld place) =>
        place.Now(() => place.Engine.ListQuarantineAsync(default));

    /// <summary>Plan, status and explanation say it in the same words.</summary>
    private static string AllName(EngineInWorld place, ClusterSpec cluster)
    {
        var status = place.Status(cluster);
        var condition = Assert.Single(status.Conditions, one => one.Reason is Reasons.EndpointUnreached);
        Assert.Equal("EndpointReady", condition.Type);
        Assert.Contains(condition.Message, place.Now(() => place.Engine.PlanAsync(cluster, default)).Pending);
        var around = new Surroundings("dc1", GatewayOnline: true, GatewaySince: null, AccountPresent: true);
        var explanation = Explain.Write(cluster, status, around, place.Time.Now);
        Assert.Equal(
            (Reasons.EndpointUnreached, condition.Message, true),
            (explanation.Reason, explanation.Cause, explanation.ActionRequired)
        );
        return condition.Message;
    }

    private static ClusterSpec Running(EngineInWorld place, ClusterSpec cluster)
    {
        place.Want(cluster);
        place.Until(() => place.Is(cluster, ClusterPhase.Running));
        return cluster;
    }

    private static ClusterSpec Next(ClusterSpec cluster) => cluster with { Generation = cluster.Generation + 1 };
}
