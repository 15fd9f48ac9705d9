using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;

namespace Gantry.Clusters.Steps;

public abstract partial record Step
{
    /// <summary>Delete the objects that no layer brings any more.</summary>
    public sealed record PruneAddons(ValueList<AddonObject> Objects, string Reason) : Step(Reason), IStep
    {
        public static StepTraits Declared { get; } = new("-") { IsDisruptive = true };

        public override ClusterObservation Apply(ClusterObservation observed, ClusterSpec desired, DateTimeOffset now) =>
            observed with
            {
                AppliedAddons = desired.Addons.Digest,
                Addons = observed.Addons with { Applied = [.. observed.Addons.Applied.Except(Objects)] },
            };
    }
}
