using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;

namespace Gantry.Clusters.Steps;

public abstract partial record Step
{
    /// <summary>Delete the node of a machine that leaves.</summary>
    public sealed record DeleteNode(SystemId Machine, string Reason) : OnMachine(Machine, Reason), IStep
    {
        public static StepTraits Declared { get; } = new("-") { IsDisruptive = true, Stage = StepStage.Leave };

        public override ClusterObservation Apply(ClusterObservation observed, ClusterSpec desired, DateTimeOffset now) =>
            observed.Replace(Machine, seen => seen with { Node = new Observation<NodeFacts>.Absent() });
    }
}
