using Gantry.Clusters.Model;

namespace Gantry.Clusters.Planning;

/// <summary>From installed machines to Ready nodes: whose turn it is to join, add-ons, labels, and what is waited for.</summary>
internal static class Joining
{
    public static void Write(Draft draft)
    {
        if (draft.Observed is { Initialized: true, Api: Sighting<ApiFacts>.Present })
        {
            ApplyAddons(draft);
            AdmitControlPlane(draft);
            AdmitWorkers(draft);
            LabelNodes(draft);
        }
        else if (draft.Observed is { Initialized: true, Api: Sighting<ApiFacts>.Unknown unknown })
        {
            draft.Wait(Reasons.ApiNotReachable, $"The API server does not answer: {unknown.Why}.");
        }

        WaitForMachines(draft);
    }

    private static void ApplyAddons(Draft draft)
    {
        var digest = AddonDigest.Of(draft.Desired);
        if (draft.Observed.AppliedAddons != digest && draft.Desired.Addons.Count > 0)
        {
            var names = string.Join(", ", AddonDigest.InOrder(draft.Desired.Addons).Select(addon => addon.Name));
            draft.Do(new Step.ApplyAddons(digest, $"{names} as the cluster asks for them"));
        }
    }

    // etcd takes one new member at a time: a control plane joins when all that had their turn before it are Ready.
    private static void AdmitControlPlane(Draft draft)
    {
        var joined = draft.ControlPlanes
            .Where(seen => seen.Member is { Stays: true } member && (member.Initializes || member.AdmittedAt is not null || member.JoinedAt is not null))
            .ToList();
        foreach (var seen in joined.Where(seen => NeedsToken(draft, seen)))
        {
            draft.Do(new Step.JoinControlPlane(seen.Id, "its bootstrap token ends before it has joined"));
        }

        var next = draft.ControlPlanes
            .Where(seen => seen.Member is { State: MachineState.Joining, Initializes: false, AdmittedAt: null } && draft.Unwanted(seen) is null && !draft.Leaves(seen.Id))
            .OrderBy(seen => seen.Member.Since)
            .ThenBy(seen => seen.Id.Value, StringComparer.Ordinal)
            .FirstOrDefault();
        if (next is null || joined.Count is 0 || joined.Any(seen => seen.Member.State is not MachineState.Ready)
            || draft.RetiresControlPlane || draft.EtcdTouched || draft.ControlPlanes.Any(seen => Retirement.IsChanging(draft, seen)) || !Versions.ControlPlanesMayJoin(draft))
        {
            return;
        }

        switch (draft.Observed.Etcd)
        {
            case Sighting<EtcdFacts>.Unknown unknown:
                draft.Wait(Reasons.EtcdUnhealthy, $"{next.Member.Hostname} waits to join, because etcd cannot be seen: {unknown.Why}.", next.Id);
                break;
            case Sighting<EtcdFacts>.Present { Value.IsWhole: false }:
                draft.Wait(Reasons.EtcdUnhealthy, $"{next.Member.Hostname} waits to join until every member of etcd is healthy.", next.Id);
                break;
            default:
                draft.Do(new Step.JoinControlPlane(
                    next.Id, $"{joined.Count} before it {(joined.Count is 1 ? "is" : "are")} Ready, it is the turn of the next control plane"));
                break;
        }
    }

    private static void AdmitWorkers(Draft draft)
    {
        foreach (var seen in draft.Observed.Members.Where(seen => seen.Member.Role is PoolRole.Worker && draft.Unwanted(seen) is null && !draft.Leaves(seen.Id)))
        {
            if (seen.Member is { State: MachineState.Deploying or MachineState.Joining, AdmittedAt: null })
            {
                draft.Do(new Step.JoinWorker(seen.Id, $"the API server answers, {seen.Member.Pool} may join"));
            }
            else if (NeedsToken(draft, seen))
            {
                draft.Do(new Step.JoinWorker(seen.Id, "its bootstrap token ends before it has joined"));
            }
        }
    }

    private static bool NeedsToken(Draft draft, MemberSighting seen) =>
        seen is { Member: { State: MachineState.Deploying or MachineState.Joining, Initializes: false }, Node.IsPresent: false }
        && seen.Member.AdmittedUntil is { } until
        && until - draft.Now < draft.Limits.Token / 3;

    private static void LabelNodes(Draft draft)
    {
        foreach (var seen in draft.Observed.Members.Where(seen => seen.Member.Stays))
        {
            if (seen.Node is Sighting<NodeFacts>.Present { Value.Labelled: false })
            {
                draft.Do(new Step.LabelNode(seen.Id, "role, labels and taints of its pool"));
            }
        }
    }

    private static void WaitForMachines(Draft draft)
    {
        foreach (var seen in draft.Observed.Members)
        {
            var member = seen.Member;
            switch (member.State)
            {
                case MachineState.Deploying:
                    var words = seen.Maas.ValueOrDefault is { Message.Length: > 0 } facts ? facts.Message : "no word from MAAS yet";
                    draft.Wait(Reasons.Deploying, $"MAAS deploys {member.Hostname}: {words}.", member.Machine);
                    break;
                case MachineState.Joining when member.Initializes && !draft.Observed.Initialized:
                    draft.Wait(Reasons.Initializing, $"{member.Hostname} runs kubeadm init.", member.Machine);
                    break;
                case MachineState.Joining when seen.Node is Sighting<NodeFacts>.Present { Value: var node }:
                    draft.Wait(Reasons.NodeNotReady, $"The node {member.Hostname} is not Ready: {node.Message.TrimEnd('.')}.", member.Machine);
                    break;
                case MachineState.Joining:
                    draft.Wait(
                        Reasons.Joining,
                        member.AdmittedAt is null ? $"{member.Hostname} waits for its turn to join." : $"{member.Hostname} joins.",
                        member.Machine);
                    break;
                case MachineState.NotReady:
                    var why = seen.Node switch
                    {
                        Sighting<NodeFacts>.Present present => present.Value.Message,
                        Sighting<NodeFacts>.Unknown unknown => unknown.Why,
                        _ => "the node object is gone",
                    };
                    draft.Wait(Reasons.NodeNotReady, $"The node {member.Hostname} is not Ready: {why.TrimEnd('.')}.", member.Machine);
                    break;
            }
        }
    }
}
