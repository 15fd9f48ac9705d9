using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;

namespace Gantry.Clusters.Steps;

public abstract partial record Step
{
    /// <summary>Cancel the removal of the machine.</summary>
    public sealed record Uncordon(SystemId Machine, string Reason) : OnMachine(Machine, Reason), IStep
    {
        public static StepTraits Declared { get; } = new("~");

        public override ClusterObservation Apply(ClusterObservation observed, ClusterSpec desired, DateTimeOffset now) =>
            observed
                .Change(Machine, member => member.Enter(MachineState.Ready, now) with { Removal = null, Drained = false })
                .ChangeNode(Machine, node => node with { MarkedAsLeaving = false });
    }
}
