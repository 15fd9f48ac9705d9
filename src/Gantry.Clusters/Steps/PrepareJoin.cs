using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;

namespace Gantry.Clusters.Steps;

public abstract partial record Step
{
    /// <summary>
    /// Write the version and the settings of the control plane into the cluster's kubeadm configuration, which the next
    /// machines read.
    /// </summary>
    public sealed record PrepareJoin(KubernetesVersion Version, string Reason) : Step(Reason), IStep
    {
        public static StepTraits Declared { get; } = new("~");

        public override ClusterObservation Apply(ClusterObservation observed, ClusterSpec desired, DateTimeOffset now) =>
            observed with
            {
                KubeadmVersion = new KubeadmVersionState.Known(Version),
                ControlPlaneSettings = NodeBuild.ControlPlaneSettingsOf(desired),
            };
    }
}
