using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;

namespace Gantry.Clusters.Steps;

public abstract partial record Step
{
    /// <summary>Upgrade kube-proxy and CoreDNS to the version of every control plane.</summary>
    public sealed record UpgradeAddons(KubernetesVersion Version, string Reason) : Step(Reason), IStep
    {
        public static StepTraits Declared { get; } = new("~");

        public override ClusterObservation Apply(ClusterObservation observed, ClusterSpec desired, DateTimeOffset now) =>
            observed with
            {
                Version = Version,
            };
    }
}
