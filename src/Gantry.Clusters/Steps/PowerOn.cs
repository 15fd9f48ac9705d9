using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;

namespace Gantry.Clusters.Steps;

public abstract partial record Step
{
    /// <summary>Switch on a machine that is off.</summary>
    public sealed record PowerOn(SystemId Machine, string Reason) : OnMachine(Machine, Reason), IStep
    {
        public static StepTraits Declared { get; } = new("~");

        public override ClusterObservation Apply(ClusterObservation observed, ClusterSpec desired, DateTimeOffset now) =>
            observed.ChangeRepair(Machine, repair => repair with { ActedAt = now });
    }
}
