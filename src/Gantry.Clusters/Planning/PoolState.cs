using Gantry.Clusters.Model;

namespace Gantry.Clusters.Planning;

/// <summary>The observed machines of a pool against its desired state.</summary>
internal sealed class PoolState
{
    public PoolState(MachinePool pool, PlanBuilder builder)
    {
        Pool = pool;
        Staying = [.. builder.Observed.Members.Where(seen => seen.Member.Stays && seen.Member.Pool == pool.Name)];
        Leaving =
        [
            .. builder.Observed.Members.Where(seen =>
                seen.Member.Pool == pool.Name
                && seen.Member is { State: MachineState.Draining or MachineState.Releasing, Failure: null }
                && seen.Member.Removal?.Kind is not RemovalKind.Repair
            ),
        ];
        Unwanted = [.. Staying.Where(seen => builder.Unwanted(seen) is not null)];
        Wanted = [.. Staying.Where(seen => builder.Unwanted(seen) is null)];
    }

    public MachinePool Pool { get; }

    public IReadOnlyList<MemberObservation> Staying { get; }

    /// <summary>Machines of <see cref="Staying"/> whose installation is the desired one, or becomes it.</summary>
    public IReadOnlyList<MemberObservation> Wanted { get; }

    /// <summary>Machines of <see cref="Staying"/> that are to be replaced.</summary>
    public IReadOnlyList<MemberObservation> Unwanted { get; }

    /// <summary>Machines that leave by plan, not because they broke.</summary>
    public IReadOnlyList<MemberObservation> Leaving { get; }

    /// <summary>
    /// Machines above the pool's size during a rolling replacement. A control plane allows one at most: etcd takes one new
    /// member at a time.
    /// </summary>
    public int Surge =>
        Pool.Role is PoolRole.ControlPlane ? Math.Min(Pool.RollingUpdate.MaxSurge, 1) : Pool.RollingUpdate.MaxSurge;

    /// <summary>Machines below the pool's size during a rolling replacement.</summary>
    public int Unavailable =>
        Pool.Role is PoolRole.ControlPlane ? Math.Min(Pool.RollingUpdate.MaxUnavailable, 1) : Pool.RollingUpdate.MaxUnavailable;

    public int Ready => Staying.Count(IsReady);

    /// <summary>
    /// Machines that MAAS counts against the pool: without surge, machines being released count too. A machine that MAAS cannot
    /// release does not hold the pool up.
    /// </summary>
    public int Occupied =>
        Staying.Count
        + Leaving.Count(seen => seen.Member.State is MachineState.Draining || (Surge is 0 && seen.Member.ReleaseFailure is null));

    /// <summary>No replacement is due or under way.</summary>
    public bool IsDone =>
        Unwanted.Count is 0
        && Staying.Count == Pool.Size
        && Ready == Pool.Size
        && !Leaving.Any(seen => seen.Member.State is MachineState.Draining);

    public static bool IsReady(MemberObservation seen) =>
        seen.Member.State is MachineState.Ready && seen.Node is not Observation<NodeFacts>.Present { Value.Ready: false };

    /// <summary>The machine never was a node of the cluster, so no workload depends on it.</summary>
    public static bool IsUnused(MemberObservation seen) =>
        seen.Member.State is MachineState.Selected or MachineState.Allocated or MachineState.Deploying
        || (seen.Member is { State: MachineState.Joining } && seen.Node.IsAbsent);
}
