using Gantry.Clusters.Model;
using Gantry.Simulator.World;

namespace Gantry.Simulator.Invariants;

/// <summary>Whether a machine of the world meets a pool's constraints, told without the planner.</summary>
internal static class Fitting
{
    public static bool Fits(this PoolPlacement placement, WorldMachine machine) =>
        machine.Cpu >= placement.MinCpu
        && machine.MemoryMiB >= placement.MinMemoryMiB
        && (placement.Zones.Count is 0 || placement.Zones.Contains(machine.Zone))
        && placement.Tags.All(machine.Tags.Contains);
}
