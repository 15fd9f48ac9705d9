using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Clusters.Steps;

namespace Gantry.Clusters.Tests.Planning;

/// <summary>The free machine that a pool takes, and the blocker when it gets none.</summary>
public sealed class PlacementTests
{
    private static readonly Candidate Plain = new(
        new SystemId("m"),
        "host",
        "az1",
        "default",
        8,
        16384,
        500_000_000_000,
        "amd64",
        ["ssd", "rack1"]
    )
    {
        Networks = [new NetworkLink(Cidr.Parse("10.40.0.0/24"), "prod-a", "production", ["fast"])],
    };

    public static TheoryData<string, PoolPlacement, string?> Demands { get; } =
        new()
        {
            { "nothing", new PoolPlacement(), null },
            {
                "its resource pool",
                new PoolPlacement { ResourcePool = "default" },
                null
            },
            {
                "another resource pool",
                new PoolPlacement { ResourcePool = "gpu" },
                "not in resource pool gpu"
            },
            {
                "any resource pool",
                new PoolPlacement { ResourcePool = "" },
                null
            },
            {
                "one of its zones",
                new PoolPlacement { Zones = ["az2", "az1"] },
                null
            },
            {
                "other zones",
                new PoolPlacement { Zones = ["az2", "az3"] },
                "not in zone az2 or az3"
            },
            {
                "its architecture",
                new PoolPlacement { Architecture = "amd64" },
                null
            },
            {
                "another architecture",
                new PoolPlacement { Architecture = "arm64" },
                "not arm64"
            },
            {
                "any architecture",
                new PoolPlacement { Architecture = "" },
                null
            },
            {
                "its cores",
                new PoolPlacement { MinCpu = 8 },
                null
            },
            {
                "more cores",
                new PoolPlacement { MinCpu = 9 },
                "fewer than 9 CPUs"
            },
            {
                "its memory",
                new PoolPlacement { MinMemoryMiB = 16384 },
                null
            },
            {
                "more memory",
                new PoolPlacement { MinMemoryMiB = 16385 },
                "less than 16385 MiB of memory"
            },
            {
                "its disk",
                new PoolPlacement { MinDiskGB = 500 },
                null
            },
            {
                "a larger disk",
                new PoolPlacement { MinDiskGB = 501 },
                "no disk of 501 GB"
            },
            {
                "its tags",
                new PoolPlacement { Tags = ["ssd", "rack1"] },
                null
            },
            {
                "another tag",
                new PoolPlacement { Tags = ["ssd", "gpu"] },
                "without the tag gpu"
            },
            {
                "the absence of others",
                new PoolPlacement { NotTags = ["flaky"] },
                null
            },
            {
                "the absence of its own",
                new PoolPlacement { NotTags = ["flaky", "rack1"] },
                "with the tag rack1"
            },
            {
                "its subnet",
                new PoolPlacement { Subnet = NetworkSelector.Parse("10.40.0.0/24") },
                null
            },
            {
                "another subnet",
                new PoolPlacement { Subnet = NetworkSelector.Parse("prod-b") },
                "without an address in subnet prod-b"
            },
            {
                "another space",
                new PoolPlacement { Subnet = NetworkSelector.Parse("space:storage") },
                "without an address in space storage"
            },
            {
                "a tag of its interfaces",
                new PoolPlacement { Subnet = NetworkSelector.Parse("tag:fast") },
                null
            },
        };

    [Theory]
    [MemberData(nameof(Demands))]
    public void A_pool_may_constrain(string what, PoolPlacement placement, string? mismatch)
    {
        Assert.NotEmpty(what);
        Assert.Equal(mismatch, Placement.Mismatch(placement, Plain));
    }

    [Theory]
    [InlineData("less than 9 MiB of memory", "it has less than 9 MiB of memory")]
    [InlineData("fewer than 9 CPUs", "it has fewer than 9 CPUs")]
    [InlineData("no disk of 9 GB", "it has no disk of 9 GB")]
    [InlineData("not in zone az1", "it is not in zone az1")]
    [InlineData("without the tag gpu", "it is without the tag gpu")]
    public void A_mismatch_reads_as_a_sentence(string mismatch, string sentence) =>
        Assert.Equal(sentence, Constraint.AsSentence(mismatch));

    [Theory]
    [InlineData(1, 16384, false)]
    [InlineData(2, 1699, false)]
    [InlineData(2, 1700, true)]
    public void A_control_plane_gets_no_machine_below_kubeadms_minimum_and_a_worker_may(int cpu, int memoryMiB, bool fits)
    {
        var pools = Scenes.Cluster(1, [1]).Pools;
        var small = Scenes.Machine(1) with { CpuCount = cpu, MemoryMiB = memoryMiB };

        var controlPlane = Placement.Choose([new Shortfall(pools[0], 1)], [], new Inventory([small]));
        var worker = Placement.Choose([new Shortfall(pools[1], 1)], [], new Inventory([small]));

        Assert.Equal(fits, controlPlane.Picks.Count is 1);
        Assert.Single(worker.Picks);
        if (!fits)
        {
            Assert.Equal(
                "no free machine fits control-plane: 1 below kubeadm's minimum for a control plane (2 CPUs, 1700 MiB)",
                Assert.Single(controlPlane.Blockers).Message
            );
        }
    }

    [Fact]
    public void A_machine_is_of_an_architecture_that_the_image_is_for()
    {
        var place = new Shortfall(Scenes.Cluster(1, [1]).Pools[1], 1) { Architectures = ["amd64"] };
        Candidate[] free = [Scenes.Machine(1, cpu: 4) with { Architecture = "arm64" }, Scenes.Machine(2)];

        Assert.Equal("m002", Assert.Single(Placement.Choose([place], [], new Inventory(free)).Picks).Machine.Value);
        Assert.Equal(
            "no free machine fits pool-0: 1 not amd64, which the image is for",
            Assert.Single(Placement.Choose([place], [], new Inventory(free[..1])).Blockers).Message
        );
    }

    [Fact]
    public void Machines_whose_names_Kubernetes_takes_for_one_are_not_both_chosen()
    {
        var cluster = new RunningCluster(1, 1).WithPool(1, pool => pool with { Size = 3 });
        cluster.Free =
        [
            Scenes.Machine(100) with
            {
                Hostname = "HOST-001",
            },
            Scenes.Machine(101) with
            {
                Hostname = "twin",
            },
            Scenes.Machine(102) with
            {
                Hostname = "Twin",
            },
        ];

        Assert.Equal("m101", Assert.Single(cluster.Plan().Steps.OfType<Step.Allocate>()).Machine.Value);
    }

    [Fact]
    public void The_cheapest_machine_that_fits_is_taken_and_the_first_by_id_of_two_alike()
    {
        Assert.Equal(["b"], Picked(1, Machine("a", 16, 16), Machine("b", 8, 16), Machine("c", 8, 16)));
        Assert.Equal(["b"], Picked(1, Machine("a", 8, 32), Machine("b", 16, 16)));
        Assert.Equal(["a"], Picked(1, Machine("b", 12, 12), Machine("a", 8, 16)));
    }

    [Fact]
    public void An_even_spread_over_zones_is_worth_more_than_a_cheaper_machine() =>
        Assert.Equal(
            ["a", "d", "b"],
            Picked(3, Machine("a", 4, 4), Machine("b", 4, 4), Machine("c", 16, 16), Machine("d", 16, 15, "az2"))
        );

    [Fact]
    public void Machines_that_the_pool_has_count_for_the_spread_and_those_that_leave_or_serve_another_pool_do_not()
    {
        var cluster = new RunningCluster(1, 2, 2);
        var members = cluster.Observed.Members.Select(seen => seen.Member).ToList();
        var leaving = members
            .Select(member => member.Pool.Value is "pool-0" ? member with { State = MachineState.Draining } : member)
            .ToList();
        var pool = cluster.Desired.Pools[1];
        Candidate[] free = [Machine("a", 4, 4), Machine("b", 16, 16, "az2")];

        Assert.Equal("b", Placement.Choose([new Shortfall(pool, 1)], members, new Inventory(free)).Picks.Single().Machine.Value);
        Assert.Equal("a", Placement.Choose([new Shortfall(pool, 1)], leaving, new Inventory(free)).Picks.Single().Machine.Value);
    }

    [Fact]
    public void A_pick_names_its_place_in_the_pool()
    {
        var cluster = new RunningCluster(1, 2);
        var pool = cluster.Desired.Pools[1] with { Size = 4 };
        var choice = Placement.Choose(
            [new Shortfall(pool, 2)],
            [.. cluster.Observed.Members.Select(seen => seen.Member)],
            new Inventory([Machine("a", 4, 4), Machine("b", 4, 4)])
        );

        Assert.Equal(["pool-0 3 of 4, zone az1", "pool-0 4 of 4, zone az1"], choice.Picks.Select(pick => pick.Reason));
    }

    [Fact]
    public void A_machine_of_the_cluster_is_never_chosen_again()
    {
        var cluster = new RunningCluster(1, 1);
        var choice = Placement.Choose(
            [new Shortfall(cluster.Desired.Pools[1], 1)],
            [.. cluster.Observed.Members.Select(seen => seen.Member)],
            new Inventory([Scenes.Machine(0), Scenes.Machine(1)])
        );

        Assert.Empty(choice.Picks);
        Assert.Single(choice.Blockers);
    }

    [Fact]
    public void One_machine_serves_one_pool()
    {
        var pools = Scenes.Cluster(1, [1]).Pools;
        var choice = Placement.Choose([.. pools.Select(pool => new Shortfall(pool, 1))], [], new Inventory([Machine("a", 4, 4)]));

        Assert.Equal("control-plane", Assert.Single(choice.Picks).Pool.Name.Value);
        Assert.Equal(
            new Blocker(Reasons.TooFewMachines, "pool-0 needs 1 machine and 0 free ones fit"),
            Assert.Single(choice.Blockers)
        );
    }

    [Fact]
    public void A_shortage_names_how_many_machines_fail_what_the_most_frequent_first()
    {
        var pool = Scenes.Cluster(1, [3]).Pools[1] with
        {
            Placement = new PoolPlacement { MinCpu = 8, Zones = ["az1"] },
        };
        Candidate[] free =
        [
            Machine("a", 8, 8),
            Machine("b", 4, 8),
            Machine("c", 4, 8),
            Machine("d", 8, 8, "az2"),
            Machine("e", 4, 8, "az3"),
        ];

        var few = Assert.Single(Placement.Choose([new Shortfall(pool, 3)], [], new Inventory(free)).Blockers);
        Assert.Equal(
            new Blocker(
                Reasons.TooFewMachines,
                "pool-0 needs 3 machines and 1 free one fits: 2 fewer than 8 CPUs, 2 not in zone az1"
            ),
            few
        );

        var none = Assert.Single(Placement.Choose([new Shortfall(pool, 3)], [], new Inventory(free[1..4])).Blockers);
        Assert.Equal(
            new Blocker(Reasons.NoMachineFits, "no free machine fits pool-0: 2 fewer than 8 CPUs, 1 not in zone az1"),
            none
        );
    }

    [Fact]
    public void Without_a_free_machine_the_blocker_is_too_few_machines()
    {
        var choice = Placement.Choose([new Shortfall(Scenes.Cluster(1, []).Pools[0], 1)], [], Inventory.Empty);

        Assert.Equal(
            new Blocker(Reasons.TooFewMachines, "control-plane needs 1 machine and 0 free ones fit"),
            Assert.Single(choice.Blockers)
        );
    }

    private static IEnumerable<string> Picked(int count, params Candidate[] free) =>
        Placement
            .Choose([new Shortfall(Scenes.Cluster(1, [count]).Pools[1], count)], [], new Inventory(free))
            .Picks.Select(pick => pick.Machine.Value);

    private static Candidate Machine(string id, int cpu, int memoryGiB, string zone = "az1") =>
        new(new SystemId(id), $"host-{id}", zone, "default", cpu, memoryGiB * 1024, 500_000_000_000, "amd64", []);
}
