using System.Runtime.InteropServices;
using Gantry.Clusters.Model;

namespace Gantry.Engine.Tests.Support;

/// <summary>What a cluster's status says of a pool.</summary>
/// <param name="Machines">All that the pool holds, those that leave it included.</param>
/// <param name="Ready">Those whose node is Ready and that stay.</param>
/// <param name="UpToDate">Those that are as the cluster asks for them, or will be once they are installed, and that stay.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct PoolCounts(int Machines, int Ready, int UpToDate)
{
    public static Dictionary<string, PoolCounts> Of(ClusterStatus status) =>
        status
            .Machines.GroupBy(machine => machine.Pool.Value, StringComparer.Ordinal)
            .ToDictionary(
                pool => pool.Key,
                pool => new PoolCounts(
                    pool.Count(),
                    pool.Count(machine => machine.State is "Ready"),
                    pool.Count(machine =>
                        machine is { StaleReasons.Count: 0, State: not ("Draining" or "Releasing" or "Failed") }
                    )
                ),
                StringComparer.Ordinal
            );

    public override string ToString() => $"{Counted.Of(Machines, "machine")}, {Ready} ready, {UpToDate} up to date";
}
