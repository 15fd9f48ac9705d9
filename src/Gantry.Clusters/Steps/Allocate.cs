using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;

namespace Gantry.Clusters.Steps;

public abstract partial record Step
{
    /// <summary>Allocate exactly this machine in MAAS.</summary>
    public sealed record Allocate(SystemId Machine, string Hostname, string Zone, DnsLabel Pool, PoolRole Role, string Reason)
        : OnMachine(Machine, Reason),
            IStep
    {
        public static StepTraits Declared { get; } = new("+") { Stage = StepStage.Allocate };

        public override ClusterObservation Apply(ClusterObservation observed, ClusterSpec desired, DateTimeOffset now) =>
            observed
                .Without(Machine)
                .With(
                    DryRun.Sight(
                        new Member
                        {
                            Machine = Machine,
                            Hostname = Hostname,
                            Pool = Pool,
                            Role = Role,
                            Zone = Zone,
                            State = MachineState.Allocated,
                            Since = now,
                            Intent = "",
                            PlacedFor = desired.Pools.FirstOrDefault(pool => pool.Name == Pool) is { } pool
                                ? NodeBuild.DigestOf(pool.Placement)
                                : null,
                        },
                        observed.Find(Machine)?.Maas.ValueOrDefault?.Hardware
                    )
                );
    }
}
