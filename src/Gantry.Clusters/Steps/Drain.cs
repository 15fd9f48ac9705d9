using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;

namespace Gantry.Clusters.Steps;

public abstract partial record Step
{
    /// <summary>Evict the pods of the node.</summary>
    /// <param name="Force">The limit is over: delete the pods that cannot be evicted, and give all of them half a minute.</param>
    public sealed record Drain(SystemId Machine, bool Force, string Reason) : OnMachine(Machine, Reason), IStep
    {
        /// <summary>When the machine goes on leaving whatever is left; <c>null</c> when the drain has no limit.</summary>
        public DateTimeOffset? Until { get; init; }

        public static StepTraits Declared { get; } =
            new("-")
            {
                IsDisruptive = true,
                Stage = StepStage.Leave,
                Phase = TimedPhase.Drain,
            };

        public override ClusterObservation Apply(ClusterObservation observed, ClusterSpec desired, DateTimeOffset now) =>
            observed.Change(Machine, member => member with { Drained = true });
    }
}
