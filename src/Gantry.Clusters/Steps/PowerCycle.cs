using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;

namespace Gantry.Clusters.Steps;

public abstract partial record Step
{
    /// <summary>
    /// Cut the power of a machine that is on and silent; it is switched on again once it is observed to be off.
    /// </summary>
    public sealed record PowerCycle(SystemId Machine, string Reason) : OnMachine(Machine, Reason), IStep
    {
        public static StepTraits Declared { get; } = new("~") { IsDisruptive = true };

        public override ClusterObservation Apply(ClusterObservation observed, ClusterSpec desired, DateTimeOffset now) =>
            observed.ChangeRepair(Machine, repair => repair with { ActedAt = now });
    }
}
