using Gantry.Clusters.Model;

namespace Gantry.Clusters.Planning;

/// <summary>
/// Selects the machines that leave a living cluster now, for scale-down and for replacement, within the pool's surge and
/// unavailability.
/// </summary>
internal static class Replacement
{
    public static void Write(PlanBuilder builder)
    {
        foreach (
            var gone in builder.Observed.Members.Where(seen =>
                seen.Member.Stays && builder.Pools.All(pool => pool.Pool.Name != seen.Member.Pool)
            )
        )
        {
            if (gone.Member.Role is PoolRole.Worker)
            {
                ScaleDown.Leave(builder, gone, RemovalKind.ScaleDown, $"the pool {gone.Member.Pool} is gone");
            }
        }

        foreach (var pool in builder.Pools)
        {
            if (pool.Pool.Role is PoolRole.ControlPlane)
            {
                RetireControlPlane(builder, pool);
            }
            else
            {
                RetireWorkers(builder, pool);
            }
        }
    }

    /// <summary>
    /// Whether machines of this pool may be replaced now because their installation differs from the desired one.
    /// </summary>
    public static bool MayRoll(PlanBuilder builder, PoolState pool)
    {
        if (pool.Pool.Role is PoolRole.ControlPlane)
        {
            return Versions.ControlPlanesMayJoin(builder);
        }

        if (!builder.Observed.Formed)
        {
            return true;
        }

        var before = builder.Pools.TakeWhile(other => other != pool);
        return Versions.WorkersMayJoin(builder)
            && (builder.Desired.UpdateWorkerPoolsInParallel ? before.Take(1) : before).All(other => other.IsDone);
    }

    private static void RetireWorkers(PlanBuilder builder, PoolState pool)
    {
        // Machines that never were nodes and broken machines carry no workload: they leave at once, outside the pool's limits.
        var unused = MayLeaveUnused(builder, pool, pool.Unwanted.Where(PoolState.IsUnused));
        var atOnce = pool
            .Unwanted.Where(seen => unused.Contains(seen) || builder.Unwanted(seen)!.Kind is RemovalKind.Repair)
            .ToList();
        foreach (var seen in atOnce)
        {
            ScaleDown.Leave(builder, seen, builder.Unwanted(seen)!.Kind, builder.Unwanted(seen)!.Reason);
        }

        var rolled = Order(pool, pool.Unwanted.Except(atOnce)).ToList();
        var size = pool.Pool.Size;
        var staying = rolled.Count + pool.Wanted.Count;
        var wanted = pool.Wanted.Count;
        var ready = pool.Ready - atOnce.Count(PoolState.IsReady);
        var underWay = UnderWay(pool);
        var most = Math.Max(1, pool.Surge + pool.Unavailable);
        var leaving = new List<MemberObservation>();
        MemberObservation? stays = null;
        bool? mayRoll = null;
        foreach (var seen in rolled.Concat(Order(pool, pool.Wanted)))
        {
            var replaced = builder.Unwanted(seen) is not null;
            var surplus = staying > size;
            var shrinks = staying > size + (pool.Wanted.Count > 0 ? pool.Surge : 0);
            if (!replaced && (!surplus || wanted <= size))
            {
                break;
            }

            // Machines beyond the size while expanding first, or at the size while contracting first, are replacements.
            if (replaced && !shrinks && !(mayRoll ??= MayRollNow(builder, pool)))
            {
                continue;
            }

            var isReady = PoolState.IsReady(seen);
            var fits = surplus
                ? !isReady || ready - 1 >= size - (replaced ? pool.Unavailable : 0)
                : pool.Unavailable > 0 && underWay < most && (!isReady || ready - 1 >= size - pool.Unavailable);
            if (!fits)
            {
                continue;
            }

            var isReplacement = replaced && !shrinks;
            if (isReplacement && !builder.Successors.TryReserve(pool, seen, staying - 1, pool.Leaving.Concat(leaving)))
            {
                stays ??= seen;
                continue;
            }

            leaving.Add(seen);
            staying--;
            wanted -= replaced ? 0 : 1;
            ready -= isReady ? 1 : 0;
            underWay++;
            var why =
                builder.Unwanted(seen)?.Reason
                ?? $"{Counted.Of(pool.Staying.Count, "machine")} for {Counted.Of(size, "place")} in {pool.Pool.Name}";
            ScaleDown.Leave(builder, seen, isReplacement ? RemovalKind.Replacement : RemovalKind.ScaleDown, why);
            if (isReplacement && pool.Pool.RepaveInterval > TimeSpan.Zero)
            {
                mayRoll = false;
            }
        }

        if (stays is not null)
        {
            builder.Successors.Refuse(pool, stays);
        }
    }

    /// <summary>The machines of a pool that are to be replaced, in the order in which they leave.</summary>
    public static IEnumerable<MemberObservation> InOrder(PlanBuilder builder, PoolState pool) =>
        pool.Pool.Role is PoolRole.ControlPlane ? OrderControlPlanes(builder, pool, pool.Unwanted) : Order(pool, pool.Unwanted);

    // A machine that is not installed yet is only held; one that is being installed would be missed if none fitted its place.
    private static List<MemberObservation> MayLeaveUnused(
        PlanBuilder builder,
        PoolState pool,
        IEnumerable<MemberObservation> unused
    )
    {
        var leaving = new List<MemberObservation>();
        foreach (var seen in unused)
        {
            if (
                builder.Unwanted(seen)!.Kind is RemovalKind.Repair
                || seen.Member.State is MachineState.Selected or MachineState.Allocated
                || builder.Successors.TryReserve(pool, seen, pool.Staying.Count - leaving.Count - 1, pool.Leaving.Concat(leaving))
            )
            {
                leaving.Add(seen);
            }
            else
            {
                builder.Successors.Refuse(pool, seen);
            }
        }

        return leaving;
    }

    // A rolling replacement stops when its new machines do not become Ready.
    private static int UnderWay(PoolState pool) =>
        pool.Wanted.Count(seen => !PoolState.IsReady(seen))
        + pool.Leaving.Count(seen => seen.Member is { State: MachineState.Draining, Removal.Kind: RemovalKind.Replacement });

    private static bool MayRollNow(PlanBuilder builder, PoolState pool)
    {
        if (!MayRoll(builder, pool))
        {
            return false;
        }

        if (builder.Observed.AwaitsImages)
        {
            return false;
        }

        // Without an image, no replacement can be installed.
        if (builder.Observed.Image.IsAbsent)
        {
            ScaleUp.RefuseImage(builder);
            return false;
        }

        if (
            builder.Observed.LastRepaved.TryGetValue(pool.Pool.Name, out var last)
            && last + pool.Pool.RepaveInterval > builder.Now
        )
        {
            builder.Wait(
                Reasons.Rolling,
                $"{pool.Pool.Name} waits until {last + pool.Pool.RepaveInterval:HH:mm:ss} between two replacements."
            );
            return false;
        }

        return true;
    }

    private static void RetireControlPlane(PlanBuilder builder, PoolState pool)
    {
        var unused = pool.Unwanted.Where(seen => PoolState.IsUnused(seen) && seen.Member.AdmittedAt is null);
        foreach (var seen in MayLeaveUnused(builder, pool, unused))
        {
            ScaleDown.Leave(builder, seen, builder.Unwanted(seen)!.Kind, builder.Unwanted(seen)!.Reason);
        }

        if (RetireUnused(builder, pool))
        {
            return;
        }

        // The machine to remove; whether it may leave is checked below, because etcd changes one member at a time.
        var broken = pool.Unwanted.FirstOrDefault(seen => builder.Unwanted(seen)!.Kind is RemovalKind.Repair);
        var surplus = pool.Staying.Count > pool.Pool.Size;
        var expands = pool.Surge > 0;
        var rolled = OrderControlPlanes(
                builder,
                pool,
                pool.Unwanted.Where(seen => !PoolState.IsUnused(seen) || seen.Member.AdmittedAt is not null)
            )
            .FirstOrDefault();
        var next =
            broken
            ?? (
                rolled is not null && MayRollNow(builder, pool) && (surplus || !expands || !PoolState.IsReady(rolled))
                    ? rolled
                    : null
            )
            ?? (surplus && pool.Unwanted.Count is 0 ? OrderControlPlanes(builder, pool, pool.Wanted).FirstOrDefault() : null);
        if (next is null)
        {
            return;
        }

        var removal =
            builder.Unwanted(next)
            ?? new Removal(
                RemovalKind.ScaleDown,
                $"{pool.Staying.Count} control planes for {Counted.Of(pool.Pool.Size, "place")}"
            );
        var comesOrGoes = builder.ControlPlanes.FirstOrDefault(seen => seen.Id != next.Id && IsChanging(builder, seen));
        if (comesOrGoes is not null)
        {
            builder.Wait(
                Reasons.Rolling,
                $"{next.Member.Hostname} leaves when {comesOrGoes.Member.Hostname} has finished: one control plane changes "
                    + "at a time.",
                next.Id
            );
            return;
        }

        if (
            removal.Kind is not RemovalKind.Repair
            && pool.Wanted.Any(seen => seen.Id != next.Id && seen.Member.JoinedAt is not null && !PoolState.IsReady(seen))
        )
        {
            builder.Wait(Reasons.Rolling, $"{next.Member.Hostname} leaves when the other control planes are Ready.", next.Id);
            return;
        }

        // When expanding first, a control plane leaves only after its successor serves.
        if (
            removal.Kind is RemovalKind.Replacement
            && PoolState.IsReady(next)
            && pool.Ready - 1 < pool.Pool.Size - pool.Unavailable
        )
        {
            return;
        }

        if (
            removal.Kind is RemovalKind.Replacement
            && !builder.Successors.TryReserve(pool, next, pool.Staying.Count - 1, pool.Leaving)
        )
        {
            builder.Successors.Refuse(pool, next);
            return;
        }

        if (pool.Ready - (PoolState.IsReady(next) ? 1 : 0) < 1)
        {
            builder.Wait(
                Reasons.QuorumAtRisk,
                $"{next.Member.Hostname} is the last control plane that works; it stays.",
                next.Id
            );
            return;
        }

        switch (builder.Observed.Etcd)
        {
            case Observation<EtcdFacts>.Unknown unknown:
                builder.Wait(
                    Reasons.EtcdUnhealthy,
                    $"{next.Member.Hostname} is to leave, but etcd cannot be seen: {unknown.Reason}.",
                    next.Id
                );
                break;
            case Observation<EtcdFacts>.Present { Value: var etcd }
                when etcd.Find(next.Member.NodeName) is { Voting: true } voice && !etcd.SurvivesRemovalOf(voice):
                builder.Wait(
                    Reasons.QuorumAtRisk,
                    $"{next.Member.Hostname} is to leave, but etcd would lose its quorum.",
                    next.Id
                );
                break;
            default:
                if (GivenEndpoint.MayLose(builder, next))
                {
                    ScaleDown.Leave(builder, next, removal.Kind, removal.Reason);
                }

                break;
        }
    }

    /// <summary>
    /// Releases surplus control planes that were never admitted at once, because they carry no workload. When all of them
    /// wait to join a control plane whose first machine is gone, one is released so that another can bootstrap it.
    /// </summary>
    private static bool RetireUnused(PlanBuilder builder, PoolState pool)
    {
        var unused = pool
            .Wanted.Where(seen =>
                PoolState.IsUnused(seen) && seen.Member is { Initializes: false, AdmittedAt: null, JoinedAt: null }
            )
            .ToList();
        var tooMany = pool.Staying.Count - pool.Unwanted.Count - pool.Pool.Size;
        var nobodyBegins =
            !builder.Observed.Initialized
            && pool.Staying.Count >= pool.Pool.Size
            && unused.Count == pool.Staying.Count
            && unused.TrueForAll(seen => seen.Member.State is MachineState.Deploying or MachineState.Joining);
        var leave = Math.Max(tooMany, nobodyBegins ? 1 : 0);
        var leaving = Order(pool, unused).Take(leave).ToList();
        foreach (var seen in leaving)
        {
            ScaleDown.Leave(
                builder,
                seen,
                RemovalKind.ScaleDown,
                tooMany > 0
                    ? $"{pool.Staying.Count} control planes for {Counted.Of(pool.Pool.Size, "place")}"
                    : "the machine that was to begin the control plane is gone; another takes its place"
            );
        }

        return leaving.Count > 0;
    }

    /// <summary>The machine is becoming a member of etcd or ceasing to be one.</summary>
    public static bool IsChanging(PlanBuilder builder, MemberObservation seen) =>
        (seen.Member is { State: MachineState.Draining } && !IsOut(builder, seen))
        || seen.Member is { State: MachineState.Joining, AdmittedAt: not null }
        || (
            seen.Member is { State: MachineState.Failed }
            && (seen.Member.AdmittedAt is not null || seen.Member.JoinedAt is not null)
        )
        // The machine's token is valid, and its kubeadm may run until MAAS has released the machine; where MAAS cannot release it,
        // until the token has ended and a kubeadm that began with it too.
        || (
            seen.Member is { State: MachineState.Releasing, AdmittedAt: not null, JoinedAt: null } member
            && (member.ReleaseFailure is null || builder.Now - (member.AdmittedUntil ?? builder.Now) < builder.Limits.Join)
        );

    // Only the release of the machine is left, which may take as long as an operator keeps it locked.
    private static bool IsOut(PlanBuilder builder, MemberObservation seen) =>
        seen is { Member.JoinedAt: not null, Node: Observation<NodeFacts>.Absent }
        && builder.Observed.Etcd is Observation<EtcdFacts>.Present { Value: var etcd }
        && etcd.Find(seen.Member.NodeName) is null;

    // The least valuable machines leave first: those without pods, then nodes that are not Ready, then the fullest zone,
    // then the youngest.
    private static IEnumerable<MemberObservation> Order(PoolState pool, IEnumerable<MemberObservation> members) =>
        members
            .OrderBy(Worth)
            .ThenByDescending(seen => pool.Staying.Count(other => other.Member.Zone == seen.Member.Zone))
            .ThenByDescending(seen => seen.Member.JoinedAt ?? seen.Member.Since)
            .ThenBy(seen => seen.Id.Value, StringComparer.Ordinal);

    private static IEnumerable<MemberObservation> OrderControlPlanes(
        PlanBuilder builder,
        PoolState pool,
        IEnumerable<MemberObservation> members
    )
    {
        var etcd = builder.Observed.Etcd.ValueOrDefault;
        return members
            .OrderBy(PoolState.IsReady)
            .ThenBy(seen => seen.Member is not { Initializes: false, AdmittedAt: null, JoinedAt: null })
            .ThenBy(seen => etcd?.Find(seen.Member.NodeName)?.Healthy ?? false)
            .ThenBy(seen => etcd?.Find(seen.Member.NodeName)?.Leader ?? false)
            .ThenByDescending(seen => pool.Staying.Count(other => other.Member.Zone == seen.Member.Zone))
            .ThenBy(seen => seen.Member.JoinedAt ?? seen.Member.Since)
            .ThenBy(seen => seen.Id.Value, StringComparer.Ordinal);
    }

    private static int Worth(MemberObservation seen) =>
        seen.Member.State switch
        {
            MachineState.Selected => 0,
            MachineState.Allocated => 1,
            MachineState.Deploying => 2,
            MachineState.Joining => 3,
            MachineState.NotReady => 4,
            _ => 5,
        };
}
