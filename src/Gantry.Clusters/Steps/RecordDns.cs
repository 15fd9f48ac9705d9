using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;

namespace Gantry.Clusters.Steps;

public abstract partial record Step
{
    /// <summary>Point the DNS record at exactly these addresses.</summary>
    public sealed record RecordDns(string Fqdn, ValueList<string> Addresses, string Reason) : Step(Reason), IStep
    {
        public static StepTraits Declared { get; } = new("~") { IsPrerequisite = true };

        public override ClusterObservation Apply(ClusterObservation observed, ClusterSpec desired, DateTimeOffset now) =>
            observed with
            {
                Endpoint = new EndpointFacts(Fqdn, EndpointPlan.Port, Addresses),
            };
    }
}
