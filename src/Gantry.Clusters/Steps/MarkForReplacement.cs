using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;

namespace Gantry.Clusters.Steps;

public abstract partial record Step
{
    /// <summary>Mark the machine for replacement after its repair has failed.</summary>
    public sealed record MarkForReplacement(SystemId Machine, string Reason) : OnMachine(Machine, Reason), IStep
    {
        public static StepTraits Declared { get; } = new("~") { IsDisruptive = true };

        public override ClusterObservation Apply(ClusterObservation observed, ClusterSpec desired, DateTimeOffset now) =>
            observed.ChangeRepair(Machine, repair => repair with { MarkedForReplacement = Reason });
    }
}
