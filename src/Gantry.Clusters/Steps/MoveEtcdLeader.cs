using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;

namespace Gantry.Clusters.Steps;

public abstract partial record Step
{
    /// <summary>Transfer etcd's leadership to another voting member.</summary>
    /// <param name="To">Id of the voting member that leads next.</param>
    /// <param name="Machine">The control plane that leads now and leaves.</param>
    public sealed record MoveEtcdLeader(SystemId Machine, string To, string Reason) : OnMachine(Machine, Reason), IStep
    {
        public static StepTraits Declared { get; } = new("~") { ChangesEtcd = true };

        public override ClusterObservation Apply(ClusterObservation observed, ClusterSpec desired, DateTimeOffset now) =>
            observed.ChangeEtcd(members => members.Select(member => member with { Leader = member.Id == To }));
    }
}
