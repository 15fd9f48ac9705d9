using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;

namespace Gantry.Clusters.Steps;

public abstract partial record Step
{
    /// <summary>Reserve the virtual IP in MAAS.</summary>
    /// <param name="Subnet">CIDR or name of the subnet in MAAS; <c>null</c> means the subnet of the first control
    /// plane.</param>
    public sealed record ReserveAddress(string? Subnet, string? Address, string Reason) : Step(Reason), IStep
    {
        public static StepTraits Declared { get; } = new("+") { IsPrerequisite = true };

        public override ClusterObservation Apply(ClusterObservation observed, ClusterSpec desired, DateTimeOffset now) =>
            observed with
            {
                Endpoint = new EndpointFacts(Address ?? "a free address", EndpointPlan.Port, []),
            };
    }
}
