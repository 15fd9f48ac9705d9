using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;

namespace Gantry.Clusters.Steps;

public abstract partial record Step
{
    /// <summary>Install the machine with the document of its role.</summary>
    public sealed record Deploy(SystemId Machine, Bootstrap Bootstrap, string Reason) : OnMachine(Machine, Reason), IStep
    {
        public static StepTraits Declared { get; } = new("+") { Stage = StepStage.Deploy, Phase = TimedPhase.Deploy };

        public override ClusterObservation Apply(ClusterObservation observed, ClusterSpec desired, DateTimeOffset now) =>
            observed.Change(
                Machine,
                member =>
                    member.Enter(MachineState.Deploying, now) with
                    {
                        Build = NodeBuild.Of(desired, desired.Pools.First(pool => pool.Name == member.Pool), observed.Template),
                        Initializes = Bootstrap is Bootstrap.InitControlPlane,
                        Addresses = [$"address of {member.Hostname}"],
                    }
            );
    }
}
