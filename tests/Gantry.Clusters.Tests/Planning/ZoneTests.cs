using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Clusters.Steps;

namespace Gantry.Clusters.Tests.Planning;

/// <summary>The spread of a pool over zones survives upgrades and repairs, where the free machines permit it.</summary>
public sealed class ZoneTests
{
    private static readonly string[] Zones = ["az1", "az2", "az3"];

    [Theory]
    [InlineData(1, 0)]
    [InlineData(2, 0)]
    [InlineData(0, 1)]
    [InlineData(1, 1)]
    public void A_roll_keeps_the_zones_of_workers_while_one_machine_is_free_in_each(int surge, int unavailable)
    {
        var cluster = Spread(new RunningCluster(1, 3), first: 1)
            .WithPool(1, pool => pool with { RollingUpdate = new RollingUpdate(surge, unavailable) });

        // The free machines of az3 are the cheapest.
        cluster.Free = [.. Zones.SelectMany((zone, index) => Machines(zone, 100 + (10 * index), 2, cpu: 16 - (4 * index)))];

        Assert.Equal(Zones, ZonesAfter(Upgraded(cluster), "pool-0"));
        Assert.Null(Document(Upgraded(cluster)).Warnings);
    }

    [Fact]
    public void A_roll_keeps_the_zones_of_control_planes()
    {
        var cluster = Spread(new RunningCluster(3), first: 0);
        cluster.Free = [.. Machines("az1", 100, 8, cpu: 16), .. Machines("az2", 110, 1), .. Machines("az3", 120, 1, cpu: 4)];

        Assert.Equal(Zones, ZonesAfter(Upgraded(cluster), "control-plane"));
    }

    [Fact]
    public void A_pool_that_contracts_first_keeps_its_zones_without_any_other_machine()
    {
        var cluster = Spread(new RunningCluster(1, 3), first: 1)
            .WithPool(1, pool => pool with { RollingUpdate = RollingUpdate.ContractFirst });
        cluster.Free = [.. Machines("az2", 100, 1)];

        Assert.Equal(Zones, ZonesAfter(Upgraded(cluster), "pool-0"));
    }

    [Fact]
    public void Of_zones_with_as_many_machines_the_successor_goes_where_the_first_machine_leaves()
    {
        var cluster = Spread(new RunningCluster(1, 2), first: 1);
        cluster.Free = [.. Machines("az1", 100, 1, cpu: 32), .. Machines("az3", 110, 1)];
        cluster.Desired = cluster.Desired with { Replace = [new SystemId("m001")] };

        Assert.Equal("az1", Assert.Single(cluster.Plan().Steps.OfType<Step.Allocate>()).Zone);
    }

    [Fact]
    public void A_broken_machine_gets_its_successor_in_its_zone()
    {
        var cluster = Spread(new RunningCluster(1, 2), first: 1);
        cluster.Free = [.. Machines("az2", 100, 1, cpu: 32), .. Machines("az3", 110, 1)];
        cluster.WithMember(
            "m002",
            member => member with { State = MachineState.Failed, Failure = "it broke", Quarantined = true }
        );

        Assert.Equal("az2", Assert.Single(cluster.Plan().Steps.OfType<Step.Allocate>()).Zone);
    }

    [Fact]
    public void A_machine_that_is_a_last_choice_is_taken_after_every_other_whatever_its_zone_and_its_cost()
    {
        var cluster = Spread(new RunningCluster(1, 2), first: 1);
        cluster.Free =
        [
            .. Machines("az3", 100, 1, cpu: 2).Select(free => free with { LastChoice = "somebody released it" }),
            .. Machines("az1", 110, 1, cpu: 32),
        ];
        cluster.WithPool(1, pool => pool with { Size = 4 });

        Assert.Equal(
            [("az1", "pool-0 3 of 4, zone az1"), ("az3", "pool-0 4 of 4, zone az3; the last choice: somebody released it")],
            cluster.Plan().Steps.OfType<Step.Allocate>().Select(step => (step.Zone, step.Reason))
        );
    }

    [Fact]
    public void A_plan_that_makes_the_spread_worse_says_so()
    {
        var cluster = Spread(new RunningCluster(1, 3), first: 1);
        cluster.Desired = cluster.Desired with { Replace = [new SystemId("m003")] };
        cluster.Free = [.. Machines("az1", 100, 8)];

        Assert.Equal(
            "pool-0 is spread over zones worse than before: az1 1, az2 1, az3 1 becomes az1 2, az2 1, because too few machines "
                + "that fit are free elsewhere",
            Assert.Single(Document(cluster).Warnings!)
        );
    }

    [Fact]
    public void A_pool_that_grows_by_one_is_not_spread_worse()
    {
        var cluster = Spread(new RunningCluster(1, 3), first: 1).WithPool(1, pool => pool with { Size = 4 });
        cluster.Free = [.. Machines("az1", 100, 8)];

        Assert.Null(Document(cluster).Warnings);
    }

    private static PlanDocument Document(RunningCluster cluster) =>
        DryRun.Write(cluster.Desired, cluster.Observed, new Inventory(cluster.Free), RunningCluster.Now);

    private static IEnumerable<string> ZonesAfter(RunningCluster cluster, string pool) =>
        DryRun
            .Run(cluster.Desired, cluster.Observed, new Inventory(cluster.Free), RunningCluster.Now)
            .End.Members.Where(seen => seen.Member.Pool.Value == pool)
            .Select(seen => seen.Member.Zone)
            .Order(StringComparer.Ordinal);

    private static RunningCluster Upgraded(RunningCluster cluster)
    {
        cluster.Desired = cluster.Desired with { KubernetesVersion = KubernetesVersion.Parse("1.34.1") };
        return cluster;
    }

    private static IEnumerable<Candidate> Machines(string zone, int from, int count, int cpu = 8) =>
        Enumerable.Range(from, count).Select(number => Scenes.Machine(number, cpu, zone));

    /// <summary>The machines from the first one on are spread over the zones.</summary>
    private static RunningCluster Spread(RunningCluster cluster, int first)
    {
        foreach (var (seen, index) in cluster.Observed.Members.Select((seen, index) => (seen, index)).Skip(first).ToList())
        {
            var zone = Zones[(index - first) % Zones.Length];
            cluster
                .WithMember(seen.Id.Value, member => member with { Zone = zone })
                .WithMaas(seen.Id.Value, facts => facts with { Hardware = Scenes.Machine(index, zone: zone) });
        }

        return cluster;
    }
}
