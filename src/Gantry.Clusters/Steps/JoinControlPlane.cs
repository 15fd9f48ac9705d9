using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;

namespace Gantry.Clusters.Steps;

public abstract partial record Step
{
    /// <summary>Admit the waiting machine: its bootstrap token becomes valid, or is renewed.</summary>
    public sealed record JoinControlPlane(SystemId Machine, string Reason) : OnMachine(Machine, Reason), IStep
    {
        public static StepTraits Declared { get; } = new("+") { Stage = StepStage.Join, Phase = TimedPhase.Join };

        public override ClusterObservation Apply(ClusterObservation observed, ClusterSpec desired, DateTimeOffset now) =>
            observed.Change(Machine, member => member.AssumeAdmitted(now));
    }
}
