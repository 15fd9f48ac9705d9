using Gantry.Clusters.Model;

namespace Gantry.Simulator.World;

/// <summary>Machines of several shapes in three zones, all free.</summary>
public static class Inventories
{
    private static readonly (int Cpu, int MemoryGiB, string[] Tags)[] Shapes =
    [
        (8, 32, []),
        (8, 32, []),
        (8, 32, []),
        (16, 64, ["nvme"]),
        (16, 64, ["nvme"]),
        (32, 128, ["nvme", "gpu"]),
    ];

    public static void Fill(WorldRegion region, int machines, Chance chance)
    {
        for (var index = 0; index < machines; index++)
        {
            var (cpu, memory, tags) = Shapes[chance.Below(Shapes.Length, "shape", index)];
            region.Add(
                new WorldMachine
                {
                    Index = index,
                    Id = new SystemId($"m{index:00000}"),
                    Hostname = $"node{index}",
                    Address = $"10.0.{index / 250}.{(index % 250) + 1}",
                    Zone = $"az{(index % 3) + 1}",
                    Pool = "default",
                    Tags = [.. tags],
                    Cpu = cpu,
                    MemoryMiB = memory * 1024,
                    Disk = 480_000_000_000,
                }
            );
        }
    }
}
