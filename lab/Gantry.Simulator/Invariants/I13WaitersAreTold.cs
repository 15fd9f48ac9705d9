using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;

namespace Gantry.Simulator.Invariants;

/// <summary>
/// A cluster that waits for machines reports what it waits for and which clusters are ahead: ones that are still desired. A
/// cluster that was complete and lost machines waits behind none but those that lost some as well.
/// <see cref="Convergence"/> checks that no feasible cluster waits for ever behind an infeasible one.
/// </summary>
internal sealed class I13WaitersAreTold(Simulation run) : Invariant(run)
{
    // A cluster's place in the queue follows from its last plan, and plans that wait are made again within minutes.
    private static readonly TimeSpan OutOfDate = TimeSpan.FromMinutes(20);

    private readonly Dictionary<ClusterId, TimeSpan> _passedSince = [];

    public override void Published(ClusterStatus status)
    {
        var passed = _passedSince.Remove(status.Id, out var since) ? since : Run.Time.Elapsed;

        // While MAAS does not answer, conditions are those of the last reconcile.
        if (
            status.Conditions.FirstOrDefault(condition => condition.Reason is Reasons.WaitsForTurn)
                is not { Message: var message }
            || status.Conditions.Any(condition => condition is { Type: "MaasReachable", Status: not ConditionStatus.True })
            || Run.Gateway is not { } gateway
            || Run.SpecOf(status.Id) is not { } mine
            || status.ObservedGeneration != mine.Generation
        )
        {
            return;
        }

        if (!mine.Pools.Any(pool => message.Contains($" for {pool.Name}", StringComparison.Ordinal)))
        {
            Broken($"{mine.Name} is not told for what it waits: {message}");
        }

        var ahead = gateway
            .Desired.All.Where(cluster => cluster.Id != mine.Id && IsNamed(cluster.Name, message))
            .Select(cluster => cluster.Name)
            .ToList();
        if (ahead.Count is 0)
        {
            Broken($"{mine.Name} is not told behind which cluster it waits: {message}");
        }

        if (HasLost(mine) && !ahead.TrueForAll(name => message.Contains($"{name} lost machines", StringComparison.Ordinal)))
        {
            _passedSince[status.Id] = passed;
            if (Run.Time.Elapsed - passed > OutOfDate)
            {
                Broken($"{mine.Name} lost machines and waits behind a cluster that lost none: {message}");
            }
        }
    }

    private static bool IsNamed(DnsLabel cluster, string message) =>
        message.Contains($"behind {cluster}", StringComparison.Ordinal)
        || message.Contains($", {cluster}", StringComparison.Ordinal);

    private bool HasLost(ClusterSpec mine) =>
        Run.Ledger.Clusters.GetValueOrDefault(mine.Id) is { } record
        && record.ReachedGeneration == mine.Generation
        && record.Members.Count(member => member.Stays) < mine.Pools.Sum(pool => pool.Size);
}
