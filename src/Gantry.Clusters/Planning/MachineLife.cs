using Gantry.Clusters.Model;

namespace Gantry.Clusters.Planning;

/// <summary>
/// The transition table of a machine: which state may follow which, and which transitions an observation alone causes. The
/// plan's steps cause the others.
/// </summary>
public static class MachineLife
{
    /// <summary>Every permitted transition with its cause; <c>docs/machine-states.md</c> shows the same table.</summary>
    public static IReadOnlyList<Transition> Transitions { get; } =
    [
        new(MachineState.Selected, MachineState.Allocated, "Allocate: MAAS gave it, or is found to have given it before a crash"),
        new(MachineState.Selected, MachineState.Released, "MAAS refused it, or the cluster goes away before MAAS gave it"),
        new(MachineState.Selected, MachineState.Releasing, "Release: MAAS gave it and it is not wanted any more"),
        new(MachineState.Allocated, MachineState.Deploying, "Deploy: MAAS accepted, or shows Deploying"),
        new(MachineState.Allocated, MachineState.Joining, "MAAS shows Deployed"),
        new(MachineState.Allocated, MachineState.Failed, "MAAS refuses to deploy it, or shows Failed deployment"),
        new(MachineState.Allocated, MachineState.Releasing, "Release"),
        new(MachineState.Allocated, MachineState.Released, "MAAS shows it free or with another owner"),
        new(MachineState.Deploying, MachineState.Allocated, "MAAS shows that somebody aborted the deployment"),
        new(MachineState.Deploying, MachineState.Joining, "MAAS shows Deployed"),
        new(MachineState.Deploying, MachineState.Failed, "MAAS shows Failed deployment, or the limit for deploying is over"),
        new(MachineState.Deploying, MachineState.Releasing, "Release"),
        new(MachineState.Deploying, MachineState.Released, "MAAS shows it free or with another owner"),
        new(MachineState.Joining, MachineState.Ready, "its node is Ready"),
        new(
            MachineState.Joining,
            MachineState.Failed,
            "no node within the limit for its turn, MarkForReplacement: its node never became Ready, or MAAS shows "
                + "Failed deployment or that the script that runs kubeadm failed"
        ),
        new(MachineState.Joining, MachineState.Draining, "Cordon: it is to leave"),
        new(MachineState.Joining, MachineState.Releasing, "Release"),
        new(MachineState.Joining, MachineState.Released, "MAAS shows it free or with another owner"),
        new(MachineState.Ready, MachineState.NotReady, "its node is not Ready, or is gone"),
        new(MachineState.Ready, MachineState.Draining, "Cordon: it is to leave"),
        new(MachineState.Ready, MachineState.Releasing, "Release"),
        new(MachineState.Ready, MachineState.Released, "MAAS shows it free or with another owner"),
        new(MachineState.NotReady, MachineState.Ready, "its node is Ready again"),
        new(MachineState.NotReady, MachineState.Draining, "Cordon: it is to leave"),
        new(MachineState.NotReady, MachineState.Failed, "Rebootstrap: a control plane that nobody uses yet fell silent"),
        new(MachineState.NotReady, MachineState.Releasing, "Release"),
        new(MachineState.NotReady, MachineState.Released, "MAAS shows it free or with another owner"),
        new(MachineState.Ready, MachineState.Failed, "Rebootstrap: a control plane that nobody uses yet fell silent"),
        new(MachineState.Draining, MachineState.Ready, "Uncordon: its pool needs it after all"),
        new(MachineState.Draining, MachineState.Releasing, "Release: its pods are gone and its node is deleted"),
        new(MachineState.Draining, MachineState.Released, "MAAS shows it free or with another owner"),
        new(MachineState.Failed, MachineState.Releasing, "Release: its failure is in the quarantine"),
        new(MachineState.Failed, MachineState.Released, "MAAS shows it free or with another owner"),
        new(
            MachineState.Releasing,
            MachineState.Released,
            "MAAS shows it free, with another owner, or unknown to it; or Abandon"
        ),
    ];

    public static bool Permits(MachineState from, MachineState to) =>
        from == to || Transitions.Any(passage => passage.From == from && passage.To == to);

    /// <summary>The member after <paramref name="seen"/> alone. An unknown observation changes nothing.</summary>
    public static Member Observe(MemberObservation seen, ClusterObservation cluster, Limits limits, DateTimeOffset now)
    {
        var member = seen.Member;
        if (member.State is MachineState.Selected)
        {
            return member;
        }

        // A region restored from a backup shows machines as free that run our nodes. A real release powers the machine off,
        // so the release counts only when the node is no longer Ready.
        if (seen.Maas.IsAbsent)
        {
            var mayWork =
                seen.Node is Observation<NodeFacts>.Present { Value.Ready: true }
                || (
                    seen.Node is Observation<NodeFacts>.Unknown
                    && member.JoinedAt is not null
                    && !(cluster.SilentFor > limits.Silence)
                );
            return mayWork && !cluster.Ends && member.State is not MachineState.Releasing
                ? member
                : member.Enter(MachineState.Released, now);
        }

        var facts = seen.Maas.ValueOrDefault;
        if (facts is { Addresses.Count: > 0 } && facts.Addresses != member.Addresses)
        {
            member = member with { Addresses = facts.Addresses };
        }

        return member.State switch
        {
            MachineState.Releasing when facts is { Progress: MaasProgress.FailedReleasing } => member with
            {
                ReleaseFailure = facts.Cause,
            },
            MachineState.Allocated => WhileAllocated(member, facts, now),
            MachineState.Deploying => WhileDeploying(member, facts, limits, now),
            MachineState.Joining => WhileJoining(member, facts, seen.Node, cluster, limits, now),
            MachineState.Ready
                when seen.Node is Observation<NodeFacts>.Absent or Observation<NodeFacts>.Present { Value.Ready: false } =>
                member.Enter(MachineState.NotReady, now),
            MachineState.NotReady when seen.Node is Observation<NodeFacts>.Present { Value.Ready: true } => member.Enter(
                MachineState.Ready,
                now
            ) with
            {
                Repair = null,
            },
            MachineState.Ready
                when member.Repair is not null && seen.Node is Observation<NodeFacts>.Present { Value.Ready: true } => member with
            {
                Repair = null,
            },
            _ => member,
        };
    }

    private static Member WhileAllocated(Member member, MaasFacts? facts, DateTimeOffset now) =>
        facts?.Progress switch
        {
            MaasProgress.Deploying => member.Enter(MachineState.Deploying, now),
            MaasProgress.Deployed => member.Enter(MachineState.Joining, now),
            MaasProgress.FailedDeployment => member.Fail($"MAAS: {facts.Cause}", now),
            _ => member,
        };

    private static Member WhileDeploying(Member member, MaasFacts? facts, Limits limits, DateTimeOffset now) =>
        facts?.Progress switch
        {
            MaasProgress.Deployed => member.Enter(MachineState.Joining, now),
            MaasProgress.FailedDeployment => member.Fail($"MAAS: {facts.Cause}", now),
            MaasProgress.Allocated => member.Enter(MachineState.Allocated, now),
            MaasProgress.Deploying when now - member.Since > limits.Deploy => member.Fail(
                $"still deploying after {limits.Deploy.TotalMinutes:0} minutes; MAAS: {facts.Message}",
                now
            ),
            _ => member,
        };

    private static Member WhileJoining(
        Member member,
        MaasFacts? facts,
        Observation<NodeFacts> node,
        ClusterObservation cluster,
        Limits limits,
        DateTimeOffset now
    )
    {
        if (node is Observation<NodeFacts>.Present { Value: { Ready: true, Joined: true } })
        {
            return member.Enter(MachineState.Ready, now) with { JoinedAt = member.JoinedAt ?? now };
        }

        if (facts is { Progress: MaasProgress.FailedDeployment })
        {
            return member.Fail($"MAAS: {facts.Cause}", now);
        }

        // MAAS must show that the machine is deployed: a machine that cannot be observed has not failed.
        if (facts is not { Progress: MaasProgress.Deployed })
        {
            return member;
        }

        // kubeadm works through the endpoint: as long as it reaches nobody, or nobody could look, no machine can be judged.
        if (
            cluster.Reach is Observation<EndpointReach>.Present { Value.IsCut: true }
            || (cluster.Reach is Observation<EndpointReach>.Unknown && now - member.Since <= limits.Join)
        )
        {
            return member;
        }

        // The list of nodes is newer than the failure: a kubeadm that had succeeded would have registered the node by then.
        if (
            facts.Script is { IsFinal: true, Text: var failure }
            && node.IsAbsent
            && (!member.Initializes || (!cluster.Initialized && cluster.Api.IsAbsent))
        )
        {
            // Where another has got its packages meanwhile, it is this machine's own way to them.
            if (
                facts.Script.LacksPackages
                && member.Build is not null
                && !cluster.Members.Any(other => other.Member.JoinedAt > member.Since)
            )
            {
                return member.Fail($"a repository did not give it its packages; MAAS: {failure}", now) with
                {
                    Excuse = PackageFailure.Excuse,
                    LacksPackages = true,
                    ScriptFailed = true,
                };
            }

            return cluster.EndpointCutAt >= member.Since
                ? member.Fail(
                    "kubeadm failed while the endpoint reached no control plane; the machine is installed again",
                    now
                ) with
                {
                    Excuse = "the endpoint reached no control plane",
                }
                : member.Fail($"the machine's own script failed; MAAS: {failure}", now) with
                {
                    ScriptFailed = true,
                };
        }

        if (
            member.Initializes
            && !cluster.Initialized
            && cluster.Api.IsAbsent
            && now - Later(member.Since, cluster.EndpointCutAt) > limits.Init
        )
        {
            return member.Fail(
                $"the API server did not answer within {limits.Init.TotalMinutes:0} minutes after the machine was deployed",
                now
            );
        }

        var turn = Later(Later(member.Since, member.AdmittedAt), cluster.EndpointCutAt);
        return !member.Initializes && member.AdmittedUntil > member.AdmittedAt && node.IsAbsent && now - turn > limits.Join
            ? member.Fail(
                $"no node appeared within {limits.Join.TotalMinutes:0} minutes after its turn to join"
                    + (facts.Script is { Text: var retried } ? $"; MAAS: {retried}" : ""),
                now
            )
            : member;
    }

    private static DateTimeOffset Later(DateTimeOffset one, DateTimeOffset? other) => other > one ? other.Value : one;
}

/// <param name="Cause">The step or observation that causes the transition.</param>
public sealed record Transition(MachineState From, MachineState To, string Cause);
