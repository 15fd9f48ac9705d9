using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;

namespace Gantry.Clusters.Steps;

public abstract partial record Step
{
    /// <summary>Set the version of the next machines in the cluster's kubeadm configuration.</summary>
    public sealed record PrepareVersion(KubernetesVersion Version, string Reason) : Step(Reason), IStep
    {
        public static StepTraits Declared { get; } = new("~");

        public override ClusterObservation Apply(ClusterObservation observed, ClusterSpec desired, DateTimeOffset now) =>
            observed with
            {
                KubeadmVersion = new KubeadmVersionState.Known(Version),
            };
    }
}
