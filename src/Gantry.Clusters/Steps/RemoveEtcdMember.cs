using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;

namespace Gantry.Clusters.Steps;

public abstract partial record Step
{
    /// <summary>Take a member out of etcd.</summary>
    /// <param name="Machine">The control plane it belongs to; <c>null</c> when that is gone already.</param>
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
