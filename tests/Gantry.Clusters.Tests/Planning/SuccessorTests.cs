using CsCheck;
using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Clusters.Steps;

namespace Gantry.Clusters.Tests.Planning;

/// <summary>I10: a machine leaves to be replaced only when a machine that fits its place is certain.</summary>
public sealed class SuccessorTests
{
    private static readonly PoolPlacement Impossible = new() { MinMemoryMiB = 4 * 1024 * 1024 };

    [Fact]
    public void A_constraint_that_no_machine_meets_releases_nothing_and_is_named()
    {
        var cluster = Contracting(1, 1).WithPool(1, pool => pool with { Placement = Impossible });

        var plan = cluster.Plan();

        Assert.Empty(plan.Steps);
        var blocker = Assert.Single(plan.Blockers);
        Assert.Equal(Reasons.NoMachineFits, blocker.Reason);
        Assert.Equal(
            "no free machine fits pool-0: 10 less than 4194304 MiB of memory; host-001 stays until one does",
            blocker.Message
        );
        Assert.Equal(("pool-0", 1), Asked(plan));
    }

    [Fact]
    public void A_pool_that_expands_first_names_the_constraint_too()
    {
        var cluster = Known(new RunningCluster(1, 1)).WithPool(1, pool => pool with { Placement = Impossible });

        Assert.Empty(cluster.Plan().Steps);
        Assert.Equal(
            "no free machine fits pool-0: 10 less than 4194304 MiB of memory; host-001 stays until one does",
            Assert.Single(cluster.Plan().Blockers).Message
        );
    }

    [Theory]
    [InlineData(true, 1, 1)]
    [InlineData(true, 3, 1)]
    [InlineData(false, 1, 1)]
    public void Machines_in_place_of_those_that_leave_are_asked_for_as_replacements(bool expands, int workers, int replacing)
    {
        var cluster = (expands ? Known(new RunningCluster(1, workers)) : Contracting(1, workers)).WithPool(
            1,
            pool => pool with { Placement = Impossible }
        );

        var lacking = Assert.Single(cluster.Plan().Lacking);
        Assert.Equal((replacing, 0, replacing), (lacking.Count, lacking.Lost, lacking.Replacing));
    }

    [Fact]
    public void A_pool_that_grows_while_it_is_replaced_asks_for_both()
    {
        var cluster = Known(new RunningCluster(1, 1)).WithPool(1, pool => pool with { Placement = Impossible, Size = 3 });

        var lacking = Assert.Single(cluster.Plan().Lacking);
        Assert.Equal((3, 0, 1), (lacking.Count, lacking.Lost, lacking.Replacing));
    }

    [Fact]
    public void One_free_machine_that_fits_lets_one_machine_leave()
    {
        var cluster = Contracting(1, 3)
            .WithPool(
                1,
                pool =>
                    pool with
                    {
                        Placement = new PoolPlacement { MinCpu = 32 },
                        RollingUpdate = new RollingUpdate(0, 2),
                    }
            );
        cluster.Free = [Scenes.Machine(100), Scenes.Machine(101, cpu: 32)];

        Assert.Single(cluster.Plan().Steps.OfType<Step.Cordon>());
        Assert.Equal(Reasons.NoSpareMachine, Assert.Single(cluster.Plan().Blockers).Reason);
    }

    [Fact]
    public void A_machine_that_fits_its_own_place_is_installed_again_without_any_free_one()
    {
        var cluster = Stale(Contracting(1, 2), "m001", "m002");
        cluster.Free = [];

        Assert.Equal("m001", Assert.Single(cluster.Plan().Steps.OfType<Step.Cordon>()).Machine.Value);
        Assert.Empty(cluster.Plan().Blockers);
    }

    [Fact]
    public void A_machine_that_no_longer_fits_its_pool_is_not_counted_on_to_come_back()
    {
        var cluster = Stale(Contracting(1, 1), "m001")
            .WithPool(1, pool => pool with { Placement = new PoolPlacement { Tags = ["nvme"] } });
        cluster.WithMember("m001", member => member with { PlacedFor = NodeBuild.DigestOf(cluster.Desired.Pools[1].Placement) });

        Assert.Empty(cluster.Plan().Steps);
        Assert.Contains("10 without the tag nvme", Assert.Single(cluster.Plan().Blockers).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_machine_that_a_person_replaces_is_not_its_own_successor()
    {
        var cluster = Contracting(1, 1);
        cluster.Free = [];
        cluster.Desired = cluster.Desired with { Replace = [new SystemId("m001")] };

        Assert.Empty(cluster.Plan().Steps);
        Assert.Equal(
            "too few machines are free to take the place of host-001 in pool-0; it stays until one is",
            Assert.Single(cluster.Plan().Blockers).Message
        );
    }

    [Fact]
    public void A_locked_machine_is_not_its_own_successor()
    {
        var cluster = Stale(Contracting(1, 1), "m001").WithMaas("m001", facts => facts with { Locked = true });
        cluster.Free = [];

        Assert.Empty(cluster.Plan().Steps);
    }

    [Fact]
    public void A_machine_that_another_pool_lacks_takes_no_other_place()
    {
        var cluster = Contracting(1, 1, 1)
            .WithPool(1, pool => pool with { Placement = new PoolPlacement { MinCpu = 32 } })
            .WithPool(2, pool => pool with { Size = 2 });
        cluster.Free = [Scenes.Machine(100, cpu: 32)];

        Assert.Equal("pool-1", Assert.IsType<Step.Allocate>(Assert.Single(cluster.Plan().Steps)).Pool.Value);
        Assert.NotEmpty(cluster.Plan().Blockers);
    }

    [Fact]
    public void A_stale_control_plane_that_is_not_Ready_stays_when_nothing_can_take_its_place()
    {
        var cluster = Stale(Known(new RunningCluster(3)), "m000", "m001", "m002").Silent("m001", 1);
        cluster.Desired = cluster.Desired with { Replace = [new SystemId("m001")] };
        cluster.Free = [];

        Assert.Empty(cluster.Plan().Steps);
        Assert.Contains(cluster.Plan().Blockers, blocker => blocker.Reason is Reasons.NoSpareMachine);
    }

    [Fact]
    public void A_machine_that_is_being_installed_stays_when_nothing_can_take_its_place()
    {
        var cluster = Contracting(1, 1).WithPool(1, pool => pool with { Placement = Impossible });
        cluster
            .WithMember("m001", member => member with { State = MachineState.Deploying, AdmittedAt = null, JoinedAt = null })
            .With("m001", seen => seen with { Node = new Observation<NodeFacts>.Absent() });

        Assert.Empty(cluster.StepsFor("m001"));
        Assert.Equal(Reasons.NoMachineFits, Assert.Single(cluster.Plan().Blockers).Reason);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void A_drain_ends_when_its_successor_is_gone(int free)
    {
        var cluster = Contracting(1, 1).WithPool(1, pool => pool with { Placement = new PoolPlacement { MinCpu = 32 } });
        cluster.WithMember(
            "m001",
            member => member with { State = MachineState.Draining, Removal = new Removal(RemovalKind.Replacement, "too small") }
        );
        cluster.Free = [.. Enumerable.Range(100, free).Select(number => Scenes.Machine(number, cpu: 32))];

        var step = Assert.Single(cluster.StepsFor("m001"));
        Assert.Equal(free > 0 ? nameof(Step.Drain) : nameof(Step.Uncordon), step.Name);
    }

    [Fact]
    public void While_a_machine_leaves_the_free_one_for_its_place_is_asked_for()
    {
        var cluster = Contracting(1, 1).WithPool(1, pool => pool with { Placement = new PoolPlacement { MinCpu = 32 } });
        cluster.Free = [Scenes.Machine(100, cpu: 32)];

        Assert.Equal(("pool-0", 1), Asked(cluster.Plan()));
    }

    [Fact]
    public void No_replacement_leaves_a_pool_below_its_bounds_while_no_machine_fits() =>
        Scene.Sample(
            cluster =>
            {
                var plan = cluster.Plan();
                foreach (var pool in cluster.Desired.Pools)
                {
                    var before = cluster
                        .Observed.Members.Where(seen => seen.Member.Stays && seen.Member.Pool == pool.Name)
                        .ToList();
                    var leaving = plan
                        .Steps.Where(step =>
                            step is Step.Cordon { Kind: RemovalKind.Replacement } or Step.Release
                            && before.Exists(seen => seen.Id == step.Target && seen.Member.Repair is null)
                        )
                        .Select(step => before.Single(seen => seen.Id == step.Target))
                        .ToList();
                    if (leaving.Count is 0)
                    {
                        continue;
                    }

                    var fitting =
                        cluster.Free.Count(free => Placement.Mismatch(pool.Placement, free) is null)
                        + leaving.Count(seen =>
                            !cluster.Desired.Replace.Contains(seen.Id)
                            && Placement.Mismatch(pool.Placement, seen.Maas.ValueOrDefault!.Hardware!) is null
                        );
                    Assert.True(before.Count - leaving.Count + fitting >= Math.Min(pool.Size, before.Count));
                }
            },
            iter: 2000
        );

    private static Gen<RunningCluster> Scene { get; } =
        from controlPlanes in Scenes.One(1, 3)
        from workers in Gen.Int[1, 4]
        from cpus in Scenes.One(4, 8, 16).Array[8]
        from free in Scenes.One(4, 8, 16).Array[0, 3]
        from rolling in Scenes.One(RollingUpdate.ContractFirst, RollingUpdate.ExpandFirst, new RollingUpdate(0, 2), new(1, 1))
        from asked in Scenes.One(0, 8, 16, 64).Array[2]
        from stale in Gen.Bool.Array[8]
        from silent in Gen.Bool.Array[8]
        from replace in Gen.Int[0, 20]
        select Build(controlPlanes, workers, cpus, free, rolling, asked, stale, silent, replace);

    private static RunningCluster Build(
        int controlPlanes,
        int workers,
        int[] cpus,
        int[] free,
        RollingUpdate rolling,
        int[] asked,
        bool[] stale,
        bool[] silent,
        int replace
    )
    {
        var cluster = new RunningCluster(controlPlanes, workers);
        foreach (var (seen, number) in cluster.Observed.Members.Select((seen, number) => (seen, number)).ToList())
        {
            var machine = seen.Id.Value;
            cluster.WithMaas(machine, facts => facts with { Hardware = Scenes.Machine(number, cpus[number]) });
            if (stale[number])
            {
                Stale(cluster, machine);
            }

            if (silent[number])
            {
                cluster.Silent(machine, 1);
            }
        }

        cluster.Free = [.. free.Select((cpu, index) => Scenes.Machine(100 + index, cpu))];
        cluster.WithPool(
            0,
            pool =>
                pool with
                {
                    Placement = new PoolPlacement { MinCpu = asked[0] },
                    RollingUpdate = pool.Size is 1 ? RollingUpdate.ExpandFirst : rolling,
                }
        );
        cluster.WithPool(
            1,
            pool =>
                pool with
                {
                    Placement = new PoolPlacement { MinCpu = asked[1] },
                    RollingUpdate = rolling,
                }
        );
        if (replace < cluster.Observed.Members.Count)
        {
            cluster.Desired = cluster.Desired with { Replace = [cluster.Observed.Members[replace].Id] };
        }

        return cluster;
    }

    private static (string Pool, int Count) Asked(Plan plan) =>
        plan.Lacking.Select(shortfall => (shortfall.Pool.Name.Value, shortfall.Count)).Single();

    /// <summary>Worker pools contract first, and MAAS shows the hardware of every machine.</summary>
    private static RunningCluster Contracting(int controlPlanes, params int[] workers)
    {
        var cluster = Known(new RunningCluster(controlPlanes, workers));
        for (var pool = 1; pool <= workers.Length; pool++)
        {
            cluster.WithPool(pool, its => its with { RollingUpdate = RollingUpdate.ContractFirst });
        }

        return cluster;
    }

    private static RunningCluster Known(RunningCluster cluster)
    {
        foreach (var (seen, number) in cluster.Observed.Members.Select((seen, number) => (seen, number)).ToList())
        {
            cluster.WithMaas(seen.Id.Value, facts => facts with { Hardware = Scenes.Machine(number) });
        }

        return cluster;
    }

    private static RunningCluster Stale(RunningCluster cluster, params string[] machines)
    {
        foreach (var machine in machines)
        {
            cluster.WithMember(
                machine,
                member => member with { Build = member.Build! with { Image = ImageName.Parse("ubuntu/jammy") } }
            );
        }

        return cluster;
    }
}
