using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;

namespace Gantry.Clusters.Steps;

public abstract partial record Step
{
    /// <summary>Begin the removal of the machine: no new pods are scheduled on its node.</summary>
    public sealed record Cordon(SystemId Machine, RemovalKind Kind, string Reason) : OnMachine(Machine, Reason), IStep
    {
        public static StepTraits Declared { get; } =
            new("~")
            {
                IsDisruptive = true,
                BeginsRemoval = true,
                Stage = StepStage.Leave,
            };

        public override ClusterObservation Apply(ClusterObservation observed, ClusterSpec desired, DateTimeOffset now) =>
            observed.Change(
                Machine,
                member => member.Enter(MachineState.Draining, now) with { Removal = new Removal(Kind, Reason) }
            );
    }
}
