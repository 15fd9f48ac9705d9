using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;

namespace Gantry.Clusters.Steps;

public abstract partial record Step
{
    /// <summary>Remove a member from etcd.</summary>
    /// <param name="Machine">The control plane of the member; <c>null</c> when it is already gone.</param>
    public sealed record RemoveEtcdMember(SystemId? Machine, string Member, string Reason) : Step(Reason), IStep
    {
        public static StepTraits Declared { get; } =
            new("-")
            {
                IsDisruptive = true,
                ChangesEtcd = true,
                Stage = StepStage.Leave,
            };

        public override ClusterObservation Apply(ClusterObservation observed, ClusterSpec desired, DateTimeOffset now) =>
            observed.ChangeEtcd(members => members.Where(member => member.Id != Member));

        public override SystemId? Target => Machine;
    }
}
