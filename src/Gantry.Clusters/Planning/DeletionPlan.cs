using Gantry.Clusters.Model;

namespace Gantry.Clusters.Planning;

/// <summary>
/// Gives everything back. Nodes are not drained: the cluster ends with them. A DNS record goes before the machines it
/// points at, because MAAS would let it point at their next user; an address goes after the last machine that may
/// still answer on it.
/// </summary>
internal static class DeletionPlan
{
    public static void Write(Draft draft)
    {
        var deletion = draft.Desired.Deletion!;
        var letGo = deletion.Force && draft.Now - deletion.RequestedAt > draft.Limits.ForceAfter;
        var ours = draft.Observed.Endpoint is not null && draft.Desired.Endpoint is not EndpointChoice.Given;
        if (ours && draft.Desired.Endpoint is EndpointChoice.MaasDns)
        {
            draft.Do(new Step.ReleaseEndpoint("the cluster is deleted; the record must not point at the machines' next users"));
        }

        // Without a control plane no pod could be evicted any more.
        var draining = draft.Observed.Members.Any(seen => MayDrain(draft, deletion, seen));
        foreach (var seen in draft.Observed.Members)
        {
            if (draining && seen.Member is { Role: PoolRole.ControlPlane, Residue: null, State: not MachineState.Releasing })
            {
                draft.Wait(Reasons.DrainBlocked, $"{seen.Member.Hostname} serves until the workers are drained.", seen.Id);
            }
            else if (seen.Member.Residue is not null)
            {
                TryAgain(draft, seen);
            }
            else if (letGo && !CanBeReleased(seen))
            {
                draft.Do(new Step.Forget(
                    seen.Id, Obstacle(seen)));
            }
            else if (seen.Member.State is MachineState.Chosen)
            {
                draft.Do(new Step.Release(seen.Id, "the cluster is deleted"));
            }
            else if (!Drains(draft, deletion, seen))
            {
                Departures.Release(draft, seen, "the cluster is deleted");
            }
        }

        if (ours && draft.Desired.Endpoint is EndpointChoice.VirtualIp && draft.Observed.Members.Count is 0)
        {
            draft.Do(new Step.ReleaseEndpoint("the cluster is deleted and its machines are gone"));
        }
    }

    // On request pods get the chance to end well, for as long as a deletion may take before it can be forced.
    private static bool Drains(Draft draft, Deletion deletion, MemberSighting seen)
    {
        var member = seen.Member;
        if (!MayDrain(draft, deletion, seen))
        {
            return false;
        }

        switch (member.State)
        {
            case MachineState.Ready or MachineState.NotReady or MachineState.Joining:
                draft.Do(new Step.Cordon(member.Machine, DepartureKind.Shrink, "the cluster is deleted"));
                return true;
            case MachineState.Draining:
                draft.Do(new Step.Drain(member.Machine, Force: false, "the cluster is deleted"));
                return true;
            default:
                return false;
        }
    }

    private static bool MayDrain(Draft draft, Deletion deletion, MemberSighting seen) =>
        deletion is { Drain: true, Force: false } && draft.Serves && seen.Node.IsPresent
        && draft.Now - deletion.RequestedAt <= draft.Limits.ForceAfter
        && seen.Member is { Role: PoolRole.Worker, Drained: false, State: MachineState.Ready or MachineState.NotReady or MachineState.Joining or MachineState.Draining };

    // It is in the residue and nobody waits for it; what keeps it may have gone.
    private static void TryAgain(Draft draft, MemberSighting seen)
    {
        if (seen.Member.State is MachineState.Chosen
            || seen.Maas is Sighting<MaasFacts>.Present { Value: { Locked: false, Progress: not (MaasProgress.Releasing or MaasProgress.OutOfService) } })
        {
            draft.Do(new Step.Release(seen.Id, "what kept it is gone"));
        }
    }

    private static bool CanBeReleased(MemberSighting seen) =>
        seen.Member.State is not MachineState.Releasing
        && (seen.Member.State is MachineState.Chosen
            || seen.Maas is Sighting<MaasFacts>.Present { Value: { Locked: false, Progress: not MaasProgress.OutOfService } });

    private static string Obstacle(MemberSighting seen) => seen.Maas switch
    {
        Sighting<MaasFacts>.Present { Value.Locked: true } => "it is locked",
        Sighting<MaasFacts>.Present present => present.Value.Message,
        Sighting<MaasFacts>.Unknown unknown => unknown.Why,
        _ => "it is not ours any more",
    };
}
