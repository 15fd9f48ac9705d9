using Gantry.Clusters.Model;
using Gantry.Clusters.Steps;

namespace Gantry.Clusters.Planning;

/// <summary>From installed machines to Ready nodes: admission, add-ons, labels, and pending conditions.</summary>
internal static class Joining
{
    public static void Write(PlanBuilder builder)
    {
        if (builder.Observed is { Initialized: true, Api: Observation<ApiFacts>.Present })
        {
            ApplyAddons(builder);

            // kubeadm joins through the endpoint.
            if (!GivenEndpoint.IsCut(builder))
            {
                AdmitControlPlane(builder);
                AdmitWorkers(builder);
            }

            LabelNodes(builder);
            UncordonNodes(builder);
        }
        else if (builder.Observed is { Initialized: true, Api: Observation<ApiFacts>.Unknown unknown })
        {
            builder.Wait(Reasons.ApiNotReachable, $"The API server does not answer: {unknown.Reason}.");
        }

        WaitForMachines(builder);
    }

    private static void ApplyAddons(PlanBuilder builder)
    {
        var digest = builder.Desired.Addons.Digest;
        var addons = builder.Observed.Addons;
        if (builder.Observed.AppliedAddons != digest && builder.Desired.Addons.Count > 0)
        {
            var names = string.Join(", ", builder.Desired.Addons.InOrder().Select(addon => addon.Name));
            builder.Do(new Step.ApplyAddons(digest, $"{names} as the cluster asks for them"));
        }
        else if (addons.Missing.Count > 0)
        {
            builder.Do(
                new Step.ApplyAddons(
                    digest,
                    $"{Named(addons.Missing)} {(addons.Missing.Count is 1 ? "is" : "are")} missing in the cluster"
                )
            );
        }

        if (addons.Leftovers.ToList() is { Count: > 0 } leftovers)
        {
            builder.Do(new Step.PruneAddons([.. leftovers], WhyPruned(leftovers)));
        }
    }

    private static string WhyPruned(List<AddonObject> leftovers)
    {
        var kept = leftovers.Where(one => one.HoldsOthers).ToList();
        var deleted = leftovers.Except(kept).ToList();
        var why = kept.Count > 0 ? $"{Named(kept)} {(kept.Count is 1 ? "stays" : "stay")}, because others may depend on it" : "";
        return deleted.Count is 0 ? $"no layer brings it any more, but {why}"
            : kept.Count is 0 ? $"no layer brings {Named(deleted)} any more"
            : $"no layer brings {Named(deleted)} any more; {why}";
    }

    private static string Named(IReadOnlyCollection<AddonObject> objects)
    {
        const int Most = 5;
        var more = objects.Count > Most ? $" and {objects.Count - Most} more" : "";
        return $"{string.Join(", ", objects.Take(Most))}{more}";
    }

    // etcd takes one new member at a time: a control plane joins when all control planes admitted before it are Ready.
    private static void AdmitControlPlane(PlanBuilder builder)
    {
        var joined = builder
            .ControlPlanes.Where(seen =>
                seen.Member is { Stays: true } member
                && (member.Initializes || member.AdmittedAt is not null || member.JoinedAt is not null)
            )
            .ToList();
        foreach (var seen in joined.Where(seen => NeedsToken(builder, seen)))
        {
            builder.Do(new Step.JoinControlPlane(seen.Id, "its bootstrap token ends before it has joined"));
        }

        var next = builder
            .ControlPlanes.Where(seen =>
                seen.Member is { State: MachineState.Joining, Initializes: false, AdmittedAt: null }
                && builder.Unwanted(seen) is null
                && !builder.Leaves(seen.Id)
            )
            .OrderBy(seen => seen.Member.Since)
            .ThenBy(seen => seen.Id.Value, StringComparer.Ordinal)
            .FirstOrDefault();
        if (
            next is null
            || joined.Count is 0
            || joined.Any(seen => seen.Member.State is not MachineState.Ready)
            || builder.RemovesControlPlane
            || builder.EtcdTouched
            || builder.ControlPlanes.Any(seen => Replacement.IsChanging(builder, seen))
            || !Versions.ControlPlanesMayJoin(builder)
        )
        {
            return;
        }

        switch (builder.Observed.Etcd)
        {
            case Observation<EtcdFacts>.Unknown or Observation<EtcdFacts>.Present { Value.IsWhole: false }:
                builder.Wait(
                    Reasons.EtcdUnhealthy,
                    $"{next.Member.Hostname} waits to join until every member of etcd is healthy: "
                        + $"{EtcdHealth.WhyNotWhole(builder.Observed.Etcd)}.",
                    next.Id
                );
                break;
            default:
                builder.Do(
                    new Step.JoinControlPlane(
                        next.Id,
                        $"{joined.Count} before it {(joined.Count is 1 ? "is" : "are")} Ready, it is the turn of the next "
                            + "control plane"
                    )
                );
                break;
        }
    }

    private static void AdmitWorkers(PlanBuilder builder)
    {
        foreach (
            var seen in builder.Observed.Members.Where(seen =>
                seen.Member.Role is PoolRole.Worker && builder.Unwanted(seen) is null && !builder.Leaves(seen.Id)
            )
        )
        {
            if (seen.Member is { State: MachineState.Deploying or MachineState.Joining, AdmittedAt: null })
            {
                builder.Do(new Step.JoinWorker(seen.Id, $"the API server answers, {seen.Member.Pool} may join"));
            }
            else if (NeedsToken(builder, seen))
            {
                builder.Do(new Step.JoinWorker(seen.Id, "its bootstrap token ends before it has joined"));
            }
        }
    }

    private static bool NeedsToken(PlanBuilder builder, MemberObservation seen) =>
        seen is { Member: { State: MachineState.Deploying or MachineState.Joining, Initializes: false } }
        && seen.Node is not Observation<NodeFacts>.Present { Value.Joined: true }
        && seen.Member.AdmittedUntil is { } until
        && until - builder.Now < builder.Limits.Token / 3;

    private static void LabelNodes(PlanBuilder builder)
    {
        foreach (var seen in builder.Observed.Members.Where(seen => seen.Member.Stays))
        {
            // The step ends the bootstrap token, which kubeadm needs until it has ended.
            if (
                seen.Node is Observation<NodeFacts>.Present { Value: { Labelled: false } node }
                && (node.Joined || seen.Member.JoinedAt is not null)
            )
            {
                builder.Do(new Step.LabelNode(seen.Id, "role, labels and taints of its pool"));
            }
        }
    }

    // A ledger that was lost or put back does not know of the removal for which the node was cordoned.
    private static void UncordonNodes(PlanBuilder builder)
    {
        foreach (
            var seen in builder.Observed.Members.Where(seen =>
                seen
                    is {
                        Member: { State: MachineState.Ready, Removal: null },
                        Node: Observation<NodeFacts>.Present { Value.MarkedAsLeaving: true }
                    }
                && !builder.Leaves(seen.Id)
            )
        )
        {
            builder.Do(new Step.Uncordon(seen.Id, "it was cordoned for a removal that nobody knows of any more"));
        }
    }

    private static void WaitForMachines(PlanBuilder builder)
    {
        foreach (var seen in builder.Observed.Members)
        {
            var member = seen.Member;
            switch (member.State)
            {
                case MachineState.Deploying:
                    var words =
                        seen.Maas.ValueOrDefault is not { Message.Length: > 0 } facts ? ": no word from MAAS yet"
                        : facts.Beyond(MaasProgress.Deploying) is { Length: > 0 } more ? $": {more}"
                        : "";
                    builder.Wait(
                        Reasons.Deploying,
                        $"MAAS deploys {member.Hostname}{words}.{Before(builder, member)}",
                        member.Machine
                    );
                    break;
                case MachineState.Joining when member.Initializes && !builder.Observed.Initialized:
                    builder.Wait(
                        Reasons.Initializing,
                        $"{member.Hostname} runs kubeadm init.{Before(builder, member)}",
                        member.Machine
                    );
                    break;
                case MachineState.Joining when seen.Node is Observation<NodeFacts>.Present { Value.Ready: true }:
                    builder.Wait(
                        Reasons.Joining,
                        $"{member.Hostname} joins: its node is Ready, and kubeadm has not ended on it yet.",
                        member.Machine
                    );
                    break;
                case MachineState.Joining when seen.Node is Observation<NodeFacts>.Present { Value: var node }:
                    builder.Wait(
                        Reasons.NodeNotReady,
                        $"The node {member.Hostname} is not Ready: {node.Message.TrimEnd('.')}.",
                        member.Machine
                    );
                    break;
                case MachineState.Joining:
                    builder.Wait(
                        Reasons.Joining,
                        member.AdmittedAt is null
                            ? $"{member.Hostname} waits for its turn to join."
                            : $"{member.Hostname} joins{Retries(seen)}.{Before(builder, member)}",
                        member.Machine
                    );
                    break;
                case MachineState.NotReady:
                    var why = seen.Node switch
                    {
                        Observation<NodeFacts>.Present present => present.Value.Message,
                        Observation<NodeFacts>.Unknown unknown => unknown.Reason,
                        _ => "the node object is gone",
                    };
                    builder.Wait(
                        Reasons.NodeNotReady,
                        $"The node {member.Hostname} is not Ready: {why.TrimEnd('.')}.",
                        member.Machine
                    );
                    break;
            }
        }
    }

    private static string Retries(MemberObservation seen) =>
        seen.Maas.ValueOrDefault?.Script is { Text: var failure }
            ? $", and tries again after a failure that it told MAAS: {failure.TrimEnd('.')}"
            : "";

    // The machine takes the place of one that failed; people who wait are told why.
    private static string Before(PlanBuilder builder, Member member) =>
        builder.Observed.InstallFailures.FirstOrDefault(failure => failure.Pool == member.Pool) is { } failure
            ? $" {Counted.Of(failure.Machines, "machine")} failed before it: {failure.Last.TrimEnd('.')}."
        : builder.Observed.PackageFailure is { } packages
            ? $" {packages.Hostname} could not get its packages before it: {packages.Text.TrimEnd('.')}."
        : "";
}
