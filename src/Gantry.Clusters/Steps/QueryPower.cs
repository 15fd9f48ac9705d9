using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;

namespace Gantry.Clusters.Steps;

public abstract partial record Step
{
    /// <summary>Ask the machine's BMC whether it is on.</summary>
    public sealed record QueryPower(SystemId Machine, string Reason) : OnMachine(Machine, Reason), IStep
    {
        public static StepTraits Declared { get; } = new("~");

        public override ClusterObservation Apply(ClusterObservation observed, ClusterSpec desired, DateTimeOffset now) =>
            observed.ChangeRepair(Machine, repair => repair with { Power = "on", AskedAt = now });
    }
}
