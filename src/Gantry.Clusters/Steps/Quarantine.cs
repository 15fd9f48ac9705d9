using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;

namespace Gantry.Clusters.Steps;

public abstract partial record Step
{
    /// <summary>Record the machine's failure with its evidence, so that no cluster takes the machine again.</summary>
    public sealed record Quarantine(SystemId Machine, string Reason) : OnMachine(Machine, Reason), IStep
    {
        public static StepTraits Declared { get; } = new("-") { IsDisruptive = true, Stage = StepStage.Leave };

        public override ClusterObservation Apply(ClusterObservation observed, ClusterSpec desired, DateTimeOffset now) =>
            observed.Change(Machine, member => member with { Quarantined = true });
    }
}
