using Gantry.Clusters.Model;
using Gantry.Clusters.Steps;

namespace Gantry.Clusters.Planning;

/// <summary>
/// Removal of a machine from a living cluster: cordon, drain, leave etcd, delete the node, release the machine. Each step
/// begins when the one before is observed to be done.
/// </summary>
internal static class ScaleDown
{
    /// <summary>Continues the removals under way.</summary>
    public static void Write(PlanBuilder builder)
    {
        foreach (var seen in builder.Observed.Members)
        {
            switch (seen.Member.State)
            {
                case MachineState.Failed:
                    GiveBackFailed(builder, seen);
                    break;
                case MachineState.Draining:
                    Drain(builder, seen);
                    break;
                case MachineState.Releasing when HasLeftEtcd(builder, seen):
                    Release(builder, seen, seen.Member.Failure ?? seen.Member.Removal?.Reason ?? "it is not needed any more");
                    break;
            }
        }

        RemoveOrphans(builder);
    }

    /// <summary>Begins the removal of a machine.</summary>
    public static void Leave(PlanBuilder builder, MemberObservation seen, RemovalKind kind, string reason)
    {
        var member = seen.Member;
        if (member.State is MachineState.Selected)
        {
            builder.Do(new Step.Release(member.Machine, reason));
            return;
        }

        switch (seen.Node)
        {
            case Observation<NodeFacts>.Present:
                builder.Do(new Step.Cordon(member.Machine, kind, reason));
                break;
            case Observation<NodeFacts>.Absent when HasLeftEtcd(builder, seen):
                if (kind is RemovalKind.Repair && !member.Quarantined && seen.Maas.IsPresent)
                {
                    builder.Do(new Step.Quarantine(member.Machine, reason));
                }

                Release(builder, seen, reason);
                break;
            case Observation<NodeFacts>.Unknown unknown:
                builder.Wait(Reasons.Observing, $"The node {member.Hostname} cannot be seen: {unknown.Reason}.", member.Machine);
                break;
        }
    }

    /// <summary>Releases the machine once MAAS shows it as ours.</summary>
    public static void Release(PlanBuilder builder, MemberObservation seen, string reason)
    {
        var member = seen.Member;

        // A kubelet that still ran while its node was deleted may have registered the node again.
        if (member.State is MachineState.Releasing && seen.Node.IsPresent && builder.Desired.Deletion is null)
        {
            builder.Do(new Step.DeleteNode(member.Machine, "its machine leaves the cluster"));
        }

        switch (seen.Maas)
        {
            case Observation<MaasFacts>.Present { Value.Locked: true }:
                Refuse(
                    builder,
                    seen,
                    Reasons.MachineLocked,
                    $"{member.Hostname} is locked in MAAS; unlock it so that it can be released"
                );
                break;
            case Observation<MaasFacts>.Present { Value: { Progress: MaasProgress.Releasing } facts }:
                if (!HasFailed(builder, seen))
                {
                    var words = facts.Detail.Length > 0 ? $": {facts.Detail}" : "";
                    builder.Wait(Reasons.Releasing, $"MAAS releases {member.Hostname}{words}.", member.Machine);
                }

                break;
            case Observation<MaasFacts>.Present { Value: { Progress: MaasProgress.OutOfService } facts }:
                Refuse(
                    builder,
                    seen,
                    Reasons.MachineOutOfService,
                    $"{member.Hostname} cannot be released while MAAS shows it as {facts.Message}"
                );
                break;
            case Observation<MaasFacts>.Present:
                var failed = HasFailed(builder, seen);
                if (member.IsReleaseDue(builder.Limits, builder.Now))
                {
                    builder.Do(new Step.Release(member.Machine, reason));
                }
                else if (!failed)
                {
                    builder.Wait(Reasons.Releasing, $"MAAS was asked to release {member.Hostname}.", member.Machine);
                }

                break;
            case Observation<MaasFacts>.Unknown unknown:
                builder.Wait(
                    Reasons.Observing,
                    $"Whether {member.Hostname} is still ours is not known: {unknown.Reason}.",
                    member.Machine
                );
                break;
        }
    }

    private static bool HasFailed(PlanBuilder builder, MemberObservation seen)
    {
        if (seen.Member.ReleaseFailure is not { } failure)
        {
            return false;
        }

        var message = $"MAAS could not release {seen.Member.Hostname} ({failure.TrimEnd('.')}); it is asked again until it can.";
        if (!builder.TryLeaveBehind(seen, Reasons.ReleaseFailed, message))
        {
            builder.Wait(Reasons.ReleaseFailed, message, seen.Id);
        }

        return true;
    }

    private static void Refuse(PlanBuilder builder, MemberObservation seen, string reason, string message)
    {
        if (!builder.TryLeaveBehind(seen, reason, $"{message}."))
        {
            builder.Refuse(reason, message, seen.Member.Hostname);
        }
    }

    private static void GiveBackFailed(PlanBuilder builder, MemberObservation seen)
    {
        var member = seen.Member;
        var why = member.Failure ?? "it failed";
        if (!seen.Maas.IsPresent)
        {
            Release(builder, seen, why);
            return;
        }

        if (member is { Quarantined: false, Excuse: null })
        {
            builder.Do(new Step.Quarantine(member.Machine, why));
        }

        if (!HasLeftEtcd(builder, seen))
        {
            return;
        }

        if (seen.Node.IsPresent)
        {
            builder.Do(new Step.DeleteNode(member.Machine, why));
        }

        Release(builder, seen, why);
    }

    private static void Drain(PlanBuilder builder, MemberObservation seen)
    {
        var member = seen.Member;
        var reason = member.Removal?.Reason ?? $"{member.Pool} shrinks";
        if (IsNeededAgain(builder, seen))
        {
            builder.Do(new Step.Uncordon(member.Machine, $"{member.Pool} needs it after all"));
            return;
        }

        if (LostItsSuccessor(builder, seen))
        {
            builder.Do(new Step.Uncordon(member.Machine, $"no machine that fits its place in {member.Pool} is left"));
            return;
        }

        switch (seen.Node)
        {
            case Observation<NodeFacts>.Unknown unknown:
                builder.Wait(Reasons.Observing, $"The node {member.Hostname} cannot be seen: {unknown.Reason}.", member.Machine);
                return;
            case Observation<NodeFacts>.Present when !member.Drained:
                builder.Do(DrainOf(builder, seen, reason));
                return;
        }

        if (!HasLeftEtcd(builder, seen))
        {
            return;
        }

        if (member is { Removal.Kind: RemovalKind.Repair, Quarantined: false } && seen.Maas.IsPresent)
        {
            builder.Do(new Step.Quarantine(member.Machine, reason));
        }

        if (seen.Node.IsPresent)
        {
            builder.Do(new Step.DeleteNode(member.Machine, "its pods have left"));
        }

        Release(builder, seen, reason);
    }

    /// <summary>
    /// Evicts the pods of the machine's node up to its limit. Afterwards they are deleted, and the machine leaves a moment later
    /// whatever is left: a finalizer, a disruption budget or a webhook may keep a pod for ever.
    /// </summary>
    public static Step.Drain DrainOf(PlanBuilder builder, MemberObservation seen, string reason)
    {
        DateTimeOffset? limit = DrainLimitOf(builder, seen) is { } span ? seen.Member.Since + span : null;
        return new Step.Drain(seen.Id, builder.Now > limit, reason) { Until = limit + builder.Limits.ForcedDrain };
    }

    // Pods of a broken machine cannot end: nobody would report it.
    private static TimeSpan? DrainLimitOf(PlanBuilder builder, MemberObservation seen)
    {
        var pool = builder.Desired.Pools.FirstOrDefault(pool => pool.Name == seen.Member.Pool);
        var wanted = pool?.DrainTimeout ?? builder.Desired.DrainTimeout;
        TimeSpan? limit = wanted > TimeSpan.Zero ? wanted : null;
        var isBroken =
            seen.Member.Removal?.Kind is RemovalKind.Repair || seen.Node is Observation<NodeFacts>.Present { Value.Silent: true };
        return isBroken && !(limit < builder.Limits.RepairDrain) ? builder.Limits.RepairDrain : limit;
    }

    // The desired state changed back: the pool is short again, and the machine's installation is the desired one.
    private static bool IsNeededAgain(PlanBuilder builder, MemberObservation seen)
    {
        var member = seen.Member;
        return member.Removal is { Kind: RemovalKind.ScaleDown or RemovalKind.Replacement }
            && builder.Pools.FirstOrDefault(pool => pool.Pool.Name == member.Pool) is { } pool
            && pool.Wanted.Count < pool.Pool.Size
            && pool.Leaving.First(other => other.Member.State is MachineState.Draining).Id == seen.Id
            && IsInService(builder, seen)
            && builder.StaleReasons(seen, pool.Pool, NodeBuild.Of(builder.Desired, pool.Pool, builder.Observed.Template)).Count
                is 0;
    }

    // Another cluster may have taken the machine that was free when the drain began, or a person changed the constraints.
    private static bool LostItsSuccessor(PlanBuilder builder, MemberObservation seen) =>
        seen.Member.Removal is { Kind: RemovalKind.Replacement }
        && IsInService(builder, seen)
        && builder.Pools.FirstOrDefault(pool => pool.Pool.Name == seen.Member.Pool) is { } pool
        && pool.Staying.Count < pool.Pool.Size
        && !builder.Successors.TryReserve(pool, seen, pool.Staying.Count, pool.Leaving);

    // Its node works and, for a control plane, its member of etcd votes.
    private static bool IsInService(PlanBuilder builder, MemberObservation seen) =>
        seen.Node is Observation<NodeFacts>.Present { Value.Ready: true }
        && (
            seen.Member.Role is PoolRole.Worker
            || builder.Observed.Etcd.ValueOrDefault?.Find(seen.Member.NodeName) is { Voting: true }
        );

    /// <summary>
    /// Whether etcd no longer counts on this machine. Otherwise the plan gets the step that removes the member, or the
    /// reason it waits: a machine released as a member would be missing at every vote.
    /// </summary>
    private static bool HasLeftEtcd(PlanBuilder builder, MemberObservation seen)
    {
        var member = seen.Member;
        if (
            member.Role is not PoolRole.ControlPlane
            || !builder.Observed.Initialized
            || member is { Initializes: false, AdmittedAt: null, JoinedAt: null }
        )
        {
            return true;
        }

        switch (builder.Observed.Etcd)
        {
            case Observation<EtcdFacts>.Absent:
                return true;
            case Observation<EtcdFacts>.Unknown unknown:
                builder.Wait(
                    Reasons.EtcdUnhealthy,
                    $"Whether {member.Hostname} is a member of etcd is not known: {unknown.Reason}.",
                    member.Machine
                );
                return false;
        }

        var etcd = builder.Observed.Etcd.ValueOrDefault!;
        if ((etcd.Find(member.NodeName) ?? (member.JoinedAt is null ? etcd.Find("") : null)) is not { } voice)
        {
            return true;
        }

        if (builder.EtcdTouched || (voice.Voting && etcd.Learner is { Healthy: true }))
        {
            builder.Wait(Reasons.Rolling, $"{member.Hostname} leaves etcd after the change that is made now.", member.Machine);
        }
        else if (voice.Voting && !etcd.SurvivesRemovalOf(voice))
        {
            builder.Wait(
                Reasons.QuorumAtRisk,
                $"{member.Hostname} cannot leave etcd now: the others would not be a majority.",
                member.Machine
            );
        }
        else if ((voice.Voting && !GivenEndpoint.MayLose(builder, seen)) || !VirtualIp.MayLose(builder, seen, voice))
        {
            return false;
        }
        else if (voice.Leader && Successor(builder, etcd, voice) is { } successor)
        {
            builder.Do(
                new Step.MoveEtcdLeader(
                    member.Machine,
                    successor.Id,
                    $"{successor.Name} leads etcd, because {member.Hostname} leaves"
                )
            );
        }
        else
        {
            var reason = $"{member.Hostname} leaves the cluster{VirtualIp.CostOf(builder, member)}";
            builder.Do(new Step.RemoveEtcdMember(member.Machine, voice.Id, reason));
        }

        return false;
    }

    private static EtcdMember? Successor(PlanBuilder builder, EtcdFacts etcd, EtcdMember leader) =>
        etcd
            .Voters.Where(voice => voice.Id != leader.Id && voice.Healthy)
            .OrderByDescending(voice =>
                builder.ControlPlanes.Any(seen =>
                    seen.Member.NodeName == voice.Name && seen.Member.Stays && builder.Unwanted(seen) is null
                )
            )
            .ThenBy(voice => voice.Name, StringComparer.Ordinal)
            .FirstOrDefault();

    // A control plane lost outside Gantry leaves its etcd member behind; its node without a machine would look broken.
    private static void RemoveOrphans(PlanBuilder builder)
    {
        if (!builder.Serves)
        {
            return;
        }

        foreach (var node in builder.Observed.OrphanNodes)
        {
            builder.Do(new Step.DeleteOrphanNode(node, "its machine is not ours any more"));
        }

        if (builder.EtcdTouched || builder.Observed.Etcd.ValueOrDefault is not { } etcd)
        {
            return;
        }

        var joining = builder.ControlPlanes.Any(seen =>
            seen.Member is { State: MachineState.Joining, AdmittedAt: not null } || seen.Member.State is MachineState.Failed
        );
        var orphan = etcd.Members.FirstOrDefault(voice =>
            !builder.ControlPlanes.Any(seen => seen.Member.NodeName == voice.Name && MayVote(seen.Member))
            && (voice.Name.Length > 0 || !joining)
        );
        if (orphan is null || (orphan.Voting && etcd.Learner is { Healthy: true }))
        {
            return;
        }

        if (!orphan.Voting || etcd.SurvivesRemovalOf(orphan))
        {
            builder.Do(
                new Step.RemoveEtcdMember(
                    null,
                    orphan.Id,
                    $"the machine of {(orphan.Name.Length > 0 ? orphan.Name : "a member that never started")} is not ours "
                        + "any more"
                )
            );
        }
        else
        {
            builder.Wait(
                Reasons.QuorumAtRisk,
                $"{orphan.Name} is gone and still a member of etcd; the others are no majority without it."
            );
        }
    }

    // A vote under the name of a machine that is not admitted yet belongs to the machine's earlier life in this cluster.
    private static bool MayVote(Member member) =>
        member.State is not MachineState.Releasing
        && (member.Initializes || member.AdmittedAt is not null || member.JoinedAt is not null);
}
