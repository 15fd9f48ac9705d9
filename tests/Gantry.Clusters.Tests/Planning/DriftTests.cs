using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;

namespace Gantry.Clusters.Tests.Planning;

/// <summary>What people change in MAAS about machines of a cluster is told with its effect.</summary>
public sealed class DriftTests
{
    [Fact]
    public void A_machine_as_it_was_taken_is_no_drift() => Assert.Empty(Changed(machine => machine));

    [Fact]
    public void Another_zone_is_told() =>
        Told(
            machine => machine with { Zone = "az3" },
            "it was moved from zone az1 to az3",
            "its node keeps the label of zone az1, and the pool is spread by it, until the machine is replaced"
        );

    [Fact]
    public void Another_resource_pool_is_told() =>
        Told(
            machine => machine with { ResourcePool = "lent" },
            "it was moved from resource pool default to lent",
            "it stays in the cluster and goes back to that resource pool when it leaves"
        );

    [Fact]
    public void Other_tags_are_told() =>
        Told(
            machine => machine with { Tags = ["nvme"] },
            "its tags changed: +nvme",
            "it stays in the cluster; tags count when a machine is chosen"
        );

    [Fact]
    public void Another_size_is_told() =>
        Told(
            machine => machine with { MemoryMiB = 8192 },
            "its size changed from 8 CPUs, 16384 MiB and a disk of 500 GB to 8 CPUs, 8192 MiB and a disk of 500 GB",
            "its node offers what its kubelet found at its last start"
        );

    [Fact]
    public void Another_host_name_is_told() =>
        Told(
            machine => machine with { Hostname = "renamed" },
            "it was renamed to renamed",
            "its node keeps the name host-001 until the machine is replaced"
        );

    [Fact]
    public void What_the_pool_asks_for_and_the_machine_no_longer_has_is_told_once()
    {
        var cluster = Taken(new PoolPlacement { MinMemoryMiB = 16384 });

        Assert.Equal(
            "it has less than 16384 MiB of memory now, which pool-0 asks for",
            Assert.Single(Changed(cluster, machine => machine with { MemoryMiB = 8192 })).What
        );
    }

    [Fact]
    public void Nothing_is_told_of_a_machine_that_an_earlier_version_took()
    {
        var cluster = Taken(new PoolPlacement()).WithMember("m001", member => member with { Taken = null });

        Assert.Empty(Changed(cluster, machine => machine with { Tags = ["nvme"] }));
    }

    private static void Told(Func<Candidate, Candidate> change, string what, string effect)
    {
        var note = Assert.Single(Changed(change));
        Assert.Equal(("m001", what, effect), (note.Machine.Value, note.What, note.Effect));
    }

    private static IReadOnlyList<DriftNote> Changed(Func<Candidate, Candidate> change) =>
        Changed(Taken(new PoolPlacement()), change);

    private static IReadOnlyList<DriftNote> Changed(RunningCluster cluster, Func<Candidate, Candidate> change) =>
        cluster.WithMaas("m001", facts => facts with { Hardware = change(Scenes.Machine(1)) }).Plan().Drift;

    private static RunningCluster Taken(PoolPlacement placement) =>
        new RunningCluster(1, 1)
            .WithPool(1, pool => pool with { Placement = placement })
            .WithMember(
                "m001",
                member => member with { Taken = TakenFacts.Of(Scenes.Machine(1)), PlacedFor = NodeBuild.DigestOf(placement) }
            );
}
