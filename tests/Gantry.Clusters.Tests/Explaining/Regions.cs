using CsCheck;
using Gantry.Clusters.Explaining;
using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;

namespace Gantry.Clusters.Tests.Explaining;

/// <summary>Regions with machines of many kinds, and clusters with demanding constraints.</summary>
internal static class Regions
{
    public static Gen<Candidate> Machines { get; } =
        from cpu in One(4, 8, 16, 32)
        from memory in One(8192, 16384, 32768, 65536)
        from disk in One(100, 500, 2000)
        from zone in One("az1", "az2", "az3")
        from pool in One("default", "gpu")
        from architecture in One("amd64", "amd64", "amd64", "arm64")
        from tags in One("rack1", "nvme", "flaky", "gpu").Array[0, 3]
        from subnet in One("boot", "production")
        select Machine(0, cpu, memory, disk, zone, pool, architecture, tags) with
        {
            Networks = [new NetworkLink(Cidr.Parse("10.40.0.0/24"), subnet, Space: null, [])],
        };

    public static Gen<IReadOnlyList<Candidate>> Many { get; } =
        Machines.Array[0, 40].Select(machines => (IReadOnlyList<Candidate>)[.. machines.Select(Number)]);

    public static Gen<IReadOnlyList<KnownMachine>> Known { get; } =
        from machines in Many
        from unavailable in Gen.Int[0, 5].Array[40]
        select (IReadOnlyList<KnownMachine>)
            [
                .. machines.Select(
                    (machine, index) =>
                        new KnownMachine(
                            machine,
                            unavailable[index] switch
                            {
                                0 => Unavailable.InQuarantine("deployment failed"),
                                1 => Unavailable.HeldBy("anna"),
                                _ => null,
                            }
                        )
                ),
            ];

    public static Gen<PoolPlacement> Placements { get; } =
        from cpu in One(0, 0, 8, 24)
        from memory in One(0, 0, 16384, 50000)
        from disk in One(0, 0, 400, 1000)
        from zones in One("az1", "az2", "az4").Array[0, 2]
        from pool in One<string?>(null, null, "gpu")
        from architecture in One<string?>(null, "amd64")
        from tags in One("rack1", "nvme").Array[0, 1]
        from notTags in One("flaky", "gpu").Array[0, 1]
        from subnet in One<string?>(null, null, "production")
        select new PoolPlacement
        {
            MinCpu = cpu,
            MinMemoryMiB = memory,
            MinDiskGB = disk,
            Zones = [.. zones.Distinct()],
            ResourcePool = pool,
            Architecture = architecture,
            Tags = [.. tags],
            NotTags = [.. notTags],
            Subnet = subnet is null ? null : NetworkSelector.Parse(subnet),
        };

    public static Gen<ClusterSpec> Clusters { get; } =
        from controlPlanes in One(1, 3)
        from placements in Placements.Array[1, 4]
        from sizes in Gen.Int[0, 6].Array[4]
        from surges in Gen.Int[0, 2].Array[4]
        select Cluster([
            .. placements.Select(
                (placement, index) =>
                    new MachinePool
                    {
                        Name = DnsLabel.Parse(index is 0 ? "control-plane" : $"pool-{index}"),
                        Role = index is 0 ? PoolRole.ControlPlane : PoolRole.Worker,
                        Size = index is 0 ? controlPlanes : sizes[index],
                        Placement = placement,
                        RollingUpdate = new RollingUpdate(surges[index], surges[index] is 0 ? 1 : 0),
                    }
            ),
        ]);

    public static Candidate Machine(
        int number,
        int cpu = 8,
        int memory = 16384,
        int disk = 500,
        string zone = "az1",
        string pool = "default",
        string architecture = "amd64",
        params string[] tags
    ) => Number(new Candidate(new SystemId(""), "", zone, pool, cpu, memory, disk * 1_000_000_000L, architecture, tags), number);

    public static ClusterSpec Cluster(params MachinePool[] pools) => Planning.Scenes.Cluster(1, []) with { Pools = [.. pools] };

    public static MachinePool ControlPlane(int size, PoolPlacement? placement = null) =>
        new()
        {
            Name = DnsLabel.Parse("control-plane"),
            Role = PoolRole.ControlPlane,
            Size = size,
            Placement = placement ?? new PoolPlacement(),
        };

    public static MachinePool Workers(int size, PoolPlacement? placement = null, string name = "worker") =>
        new()
        {
            Name = DnsLabel.Parse(name),
            Role = PoolRole.Worker,
            Size = size,
            Placement = placement ?? new PoolPlacement(),
        };

    /// <summary>A member of the cluster on every n-th machine, in the pool of that number.</summary>
    public static Gen<IReadOnlyList<Member>> Members(ClusterSpec cluster, IReadOnlyList<KnownMachine> machines) =>
        Gen.Int[0, 3]
            .Array[machines.Count]
            .Select(chosen =>
                (IReadOnlyList<Member>)
                    [
                        .. machines
                            .Where((_, index) => chosen[index] is 0)
                            .Select((one, index) => (one.Machine, Pool: cluster.Pools[index % cluster.Pools.Count]))
                            .Select(pair => new Member
                            {
                                Machine = pair.Machine.Machine,
                                Hostname = pair.Machine.Hostname,
                                Pool = pair.Pool.Name,
                                Role = pair.Pool.Role,
                                Zone = pair.Machine.Zone,
                                State = MachineState.Ready,
                                Since = Planning.Scenes.Now,
                                Intent = "",
                            }),
                    ]
            );

    public static Gen<T> One<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(index => values[index]);

    private static Candidate Number(Candidate machine, int number) =>
        machine with
        {
            Machine = new SystemId($"m{number:000}"),
            Hostname = $"host-{number:000}",
        };
}
