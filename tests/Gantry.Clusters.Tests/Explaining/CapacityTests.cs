using CsCheck;
using Gantry.Clusters.Explaining;
using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;

namespace Gantry.Clusters.Tests.Explaining;

public sealed class CapacityTests
{
    [Fact]
    public void A_larger_request_never_fits_fewer_clusters_nor_leaves_more_spare_machines() =>
        Gen.Select(Regions.Clusters, Regions.Many, Gen.Int[0, 6])
            .Sample(
                (cluster, machines, count) =>
                {
                    var (one, more) = (
                        Capacity.Ask(cluster, count, new Inventory(machines)),
                        Capacity.Ask(cluster, count + 1, new Inventory(machines))
                    );
                    Assert.InRange(one.Fit, 0, count);
                    Assert.InRange(more.Fit, one.Fit, one.Fit + 1);
                    Assert.True(one.CanRoll || !more.CanRoll);
                    Assert.Equal(machines.Count - (one.Fit * cluster.Pools.Sum(pool => pool.Size)), one.FreeAfter);
                }
            );

    [Fact]
    public void An_additional_machine_never_makes_fewer_clusters_fit() =>
        Gen.Select(Regions.Clusters, Regions.Many, Regions.Machines)
            .Sample(
                (cluster, machines, more) =>
                {
                    var one = more with { Machine = new SystemId("m999"), Hostname = "host-999" };
                    Assert.True(
                        Capacity.Ask(cluster, 10, new Inventory([.. machines, one])).Fit
                            >= Capacity.Ask(cluster, 10, new Inventory(machines)).Fit
                    );
                }
            );

    [Fact]
    public void Clusters_that_do_not_fit_or_cannot_be_rolled_have_a_named_limit() =>
        Gen.Select(Regions.Clusters, Regions.Many, Gen.Int[0, 6])
            .Sample(
                (cluster, machines, count) =>
                {
                    var answer = Capacity.Ask(cluster, count, new Inventory(machines));
                    Assert.Equal(answer.Fit < count || !answer.CanRoll, answer.Limits.Count > 0);
                    Assert.All(answer.Limits, limit => Assert.EndsWith(".", limit, StringComparison.Ordinal));
                }
            );

    [Fact]
    public void Without_a_free_machine_no_pool_can_be_rolled()
    {
        var cluster = Regions.Cluster(Regions.ControlPlane(1), Regions.Workers(2));
        var answer = Capacity.Ask(cluster, 2, Region(6));

        Assert.Equal((2, false, 6, 0), (answer.Fit, answer.CanRoll, answer.FreeBefore, answer.FreeAfter));
        Assert.Equal(
            [
                "control-plane cannot be rolled: expanding first needs 1 spare machine and 0 of the 0 left fit.",
                "worker cannot be rolled: expanding first needs 1 spare machine and 0 of the 0 left fit.",
            ],
            answer.Limits
        );
    }

    [Fact]
    public void One_spare_machine_is_enough_for_every_pool_because_one_is_rolled_at_a_time()
    {
        var cluster = Regions.Cluster(Regions.ControlPlane(1), Regions.Workers(2));
        Assert.True(Capacity.Ask(cluster, 2, Region(7)).CanRoll);
    }

    [Fact]
    public void Pools_that_contract_first_need_no_spare_machine_but_a_single_control_plane_does()
    {
        var contracting = Regions.Workers(2) with { RollingUpdate = RollingUpdate.ContractFirst };
        var three = Regions.ControlPlane(3) with { RollingUpdate = RollingUpdate.ContractFirst };
        Assert.True(Capacity.Ask(Regions.Cluster(three, contracting), 1, Region(5)).CanRoll);
        Assert.False(Capacity.Ask(Regions.Cluster(three with { Size = 1 }, contracting), 1, Region(3)).CanRoll);
    }

    [Fact]
    public void The_pool_that_runs_out_first_is_named()
    {
        var cluster = Regions.Cluster(Regions.ControlPlane(1), Regions.Workers(2, new PoolPlacement { Tags = ["gpu"] }));
        var machines = Enumerable
            .Range(0, 20)
            .Select(number => number < 5 ? Regions.Machine(number, cpu: 64, tags: "gpu") : Regions.Machine(number));
        var answer = Capacity.Ask(cluster, 4, new Inventory([.. machines]));

        Assert.Equal(2, answer.Fit);
        Assert.True(answer.CanRoll);
        Assert.Equal(
            "Cluster 3 of 4 finds too few machines: worker needs 2 machines and 1 free one fits: 12 without the tag gpu.",
            Assert.Single(answer.Limits)
        );
    }

    [Fact]
    public void Fifty_clusters_find_their_places_among_a_thousand_machines()
    {
        var cluster = Regions.Cluster(
            Regions.ControlPlane(3),
            Regions.Workers(10, new PoolPlacement { MinCpu = 8 }),
            Regions.Workers(5, name: "infra")
        );
        Assert.Equal(
            (50, true, 100),
            Capacity.Ask(cluster, 50, Region(1000)) is var answer ? (answer.Fit, answer.CanRoll, answer.FreeAfter) : default
        );
    }

    private static Inventory Region(int count) =>
        new([
            .. Enumerable
                .Range(0, count)
                .Select(number => Regions.Machine(number, cpu: 8 + (number % 7), zone: $"az{number % 3}")),
        ]);
}
