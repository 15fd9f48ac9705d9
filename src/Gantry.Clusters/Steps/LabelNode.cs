using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;

namespace Gantry.Clusters.Steps;

public abstract partial record Step
{
    /// <summary>Set on the node what its kubelet may not set itself: role, the pool's labels, annotations.</summary>
    public sealed record LabelNode(SystemId Machine, string Reason) : OnMachine(Machine, Reason), IStep
    {
        public static StepTraits Declared { get; } = new("~");

        public override ClusterObservation Apply(ClusterObservation observed, ClusterSpec desired, DateTimeOffset now) =>
            observed.ChangeNode(Machine, node => node with { Labelled = true });
    }
}
