using Gantry.Clusters.Model;

namespace Gantry.Clusters.Planning;

/// <summary>How a pool stands against what is wanted of it.</summary>
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

    /// <summary>Those of <see cref="Staying"/> that are as the cluster asks for them, or on the way to it.</summary>
    public IReadOnlyList<MemberObservation> Wanted { get; }

    /// <summary>Those of <see cref="Staying"/> that another machine is to replace.</summary>
    public IReadOnlyList<MemberObservation> Unwanted { get; }

    /// <summary>On their way out by our own will, and not because they broke.</summary>
    public IReadOnlyList<MemberObservation> Leaving { get; }

    /// <summary>
    /// Machines above the size while it is rolled. A control plane takes one more at most: etcd takes one new member at a time.
    /// </summary>
    public int Surge =>
        Pool.Role is PoolRole.ControlPlane ? Math.Min(Pool.RollingUpdate.MaxSurge, 1) : Pool.RollingUpdate.MaxSurge;

    /// <summary>Machines below the size while it is rolled.</summary>
    public int Unavailable =>
        Pool.Role is PoolRole.ControlPlane ? Math.Min(Pool.RollingUpdate.MaxUnavailable, 1) : Pool.RollingUpdate.MaxUnavailable;

    public int Ready => Staying.Count(IsReady);

    /// <summary>
    /// Machines that MAAS counts against the pool: where nothing may be above the size, also those not yet given back.
    /// </summary>
    public int Occupied => Staying.Count + Leaving.Count(seen => Surge is 0 || seen.Member.State is MachineState.Draining);

    /// <summary>Nothing is left to replace and nothing is under way.</summary>
    public bool IsDone =>
        Unwanted.Count is 0
        && Staying.Count == Pool.Size
        && Ready == Pool.Size
        && !Leaving.Any(seen => seen.Member.State is MachineState.Draining);

    public static bool IsReady(MemberObservation seen) =>
        seen.Member.State is MachineState.Ready && seen.Node is not Observation<NodeFacts>.Present { Value.Ready: false };

    /// <summary>It never was a node of the cluster, so that nobody can miss it.</summary>
    public static bool IsUnused(MemberObservation seen) =>
        seen.Member.State is MachineState.Selected or MachineState.Allocated or MachineState.Deploying
        || (seen.Member is { State: MachineState.Joining } && seen.Node.IsAbsent);
}
