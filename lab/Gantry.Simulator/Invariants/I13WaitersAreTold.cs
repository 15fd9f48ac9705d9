using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;

namespace Gantry.Simulator.Invariants;

/// <summary>
/// A cluster that waits for machines reports what it waits for and which cluster is ahead: an older one that is still desired.
/// <see cref="Convergence"/> checks that no feasible cluster waits for ever behind an infeasible one.
/// </summary>
internal sealed class I13WaitersAreTold(Simulation run) : Invariant(run)
{
    public override void Published(ClusterStatus status)
    {
        // While MAAS does not answer, conditions are those of the last reconcile.
        if (
            status.Conditions.FirstOrDefault(condition => condition.Reason is Reasons.WaitsForTurn)
                is not { Message: var message }
            || status.Conditions.Any(condition => condition is { Type: "MaasReachable", Status: not ConditionStatus.True })
            || Run.Gateway is not { } gateway
            || Run.SpecOf(status.Id) is not { } mine
        )
        {
            return;
        }

        if (!mine.Pools.Any(pool => message.Contains($" for {pool.Name}", StringComparison.Ordinal)))
        {
            Broken($"{mine.Name} is not told for what it waits: {message}");
        }

        var older = gateway.Desired.All.Where(cluster => cluster.Id != mine.Id && cluster.CreatedAt <= mine.CreatedAt);
        if (!older.Any(cluster => message.Contains($"behind {cluster.Name}", StringComparison.Ordinal)))
        {
            Broken($"{mine.Name} is not told behind which older cluster it waits: {message}");
        }
    }
}
