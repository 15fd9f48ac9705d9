using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;

namespace Gantry.Clusters.Steps;

public abstract partial record Step
{
    /// <summary>Release the machine in MAAS.</summary>
    public sealed record Release(SystemId Machine, string Reason) : OnMachine(Machine, Reason), IStep
    {
        public static StepTraits Declared { get; } =
            new("-")
            {
                IsDisruptive = true,
                BeginsRemoval = true,
                Stage = StepStage.Release,
                Phase = TimedPhase.Release,
            };

        public override ClusterObservation Apply(ClusterObservation observed, ClusterSpec desired, DateTimeOffset now) =>
            observed.Without(Machine);
    }
}
