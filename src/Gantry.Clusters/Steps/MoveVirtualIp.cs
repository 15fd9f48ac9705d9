using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;

namespace Gantry.Clusters.Steps;

public abstract partial record Step
{
    /// <summary>Give the lease of the virtual IP to the kube-vip of another control plane.</summary>
    /// <param name="Machine">The control plane that holds it now and leaves.</param>
    /// <param name="To">The node of the control plane that serves it next.</param>
    public sealed record MoveVirtualIp(SystemId Machine, string To, string Reason) : OnMachine(Machine, Reason), IStep
    {
        public static StepTraits Declared { get; } = new("~");

        public override ClusterObservation Apply(ClusterObservation observed, ClusterSpec desired, DateTimeOffset now) =>
            observed with
            {
                VirtualIp = new Observation<VirtualIpFacts>.Present(new VirtualIpFacts(To, IsTaken: true)),
            };
    }
}
