using Gantry.Clusters.Model;

namespace Gantry.Clusters.Planning;

/// <summary>
/// The way out of a living cluster: cordon, drain, leave etcd, delete the node, give the machine back. Each begins when the
/// one before is seen to be done.
/// </summary>
internal static class Departures
{
    /// <summary>Goes on with those that are on their way out.</summary>
    public static void Write(Draft draft)
    {
        foreach (var seen in draft.Observed.Members)
        {
            switch (seen.Member.State)
            {
                case MachineState.Failed:
                    GiveBackFailed(draft, seen);
                    break;
                case MachineState.Draining:
                    Drain(draft, seen);
                    break;
                case MachineState.Releasing when HasLeftEtcd(draft, seen):
                    Release(draft, seen, seen.Member.Failure ?? seen.Member.Departure?.Because ?? "it is not needed any more");
                    break;
            }
        }

        RemoveOrphans(draft);
    }

    /// <summary>Begins the way out.</summary>
    public static void Leave(Draft draft, MemberSighting seen, DepartureKind kind, string because)
    {
        var member = seen.Member;
        if (member.State is MachineState.Chosen)
        {
            draft.Do(new Step.Release(member.Machine, because));
            return;
        }

        switch (seen.Node)
        {
            case Sighting<NodeFacts>.Present:
                draft.Do(new Step.Cordon(member.Machine, kind, because));
                break;
            case Sighting<NodeFacts>.Absent when HasLeftEtcd(draft, seen):
                if (kind is DepartureKind.Repair && !member.Quarantined && seen.Maas.IsPresent)
                {
                    draft.Do(new Step.Quarantine(member.Machine, because));
                }

                Release(draft, seen, because);
                break;
            case Sighting<NodeFacts>.Unknown unknown:
                draft.Wait(Reasons.Observing, $"The node {member.Hostname} cannot be seen: {unknown.Why}.", member.Machine);
                break;
        }
    }

    /// <summary>Asks for the release once MAAS shows that there is something to release.</summary>
    public static void Release(Draft draft, MemberSighting seen, string because)
    {
        var member = seen.Member;

        // A kubelet that still ran while its node was deleted may have registered it again.
        if (member.State is MachineState.Releasing && seen.Node.IsPresent && draft.Desired.Deletion is null)
        {
            draft.Do(new Step.DeleteNode(member.Machine, "its machine leaves the cluster"));
        }

        if (member.ReleaseFailure is { } failure && seen.Maas.IsPresent)
        {
            draft.Wait(Reasons.ReleaseFailed, $"MAAS could not release {member.Hostname} ({failure.TrimEnd('.')}); it is asked again until it can.", member.Machine);
        }

        switch (seen.Maas)
        {
            case Sighting<MaasFacts>.Present { Value.Locked: true }:
                draft.Refuse(Reasons.MachineLocked, $"{member.Hostname} is locked in MAAS; unlock it so that it can be released");
                break;
            case Sighting<MaasFacts>.Present { Value: { Progress: MaasProgress.Releasing } facts }:
                draft.Wait(Reasons.Releasing, $"MAAS releases {member.Hostname}: {facts.Message}.", member.Machine);
                break;
            case Sighting<MaasFacts>.Present { Value: { Progress: MaasProgress.OutOfService } facts }:
                draft.Refuse(
                    Reasons.MachineOutOfService, $"{member.Hostname} cannot be released while MAAS shows it as {facts.Message}");
                break;
            case Sighting<MaasFacts>.Present:
                draft.Do(new Step.Release(member.Machine, because));
                break;
            case Sighting<MaasFacts>.Unknown unknown:
                draft.Wait(Reasons.Observing, $"Whether {member.Hostname} is still ours is not known: {unknown.Why}.", member.Machine);
                break;
        }
    }

    private static void GiveBackFailed(Draft draft, MemberSighting seen)
    {
        var member = seen.Member;
        var why = member.Failure ?? "it failed";
        if (!seen.Maas.IsPresent)
        {
            Release(draft, seen, why);
            return;
        }

        if (!member.Quarantined)
        {
            draft.Do(new Step.Quarantine(member.Machine, why));
        }

        if (!HasLeftEtcd(draft, seen))
        {
            return;
        }

        if (seen.Node.IsPresent)
        {
            draft.Do(new Step.DeleteNode(member.Machine, why));
        }

        Release(draft, seen, why);
    }

    private static void Drain(Draft draft, MemberSighting seen)
    {
        var member = seen.Member;
        var because = member.Departure?.Because ?? $"{member.Pool} shrinks";
        if (IsNeededAgain(draft, seen))
        {
            draft.Do(new Step.Uncordon(member.Machine, $"{member.Pool} needs it after all"));
            return;
        }

        switch (seen.Node)
        {
            case Sighting<NodeFacts>.Unknown unknown:
                draft.Wait(Reasons.Observing, $"The node {member.Hostname} cannot be seen: {unknown.Why}.", member.Machine);
                return;
            case Sighting<NodeFacts>.Present when !member.Drained:
                draft.Do(new Step.Drain(member.Machine, IsOutOfPatience(draft, member), because));
                return;
        }

        if (!HasLeftEtcd(draft, seen))
        {
            return;
        }

        if (member is { Departure.Kind: DepartureKind.Repair, Quarantined: false } && seen.Maas.IsPresent)
        {
            draft.Do(new Step.Quarantine(member.Machine, because));
        }

        if (seen.Node.IsPresent)
        {
            draft.Do(new Step.DeleteNode(member.Machine, "its pods have left"));
        }

        Release(draft, seen, because);
    }

    private static bool IsOutOfPatience(Draft draft, Member member)
    {
        var patience = member.Departure?.Kind is DepartureKind.Repair ? draft.Limits.RepairDrain : draft.Desired.DrainTimeout;
        return patience > TimeSpan.Zero && draft.Now - member.Since > patience;
    }

    // Somebody changed their mind: its pool is short again, and it is as the cluster asks for it.
    private static bool IsNeededAgain(Draft draft, MemberSighting seen)
    {
        var member = seen.Member;
        return member.Departure is { Kind: DepartureKind.Shrink or DepartureKind.Roll }
            && draft.Pools.FirstOrDefault(pool => pool.Pool.Name == member.Pool) is { } pool
            && pool.Wanted.Count < pool.Pool.Size
            && pool.Leaving.First(other => other.Member.State is MachineState.Draining).Id == seen.Id
            && seen.Node is Sighting<NodeFacts>.Present { Value.Ready: true }
            && Staleness.Of(seen, draft.Desired, draft.Observed.Template, draft.Limits, draft.Now).Count is 0
            && (member.Role is PoolRole.Worker || draft.Observed.Etcd.ValueOrDefault?.Find(member.NodeName) is { Voting: true });
    }

    /// <summary>
    /// Whether etcd does not count on this machine. Where it still does, the step that changes it is written, or why it
    /// has to wait: a machine that went away as a member would be missed at every vote.
    /// </summary>
    private static bool HasLeftEtcd(Draft draft, MemberSighting seen)
    {
        var member = seen.Member;
        if (member.Role is not PoolRole.ControlPlane || !draft.Observed.Initialized || draft.Desired.Deletion is not null
            || member is { Initializes: false, AdmittedAt: null, JoinedAt: null })
        {
            return true;
        }

        switch (draft.Observed.Etcd)
        {
            case Sighting<EtcdFacts>.Absent:
                return true;
            case Sighting<EtcdFacts>.Unknown unknown:
                draft.Wait(Reasons.EtcdUnhealthy, $"Whether {member.Hostname} is a member of etcd is not known: {unknown.Why}.", member.Machine);
                return false;
        }

        var etcd = draft.Observed.Etcd.ValueOrDefault!;
        if ((etcd.Find(member.NodeName) ?? (member.JoinedAt is null ? etcd.Find("") : null)) is not { } voice)
        {
            return true;
        }

        if (draft.EtcdTouched || (voice.Voting && etcd.Learner is { Healthy: true }))
        {
            draft.Wait(Reasons.Rolling, $"{member.Hostname} leaves etcd after the change that is made now.", member.Machine);
        }
        else if (voice.Voting && !etcd.SurvivesRemovalOf(voice))
        {
            draft.Wait(Reasons.QuorumAtRisk, $"{member.Hostname} cannot leave etcd now: the others would not be a majority.", member.Machine);
        }
        else if (voice.Leader && Successor(draft, etcd, voice) is { } successor)
        {
            draft.Do(new Step.MoveEtcdLeader(member.Machine, successor.Id, $"{successor.Name} leads etcd, because {member.Hostname} leaves"));
        }
        else
        {
            draft.Do(new Step.RemoveEtcdMember(member.Machine, voice.Id, $"{member.Hostname} leaves the cluster"));
        }

        return false;
    }

    private static EtcdVoice? Successor(Draft draft, EtcdFacts etcd, EtcdVoice leader) => etcd.Voters
        .Where(voice => voice.Id != leader.Id && voice.Healthy)
        .OrderByDescending(voice => draft.ControlPlanes.Any(seen => seen.Member.NodeName == voice.Name && seen.Member.Stays && draft.Unwanted(seen) is null))
        .ThenBy(voice => voice.Name, StringComparer.Ordinal)
        .FirstOrDefault();

    // A control plane that was taken from us left its vote behind; a node without its machine would look like a broken one.
    private static void RemoveOrphans(Draft draft)
    {
        if (!draft.Serves)
        {
            return;
        }

        foreach (var node in draft.Observed.OrphanNodes)
        {
            draft.Do(new Step.DeleteOrphanNode(node, "its machine is not ours any more"));
        }

        if (draft.EtcdTouched || draft.Observed.Etcd.ValueOrDefault is not { } etcd)
        {
            return;
        }

        var joining = draft.ControlPlanes.Any(seen => seen.Member is { State: MachineState.Joining, AdmittedAt: not null } || seen.Member.State is MachineState.Failed);
        var orphan = etcd.Members.FirstOrDefault(voice =>
            !draft.ControlPlanes.Any(seen => seen.Member.NodeName == voice.Name && MayVote(seen.Member))
            && (voice.Name.Length > 0 || !joining));
        if (orphan is null || (orphan.Voting && etcd.Learner is { Healthy: true }))
        {
            return;
        }

        if (!orphan.Voting || etcd.SurvivesRemovalOf(orphan))
        {
            draft.Do(new Step.RemoveEtcdMember(null, orphan.Id, $"the machine of {(orphan.Name.Length > 0 ? orphan.Name : "a member that never started")} is not ours any more"));
        }
        else
        {
            draft.Wait(Reasons.QuorumAtRisk, $"{orphan.Name} is gone and still a member of etcd; the others are no majority without it.");
        }
    }

    // The vote of a machine that has not had its turn is that of its earlier life in this cluster.
    private static bool MayVote(Member member) =>
        member.State is not MachineState.Releasing && (member.Initializes || member.AdmittedAt is not null || member.JoinedAt is not null);
}
