using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;

namespace Gantry.Clusters.Steps;

public abstract partial record Step
{
    /// <summary>Delete a node whose machine is no longer ours.</summary>
    public sealed record DeleteOrphanNode(string Node, string Reason) : Step(Reason), IStep
    {
        public static StepTraits Declared { get; } = new("-");

        public override ClusterObservation Apply(ClusterObservation observed, ClusterSpec desired, DateTimeOffset now) =>
            observed with
            {
                OrphanNodes = [.. observed.OrphanNodes.Where(node => node != Node)],
            };
    }
}
