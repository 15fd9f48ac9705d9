using Gantry.Clusters.Model;
using Gantry.Engine.Ledger;
using Gantry.Engine.Ports;
using Gantry.Engine.Tests.Fakes;

namespace Gantry.Engine.Tests;

/// <summary>
/// The engine loses power at each of its calls in turn, to MAAS, to the cluster or to the ledger, and is started again.
/// </summary>
public sealed class CrashTests
{
    private static readonly EndpointChoice[] Endpoints =
    [
        new EndpointChoice.VirtualIp(),
        new EndpointChoice.MaasDns("dc1.example"),
    ];

    [Theory]
    [InlineData(0, false)]
    [InlineData(0, true)]
    [InlineData(1, false)]
    [InlineData(1, true)]
    public void A_creation_interrupted_at_any_call_ends_with_a_running_cluster_and_nothing_taken_twice(
        int endpoint,
        bool afterwards
    )
    {
        for (var crashAt = 1; ; crashAt++)
        {
            using var place = new DataCentre(machines: 4);
            place.Maas.DeployTakes = TimeSpan.FromSeconds(10);
            place.Maas.BootTakes = TimeSpan.FromSeconds(5);
            place.Maas.FailToDeploy.Add("m01");
            var cluster = Some.Cluster(controlPlanes: 1, workers: 2, endpoint: Endpoints[endpoint]);
            place.Want(cluster);
            place.Start(new Lifeline(crashAt, afterwards));
            place.Until(() => place.Line.Dead || place.Is(cluster, ClusterPhase.Running));
            if (!place.Line.Dead)
            {
                Assert.True(crashAt > 50, $"only {crashAt} calls were interrupted");
                return;
            }

            place.Start();
            place.Until(() => place.Is(cluster, ClusterPhase.Running));
            place.Pass(TimeSpan.FromMinutes(1));

            Assert.Equal(["m02", "m03", "m04"], place.Maas.Held.Select(machine => machine.Id));
            Assert.All(place.Maas.Allocations, machine => Assert.Equal(1, machine.Value));
            Assert.Equal(1, place.Maas.Reserved.Count + place.Maas.Dns.Count);
            var record = Assert.Single(place.Now(() => place.Ledger.LoadAsync(default)));
            Assert.Equal(
                place.Maas.Held.Select(machine => machine.Id),
                record.Members.Select(member => member.Machine.Value).Order(StringComparer.Ordinal)
            );
        }
    }

    [Theory]
    [InlineData(0, false, 0)]
    [InlineData(0, true, 0)]
    [InlineData(1, false, 9)]
    [InlineData(1, true, 9)]
    [InlineData(0, false, 2)]
    [InlineData(0, true, 2)]
    public void A_deletion_interrupted_at_any_call_leaves_nothing(int endpoint, bool afterwards, int minutesAfterTheStart)
    {
        for (var crashAt = 1; ; crashAt++)
        {
            using var place = new DataCentre(machines: 4);
            var cluster = Some.Cluster(controlPlanes: 1, workers: 2, endpoint: Endpoints[endpoint]);
            place.Want(cluster);
            place.Start();
            place.Pass(TimeSpan.FromMinutes(minutesAfterTheStart));
            cluster = cluster.Deleted(place.Time.GetUtcNow());
            place.Start(new Lifeline(crashAt, afterwards));
            place.Want(cluster);
            place.Until(() => place.Line.Dead || place.Is(cluster, ClusterPhase.Deleted));
            var finished = !place.Line.Dead;
            place.Start();
            place.Until(() => place.Is(cluster, ClusterPhase.Deleted));

            Assert.Empty(place.Maas.Held);
            Assert.Empty(place.Maas.Reserved);
            Assert.Empty(place.Maas.Dns);
            Assert.Empty(place.Now(() => place.Ledger.LoadAsync(default)));
            if (finished)
            {
                return;
            }
        }
    }

    [Fact]
    public void An_allocation_whose_answer_was_lost_is_adopted_not_repeated()
    {
        using var place = new DataCentre(machines: 1);
        var cluster = Some.Cluster();
        place.Want(cluster);
        var allocation = 0;
        place.Start(new Lifeline());
        allocation = place.Line.Calls;
        place.Dispose();

        var adopted = false;
        for (var crashAt = 1; crashAt <= allocation + 1; crashAt++)
        {
            using var again = new DataCentre(machines: 1);
            again.Want(cluster);
            again.Start(new Lifeline(crashAt, afterwards: true));
            again.Until(() => again.Line.Dead || again.Is(cluster, ClusterPhase.Running));
            again.Start();
            again.Until(() => again.Is(cluster, ClusterPhase.Running));
            adopted |= again.Events.Exists(happened => happened.Reason == "Adopted");
            Assert.Equal(1, again.Maas.Allocations["m01"]);
        }

        Assert.True(adopted);
    }
}
