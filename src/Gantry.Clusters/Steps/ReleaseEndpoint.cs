using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;

namespace Gantry.Clusters.Steps;

public abstract partial record Step
{
    /// <summary>Release the reserved address or delete the DNS record.</summary>
    public sealed record ReleaseEndpoint(string Reason) : Step(Reason), IStep
    {
        public static StepTraits Declared { get; } = new("-") { IsDisruptive = true };

        public override ClusterObservation Apply(ClusterObservation observed, ClusterSpec desired, DateTimeOffset now) =>
            observed with
            {
                Endpoint = null,
            };
    }
}
