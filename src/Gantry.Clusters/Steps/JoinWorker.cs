using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;

namespace Gantry.Clusters.Steps;

public abstract partial record Step
{
    /// <inheritdoc cref="JoinControlPlane"/>
    public sealed record JoinWorker(SystemId Machine, string Reason) : OnMachine(Machine, Reason), IStep
    {
        public static StepTraits Declared { get; } = new("+") { Stage = StepStage.Join, Phase = TimedPhase.Join };

        public override ClusterObservation Apply(ClusterObservation observed, ClusterSpec desired, DateTimeOffset now) =>
            observed.Change(Machine, member => member.AssumeAdmitted(now));
    }
}
