using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;

namespace Gantry.Simulator.Invariants;

/// <summary>No reconcile of the engine ends with an internal error.</summary>
internal sealed class EngineFaults(Simulation run) : Invariant(run)
{
    public override void Published(ClusterStatus status)
    {
        foreach (var condition in status.Conditions)
        {
            if (condition.Reason is Reasons.Internal && condition.Status is ConditionStatus.False)
            {
                Run.Violate("Engine", $"{Run.Name(status.Id)}: {condition.Message}");
            }
        }
    }
}
