using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;

namespace Gantry.Clusters.Steps;

public abstract partial record Step
{
    /// <summary>Release a control plane that died before it was used, and bootstrap the cluster again.</summary>
    public sealed record Rebootstrap(string Reason) : Step(Reason), IStep
    {
        public static StepTraits Declared { get; } = new("-") { IsDisruptive = true };

        public override ClusterObservation Apply(ClusterObservation observed, ClusterSpec desired, DateTimeOffset now) =>
            observed with
            {
                Initialized = false,
                AppliedAddons = null,
                Addons = observed.Addons with { Applied = [], Missing = [] },
                Members = [],
            };
    }
}
