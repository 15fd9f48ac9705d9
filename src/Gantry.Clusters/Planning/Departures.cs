using Gantry.Clusters.Model;

namespace Gantry.Clusters.Planning;

/// <summary>Machines that leave a living cluster: those that failed, and those a pool has too many of.</summary>
internal static class Departures
{
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
                case MachineState.Releasing:
                    Release(draft, seen, seen.Member.Failure ?? "it is not needed any more");
                    break;
            }
        }

        ShrinkWorkers(draft);
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

        if (seen.Node.IsPresent)
        {
            draft.Do(new Step.DeleteNode(member.Machine, why));
        }

        Release(draft, seen, why);
    }

    private static void Drain(Draft draft, MemberSighting seen)
    {
        var member = seen.Member;
        switch (seen.Node)
        {
            case Sighting<NodeFacts>.Unknown unknown:
                draft.Wait(Reasons.Observing, $"The node {member.Hostname} cannot be seen: {unknown.Why}.", member.Machine);
                break;
            case Sighting<NodeFacts>.Absent:
                Release(draft, seen, $"{member.Pool} shrinks");
                break;
            default:
                if (!member.Drained)
                {
                    draft.Do(new Step.Drain(member.Machine, $"{member.Pool} shrinks"));
                }

                draft.Do(new Step.DeleteNode(member.Machine, "its pods have left"));
                Release(draft, seen, $"{member.Pool} shrinks");
                break;
        }
    }

    private static void ShrinkWorkers(Draft draft)
    {
        var sizes = draft.Desired.Workers.ToDictionary(pool => pool.Name, pool => pool.Size);
        var pools = draft.Observed.Members
            .Where(seen => seen.Member is { Role: PoolRole.Worker, Stays: true })
            .GroupBy(seen => seen.Member.Pool, StringComparer.Ordinal)
            .OrderBy(pool => pool.Key, StringComparer.Ordinal);
        foreach (var pool in pools)
        {
            var size = sizes.GetValueOrDefault(pool.Key);
            var because = sizes.ContainsKey(pool.Key)
                ? $"{pool.Count()} machines for {size} places in {pool.Key}"
                : $"the pool {pool.Key} is gone";
            foreach (var seen in pool.OrderBy(Worth).ThenByDescending(seen => seen.Member.Since)
                         .ThenBy(seen => seen.Id.Value, StringComparer.Ordinal).Take(pool.Count() - size))
            {
                Leave(draft, seen, because);
            }
        }
    }

    private static void Leave(Draft draft, MemberSighting seen, string because)
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
                draft.Do(new Step.Cordon(member.Machine, because));
                break;
            case Sighting<NodeFacts>.Absent:
                Release(draft, seen, because);
                break;
            case Sighting<NodeFacts>.Unknown unknown:
                draft.Wait(Reasons.Observing, $"The node {member.Hostname} cannot be seen: {unknown.Why}.", member.Machine);
                break;
        }
    }

    // What is worth least leaves first: machines that carry no pods yet, then nodes that are not Ready.
    private static int Worth(MemberSighting seen) => seen.Member.State switch
    {
        MachineState.Chosen => 0,
        MachineState.Allocated => 1,
        MachineState.Deploying => 2,
        MachineState.Joining => 3,
        MachineState.NotReady => 4,
        _ => 5,
    };
}
