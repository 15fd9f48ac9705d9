using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;

namespace Gantry.Clusters.Steps;

public abstract partial record Step
{
    /// <summary>Apply the manifests of the cluster's add-ons.</summary>
    public sealed record ApplyAddons(string Digest, string Reason) : Step(Reason), IStep
    {
        public static StepTraits Declared { get; } = new("~");

        public override ClusterObservation Apply(ClusterObservation observed, ClusterSpec desired, DateTimeOffset now) =>
            observed with
            {
                AppliedAddons = Digest,
                Addons = observed.Addons with
                {
                    Applied = AddonFacts.Union(observed.Addons.Applied, observed.Addons.Wanted),
                    Missing = [],
                },
            };
    }
}
