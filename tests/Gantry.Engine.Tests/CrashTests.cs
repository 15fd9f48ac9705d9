using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Engine.Ledger;
using Gantry.Engine.Ports;
using Gantry.Engine.Tests.Support;
using Gantry.Simulator.Ports;
using Gantry.Simulator.World;

namespace Gantry.Engine.Tests;

/// <summary>
/// The engine loses power at each of its calls in turn, to MAAS, to the cluster or to the ledger, and is started again.
/// </summary>
public sealed class CrashTests
{
    private static readonly EndpointChoice[] Endpoints =
    [
        new EndpointChoice.VirtualIp(),
        new EndpointChoice.MaasDns(DnsName.Parse("dc1.example")),
    ];

    // Looks that find nothing new are interrupted often enough.
    private static readonly EngineOptions Unhurried = new() { WhileInProgress = TimeSpan.FromSeconds(20) };

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
            using var place = new EngineInWorld(machines: 4) { Options = Unhurried };
            place["m01"].FailsToDeploy = true;
            var cluster = Some.Cluster(controlPlanes: 1, workers: 2, endpoint: Endpoints[endpoint]);
            place.Want(cluster);
            place.Script.KillAt(crashAt, afterwards);
            place.Start();
            place.Until(() => place.IsDead || place.Is(cluster, ClusterPhase.Running));
            if (!place.IsDead)
            {
                Assert.True(crashAt > 50, $"only {crashAt} calls were interrupted");
                return;
            }

            place.Start();
            place.Until(() => place.Is(cluster, ClusterPhase.Running));
            place.Pass(TimeSpan.FromMinutes(1));

            Assert.Equal(["m02", "m03", "m04"], place.Held.Select(machine => machine.Id.Value));
            Assert.All(place.Region.Machines, machine => Assert.Equal(1, place.Script.Allocations(machine.Id)));
            Assert.Equal(1, place.Region.Reserved.Count + place.Region.Dns.Count);
            var record = Assert.Single(place.Now(() => place.Ledger.LoadAsync(default)));
            Assert.Equal(
                place.Held.Select(machine => machine.Id.Value),
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
            using var place = new EngineInWorld(machines: 4) { Options = Unhurried };
            var cluster = Some.Cluster(controlPlanes: 1, workers: 2, endpoint: Endpoints[endpoint]);
            place.Want(cluster);
            place.Start();
            place.Pass(TimeSpan.FromMinutes(minutesAfterTheStart));
            cluster = cluster.Deleted(place.Time.Now);
            place.Script.KillAt(crashAt, afterwards);
            place.Start();
            place.Want(cluster);
            place.Until(() => place.IsDead || place.Is(cluster, ClusterPhase.Deleted));
            var finished = !place.IsDead;
            place.Start();
            place.Until(() => place.Is(cluster, ClusterPhase.Deleted));

            Assert.Empty(place.Held);
            Assert.Empty(place.Region.Reserved);
            Assert.Empty(place.Region.Dns);
            var ends = place.Events.Where(happened => happened.Reason == "Deleted").Select(happened => happened.Id).Distinct();
            Assert.InRange(ends.Count(), 0, 1);
            place.Forget(cluster);
            place.Until(() => place.IsDead || place.Now(() => place.Ledger.LoadAsync(default)).Count is 0);
            place.Start();
            place.Until(() => place.Now(() => place.Ledger.LoadAsync(default)).Count is 0);
            if (finished)
            {
                return;
            }
        }
    }

    [Fact]
    public void A_deletion_that_the_console_has_not_acknowledged_is_told_again_after_a_restart_and_not_carried_out_again()
    {
        using var place = new EngineInWorld(machines: 2);
        var cluster = Some.Cluster();
        place.Want(cluster);
        place.Start();
        place.Until(() => place.Is(cluster, ClusterPhase.Running));
        var running = place.Status(cluster);
        cluster = cluster.Deleted(place.Time.Now);
        place.Want(cluster);
        place.Until(() => place.Is(cluster, ClusterPhase.Deleted));
        Assert.Null(place.Now(() => place.Ledger.FindSecretsAsync(cluster.Id, default)));

        // The console's last report is older than the end, and the same MAAS user has reserved the address for something else.
        place.LastReports[cluster.Id] = new Observation<ClusterStatus>.Present(running);
        var address = running.Endpoint!.Host;
        place.Region.Reserve(place.User, address);
        place.Script.Calls.Clear();
        place.Start();
        place.Until(() => place.Is(cluster, ClusterPhase.Deleted));
        place.Pass(TimeSpan.FromMinutes(5));

        Assert.Contains(address, place.Region.Reserved.Keys);
        Assert.Empty(place.Script.Calls);
        Assert.Single(place.Events, happened => happened.Reason == "Deleted");
    }

    [Fact]
    public void A_cluster_that_a_restored_console_asks_for_after_its_end_is_built_anew()
    {
        using var place = new EngineInWorld(machines: 2);
        var cluster = Some.Cluster();
        place.Want(cluster.Deleted(place.Time.Now));
        place.Start();
        place.Until(() => place.Is(cluster, ClusterPhase.Deleted));

        place.Want(cluster);
        place.Until(() => place.Is(cluster, ClusterPhase.Running));

        Assert.Single(place.Held);
    }

    [Fact]
    public void An_allocation_whose_answer_was_lost_is_adopted_not_repeated()
    {
        var cluster = Some.Cluster();
        var adopted = false;
        for (var crashAt = 1; ; crashAt++)
        {
            using var place = new EngineInWorld(machines: 1) { Options = Unhurried };
            place.Want(cluster);
            place.Script.KillAt(crashAt, afterwards: true);
            place.Start();
            place.Until(() => place.IsDead);
            var sent = place.Script.Sent(ActKind.Allocate);
            place.Start();
            place.Until(() => place.Is(cluster, ClusterPhase.Running));
            adopted |= place.Events.Exists(happened => happened.Reason == "Adopted");
            Assert.Equal(1, place.Script.Allocations(new SystemId("m01")));
            if (sent)
            {
                break;
            }
        }

        Assert.True(adopted);
    }
}
