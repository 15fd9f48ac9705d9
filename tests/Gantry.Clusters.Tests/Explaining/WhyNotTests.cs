using CsCheck;
using Gantry.Clusters.Explaining;
using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Clusters.Tests.Planning;

namespace Gantry.Clusters.Tests.Explaining;

public sealed class WhyNotTests
{
    private static Gen<(
        ClusterSpec Cluster,
        IReadOnlyList<KnownMachine> Machines,
        IReadOnlyList<Member> Members
    )> AnyScene { get; } =
        Gen.Select(Regions.Clusters, Regions.Known)
            .SelectMany(
                (cluster, machines) =>
                    Gen.OneOf(Gen.Const((IReadOnlyList<Member>)[]), Regions.Members(cluster, machines))
                        .Select(members => (cluster, machines, members))
            );

    [Fact]
    public void Kubeadms_minimum_and_the_architecture_of_the_image_are_shown_and_not_relaxed()
    {
        var cluster = Scenes.Cluster(1, []);
        Candidate[] machines = [Scenes.Machine(1) with { CpuCount = 1 }, Scenes.Machine(2) with { Architecture = "arm64" }];

        var pool = Assert.Single(
            WhyNot.Write(cluster, [], [.. machines.Select(one => new KnownMachine(one, null))], architectures: ["amd64"]).Pools
        );

        Assert.Equal((1, 0), (pool.Missing, pool.Fitting));
        Assert.Equal(
            [
                new ConstraintFailures("free", 0, 0),
                new ConstraintFailures("kubeadm's minimum for a control plane, 2 CPUs and 1700 MiB", 1, 1),
                new ConstraintFailures("architecture of the image, amd64", 1, 1),
            ],
            pool.Constraints
        );
        Assert.Empty(pool.Relaxations);
    }

    [Fact]
    public void The_place_of_a_machine_that_should_be_replaced_counts_as_missing()
    {
        var cluster = Scenes.Cluster(1, [1]);
        var lacking = new Shortfall(cluster.Pools[1] with { Placement = new PoolPlacement { MinCpu = 64 } }, 1);
        cluster = cluster with { Pools = [cluster.Pools[0], lacking.Pool] };
        IReadOnlyList<Member> members = [Held(0, cluster.Pools[0]), Held(1, cluster.Pools[1])];

        var pool = WhyNot.Write(cluster, members, [new KnownMachine(Scenes.Machine(5), null)], [lacking]).Pools[1];

        Assert.Equal((1, 0), (pool.Missing, pool.Fitting));
        Assert.Equal(["CPUs from 64 to 8"], Assert.Single(pool.Relaxations).Changes);

        static Member Held(int number, MachinePool pool) =>
            new()
            {
                Machine = new SystemId($"m{number:000}"),
                Hostname = $"host-{number:000}",
                Pool = pool.Name,
                Role = pool.Role,
                State = MachineState.Ready,
                Since = Scenes.Now,
                Intent = "",
            };
    }

    [Fact]
    public void A_machine_fails_no_constraint_exactly_when_placement_may_take_it() =>
        AnyScene.Sample(scene =>
        {
            var document = WhyNot.Write(scene.Cluster, scene.Members, scene.Machines);
            var picks = Placement
                .Choose(Planner.Shortfalls(scene.Cluster, scene.Members), scene.Members, Free(scene.Machines))
                .Picks;
            var gone = scene.Members.Select(member => member.Machine).ToHashSet();
            foreach (var pool in scene.Cluster.Pools)
            {
                var why = document.Pools.Single(one => one.Pool == pool.Name);
                var mayTake = Free(scene.Machines)
                    .Free.Where(free => !gone.Contains(free.Machine) && Placement.Mismatch(pool.Placement, free) is null);
                Assert.Equal(
                    mayTake.Select(free => free.Machine.Value).Order(StringComparer.Ordinal),
                    why.Machines.Where(machine => machine.Failed.Count is 0)
                        .Select(machine => machine.Machine.Value)
                        .Order(StringComparer.Ordinal)
                );

                var taken = picks.Where(pick => pick.Pool == pool).Select(pick => pick.Machine).ToList();
                Assert.Equal(Math.Min(why.Missing, why.Fitting), taken.Count);
                Assert.Equal(why.Fitting, mayTake.Count());
                gone.UnionWith(taken);
            }
        });

    [Fact]
    public void Each_relaxation_makes_enough_machines_fit() =>
        AnyScene.Sample(scene =>
        {
            foreach (var why in WhyNot.Write(scene.Cluster, scene.Members, scene.Machines).Pools)
            {
                foreach (var relaxation in why.Relaxations.Where(relaxation => !Clears(relaxation)))
                {
                    Assert.NotEmpty(relaxation.Changes);
                    Assert.True(relaxation.Fitting >= why.Missing);
                    Assert.DoesNotContain(
                        Refused(With(scene.Cluster, why.Pool.Value, relaxation), scene),
                        name => name == why.Pool.Value
                    );
                }
            }
        });

    [Fact]
    public void Clearing_the_quarantine_is_proposed_exactly_where_it_is_enough() =>
        AnyScene.Sample(scene =>
        {
            // The members' machines are not picked, whatever their availability.
            var cleared = scene with
            {
                Machines =
                [
                    .. scene.Machines.Select(one =>
                        one.Unavailable is { Kind: NotFreeKind.Quarantine } ? one with { Unavailable = null } : one
                    ),
                ],
            };
            var tooFew = Refused(scene.Cluster, cleared).ToHashSet();
            foreach (var why in WhyNot.Write(scene.Cluster, scene.Members, scene.Machines).Pools)
            {
                Assert.Equal(why.Fitting < why.Missing && !tooFew.Contains(why.Pool.Value), why.Relaxations.Any(Clears));
                Assert.All(why.Relaxations.Where(Clears), relaxation => Assert.True(relaxation.Fitting >= why.Missing));
            }
        });

    [Fact]
    public void Reasons_why_machines_are_not_free_are_distinguished()
    {
        Unavailable?[] words =
        [
            Unavailable.InQuarantine("Failed deployment"),
            Unavailable.InMaas("Broken"),
            null,
            Unavailable.HeldBy("demo"),
            Unavailable.Locked,
            Unavailable.InQuarantine("No node within 30 minutes"),
            Unavailable.HeldBy("other"),
            Unavailable.InMaas("Deployed"),
            Unavailable.InMaas("Broken"),
        ];
        var document = WhyNot.Write(
            Regions.Cluster(Regions.Workers(3)),
            [],
            [.. words.Select((one, index) => new KnownMachine(Regions.Machine(index + 1), one))]
        );

        Assert.Equal(
            [
                new NotFree(NotFreeKind.Quarantine, "in quarantine", 2),
                new NotFree(NotFreeKind.Locked, "locked in MAAS", 1),
                new NotFree(NotFreeKind.OfCluster, "belong to clusters", 2),
                new NotFree(NotFreeKind.InMaas, "Broken in MAAS", 2),
                new NotFree(NotFreeKind.InMaas, "Deployed in MAAS", 1),
            ],
            document.NotFree
        );
        var relaxation = Assert.Single(Assert.Single(document.Pools).Relaxations);
        Assert.Equal([WhyNot.ClearQuarantine], relaxation.Changes);
        Assert.Equal(3, relaxation.Fitting);
    }

    [Fact]
    public void The_best_relaxations_of_all_pools_work_together() =>
        AnyScene.Sample(scene =>
        {
            var document = WhyNot.Write(scene.Cluster, scene.Members, scene.Machines);
            var relaxed = document
                .Pools.Where(why => HasChange(why))
                .Aggregate(scene.Cluster, (cluster, why) => With(cluster, why.Pool.Value, why.Relaxations[0]));
            Assert.DoesNotContain(
                Refused(relaxed, scene),
                name => HasChange(document.Pools.Single(why => why.Pool.Value == name))
            );
            static bool HasChange(PoolWhyNot why) => why.Relaxations is [var best, ..] && !Clears(best);
        });

    [Fact]
    public void A_relaxation_is_proposed_whenever_enough_machines_have_the_right_architecture() =>
        Gen.Select(Regions.Placements, Regions.Many, Gen.Int[1, 8])
            .Sample(
                (placement, machines, size) =>
                {
                    var pool = Regions.Workers(size, placement with { Architecture = "amd64" });
                    var why = Single(Regions.Cluster(pool), machines);
                    var possible = machines.Count(machine => machine.Architecture is "amd64") >= size;
                    Assert.Equal(possible && why.Fitting < size, why.Relaxations.Count > 0);
                }
            );

    [Fact]
    public void The_best_relaxation_has_as_few_changes_as_can_be_and_lowers_no_minimum_further_than_it_must() =>
        Gen.Select(Regions.Placements, Regions.Many, Gen.Int[1, 8])
            .Sample(
                (placement, machines, size) =>
                {
                    var why = Single(Regions.Cluster(Regions.Workers(size, placement)), machines);
                    if (why.Fitting >= size || why.Relaxations is not [{ Placement: { } relaxed } best, ..])
                    {
                        return;
                    }

                    var fewer = new[]
                    {
                        placement with
                        {
                            Tags = [],
                        },
                        placement with
                        {
                            NotTags = [],
                        },
                        placement with
                        {
                            ResourcePool = null,
                        },
                        placement with
                        {
                            Zones = [],
                        },
                        placement with
                        {
                            Subnet = null,
                        },
                        placement with
                        {
                            MinCpu = 0,
                        },
                        placement with
                        {
                            MinMemoryMiB = 0,
                        },
                        placement with
                        {
                            MinDiskGB = 0,
                        },
                    };
                    var single = fewer.Any(smaller =>
                        machines.Count(machine => Placement.Mismatch(smaller, machine) is null) >= size
                    );
                    Assert.Equal(single, best.Changes.Count is 1);

                    // The minimums are lowered no further than necessary.
                    Assert.False(relaxed.MinCpu < placement.MinCpu && Enough(relaxed with { MinCpu = relaxed.MinCpu + 1 }));
                    Assert.False(
                        relaxed.MinMemoryMiB < placement.MinMemoryMiB
                            && Enough(relaxed with { MinMemoryMiB = relaxed.MinMemoryMiB + 1 })
                    );
                    Assert.False(
                        relaxed.MinDiskGB < placement.MinDiskGB && Enough(relaxed with { MinDiskGB = relaxed.MinDiskGB + 1 })
                    );
                    bool Enough(PoolPlacement other) =>
                        machines.Count(machine => Placement.Mismatch(other, machine) is null) >= size;
                }
            );

    [Fact]
    public void Every_machine_is_listed_with_all_that_it_fails_and_the_counts_add_up() =>
        AnyScene.Sample(scene =>
        {
            foreach (var why in WhyNot.Write(scene.Cluster, scene.Members, scene.Machines).Pools)
            {
                Assert.Equal(scene.Machines.Count, why.Machines.Count);
                Assert.Equal(
                    why.Machines.Sum(machine => machine.Failed.Count),
                    why.Constraints.Sum(constraint => constraint.Failing)
                );
                Assert.Equal(
                    why.Machines.Count(machine => machine.Failed.Count is 1),
                    why.Constraints.Sum(constraint => constraint.Alone)
                );
            }
        });

    [Fact]
    public void A_pool_shows_which_machines_earlier_pools_take()
    {
        var cluster = Regions.Cluster(Regions.ControlPlane(1), Regions.Workers(2));
        KnownMachine[] machines =
        [
            new(Regions.Machine(1), null),
            new(Regions.Machine(2, cpu: 64), null),
            new(Regions.Machine(3), Unavailable.Locked),
        ];

        var worker = WhyNot.Write(cluster, [], machines).Pools[1];

        Assert.Equal(1, worker.Fitting);
        Assert.Equal(["goes to control-plane"], worker.Machines.Single(machine => machine.Hostname is "host-001").Failed);
        Assert.Equal(["locked in MAAS"], worker.Machines.Single(machine => machine.Hostname is "host-003").Failed);
        Assert.Equal(
            [new ConstraintFailures(WhyNot.Free, 1, 1), new ConstraintFailures(WhyNot.LeftOver, 1, 1)],
            worker.Constraints
        );
        Assert.Empty(worker.Relaxations);
    }

    [Fact]
    public void A_minimum_is_lowered_to_the_largest_value_that_is_enough()
    {
        var pool = Regions.Workers(2, new PoolPlacement { MinMemoryMiB = 65536, MinCpu = 8 });
        var why = Single(
            Regions.Cluster(pool),
            [
                Regions.Machine(1, memory: 65536),
                Regions.Machine(2, memory: 49152),
                Regions.Machine(3, memory: 32768),
                Regions.Machine(4, cpu: 4, memory: 65536),
            ]
        );

        Assert.Equal(["CPUs ≥ 8", "memory ≥ 65536 MiB"], why.Constraints.Skip(1).Select(constraint => constraint.Constraint));
        Assert.Equal((1, 1), (why.Constraints[1].Failing, why.Constraints[1].Alone));
        Assert.Equal((2, 2), (why.Constraints[2].Failing, why.Constraints[2].Alone));
        Assert.Equal(
            [
                ["memory from 65536 to 49152 MiB"],
                ["CPUs from 8 to 4"],
            ],
            why.Relaxations.Select(relaxation => relaxation.Changes.ToArray())
        );
    }

    [Fact]
    public void Two_changes_are_proposed_when_no_single_one_is_enough_and_the_smaller_pair_comes_first()
    {
        var pool = Regions.Workers(
            1,
            new PoolPlacement
            {
                MinMemoryMiB = 65536,
                Tags = ["nvme"],
                MinCpu = 16,
            }
        );
        var why = Single(
            Regions.Cluster(pool),
            [
                Regions.Machine(1, cpu: 8, memory: 32768, tags: "nvme"),
                Regions.Machine(2, cpu: 12, memory: 8192, tags: "nvme"),
                Regions.Machine(3, cpu: 12, memory: 65536),
            ]
        );

        Assert.Equal(["CPUs from 16 to 8", "memory from 65536 to 32768 MiB"], why.Relaxations[0].Changes);
        Assert.Equal(["CPUs from 16 to 12", "drop the tag nvme"], why.Relaxations[1].Changes);
    }

    [Fact]
    public void A_pool_too_big_in_every_constraint_gets_the_relaxation_of_the_nearest_machines()
    {
        var pool = Regions.Workers(
            1,
            new PoolPlacement
            {
                MinMemoryMiB = 65536,
                MinDiskGB = 4000,
                MinCpu = 64,
                Zones = ["az9"],
            }
        );
        var why = Single(Regions.Cluster(pool), [Regions.Machine(1), Regions.Machine(2, cpu: 32, memory: 32768, disk: 2000)]);

        Assert.Equal(
            [
                "zones from az9 to az9, az1",
                "CPUs from 64 to 32",
                "memory from 65536 to 32768 MiB",
                "largest disk from 4000 to 2000 GB",
            ],
            Assert.Single(why.Relaxations).Changes
        );
    }

    [Fact]
    public void Two_pools_do_not_count_on_the_same_machine()
    {
        var demanding = new PoolPlacement { MinMemoryMiB = 65536 };
        var cluster = Regions.Cluster(Regions.ControlPlane(1, demanding), Regions.Workers(1, demanding));
        var document = WhyNot.Write(
            cluster,
            [],
            [new(Regions.Machine(1, memory: 32768), null), new(Regions.Machine(2, memory: 16384), null)]
        );

        Assert.Equal(["memory from 65536 to 32768 MiB"], document.Pools[0].Relaxations[0].Changes);
        Assert.Equal(["memory from 65536 to 16384 MiB"], document.Pools[1].Relaxations[0].Changes);
    }

    private static PoolWhyNot Single(ClusterSpec cluster, IReadOnlyList<Candidate> machines) =>
        Assert.Single(WhyNot.Write(cluster, [], [.. machines.Select(machine => new KnownMachine(machine, null))]).Pools);

    private static bool Clears(Relaxation relaxation) => relaxation.Changes is [WhyNot.ClearQuarantine];

    private static Inventory Free(IReadOnlyList<KnownMachine> machines) =>
        new([.. machines.Where(one => one.Unavailable is null).Select(one => one.Machine)]);

    private static ClusterSpec With(ClusterSpec cluster, string pool, Relaxation relaxation) =>
        cluster with
        {
            Pools =
            [
                .. cluster.Pools.Select(one => one.Name.Value == pool ? one with { Placement = relaxation.Placement! } : one),
            ],
        };

    /// <summary>Names of the pools that do not get all their machines.</summary>
    private static IEnumerable<string> Refused(
        ClusterSpec cluster,
        (ClusterSpec Cluster, IReadOnlyList<KnownMachine> Machines, IReadOnlyList<Member> Members) scene
    )
    {
        var shortfalls = Planner.Shortfalls(cluster, scene.Members);
        var picks = Placement.Choose(shortfalls, scene.Members, Free(scene.Machines)).Picks;
        return shortfalls
            .Where(shortfall => picks.Count(pick => pick.Pool == shortfall.Pool) < shortfall.Count)
            .Select(shortfall => shortfall.Pool.Name.Value);
    }
}
