using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;

namespace Gantry.Clusters.Explaining;

/// <summary>Facts about a cluster's surroundings that the console knows without a request to a gateway.</summary>
/// <param name="Gateway">Name of the gateway that serves the cluster; <c>null</c> when none does.</param>
/// <param name="GatewaySince">Since when the gateway is online or offline; <c>null</c> when unknown.</param>
/// <param name="AccountPresent">Whether the cluster's cloud account exists.</param>
public sealed record Surroundings(string? Gateway, bool GatewayOnline, DateTimeOffset? GatewaySince, bool AccountPresent)
{
    /// <summary>What the gateway said of itself in its last poll, such as a full disk, as sentences; <c>null</c> when nothing.</summary>
    public string? GatewayProblem { get; init; }

    /// <summary>
    /// Another instance of the gateway that asks for work and is refused, because it runs on a copy of the data folder; <c>null</c>
    /// when none does.
    /// </summary>
    public OtherInstance? Other { get; init; }

    /// <summary>
    /// What keeps the gateway from looking after its clusters, as the status, the plan, why-not and the explanation of each of them
    /// say it; <c>null</c> when nothing does.
    /// </summary>
    public GatewayTrouble? Trouble =>
        this switch
        {
            { Gateway: null } => new(Explain.NoGateway, "No gateway serves this cluster"),
            { GatewayOnline: false, Other: { } other } => new(
                Explain.InstanceAway,
                $"The gateway {Gateway} works as the instance on {other.Holder}, which is offline{Since}; another instance asks from "
                    + $"{other.Host} and is refused, because it runs on a copy of the data folder"
            ),
            { GatewayOnline: false } => new(Explain.GatewayOffline, $"The gateway {Gateway} is offline{Since}"),
            { GatewayProblem: { } problem } => new(
                Explain.GatewayUnfit,
                $"The gateway {Gateway} cannot work: {problem.TrimEnd('.')}"
            ),
            _ => null,
        };

    private string Since => GatewaySince is { } since ? $" since {since.UtcDateTime:yyyy-MM-dd HH:mm} UTC" : "";
}

/// <param name="Holder">The host of the instance that works.</param>
/// <param name="Host">The host of the refused one.</param>
public sealed record OtherInstance(string Holder, string Host);

/// <param name="Reason">CamelCase and stable.</param>
/// <param name="Message">A clause for a blocker and a condition.</param>
public sealed record GatewayTrouble(string Reason, string Message)
{
    /// <summary>What to do about it.</summary>
    public string NextAction => Explain.ActionFor(Reason);
}

/// <summary>
/// Names the one cause that keeps a cluster from its desired state, and the next action. Of several causes it names the one
/// that blocks the others: <see cref="Causes"/> lists them in that order.
/// </summary>
public static class Explain
{
    public const string AsItShouldBe = "AsItShouldBe";
    public const string NoGateway = "NoGateway";
    public const string GatewayOffline = "GatewayOffline";

    /// <summary>The instance of the gateway that works is offline, and another one is refused.</summary>
    public const string InstanceAway = "InstanceAway";

    /// <summary>The gateway reports that it cannot work, for a full disk.</summary>
    public const string GatewayUnfit = "GatewayUnfit";

    /// <summary>The gateway has not reported on the newest desired state.</summary>
    public const string NotTakenUp = "NotTakenUp";

    /// <summary>The gateway's own limits block a step; the gateway reports this beside the planner's reasons.</summary>
    public const string GatewayLimits = "GatewayLimits";

    /// <summary>A deletion has not released everything.</summary>
    public const string Residue = "Residue";

    /// <summary>The engine works towards the desired state and is not blocked.</summary>
    public const string InProgress = "InProgress";

    /// <summary>Addresses are missing behind an endpoint that its operator keeps, or do not belong there any more.</summary>
    public const string EndpointBackends = "EndpointBackends";

    /// <summary>A Ready node reports disk or memory pressure.</summary>
    public const string NodeTroubled = "NodeTroubled";

    /// <summary>A reason unknown to the console: its gateway is newer.</summary>
    private const string Elsewhere = "";

    /// <summary>
    /// Causes in the order in which they block: surroundings, the desired state itself, machines, endpoint, control plane,
    /// add-ons, nodes, an operator's approval; then causes that only take time; drift last, because the cluster works in
    /// spite of it.
    /// </summary>
    private static readonly Cause[] Causes =
    [
        new(NoGateway, true, "Pair a gateway in the data centre of this cluster."),
        new(
            GatewayOffline,
            true,
            "See that the gateway runs and reaches the console; the cluster goes on without it, but nothing is "
                + "changed or repaired through the console."
        ),
        new(
            InstanceAway,
            true,
            "Start the instance that works and stop the other. When the one that works is stopped for good: gantry gateway takeover."
        ),
        new(
            GatewayUnfit,
            true,
            "Free space on the disk of the gateway's data folder, or mend what is named. Nothing is taken or given back before; Gantry "
                + "goes on by itself then."
        ),
        new(Reasons.AccountUnknown, true, "Create the cloud account again or give it to this gateway."),
        new(Reasons.CredentialsRejected, true, "Give the cloud account a MAAS API key that is valid."),
        new(
            Reasons.OtherMaasUser,
            true,
            "Give the cloud account a key of the MAAS user that is named, or transfer what that user holds to the account's user "
                + "in MAAS. Gantry goes on by itself then."
        ),
        new(
            Reasons.MaasUnreachable,
            true,
            "Make MAAS reachable from the gateway: its address, certificate, proxy and network. Gantry goes on by itself then."
        ),
        new(
            Reasons.MaasRefused,
            true,
            "Give the MAAS user the right that MAAS asks for, or change what it refuses. Gantry tries again by itself."
        ),
        new(
            Reasons.RecordUnreadable,
            true,
            "Put the gateway's ledger back from a backup, or update the gateway where a later version wrote the record, and restart it."
        ),
        new(
            Reasons.LedgerOutdated,
            true,
            "Put the gateway's newest ledger back. If there is none: gantry cluster adopt takes the machines that are named into "
                + "the ledger, and deleting the cluster gives them back."
        ),
        new(Reasons.Internal, true, "Report this with the log of the gateway. Gantry tries again by itself."),
        new(
            NotTakenUp,
            false,
            "Gantry takes the change up the next time the gateway asks the console; that is a matter of seconds."
        ),
        new(Reasons.SpecInvalid, true, "Change the cluster as the message says."),
        new(Reasons.DowngradeRefused, true, "Ask for the version that runs or a newer one; kubeadm does not go back."),
        new(
            Reasons.OtherVersionInstalled,
            true,
            "Choose an image that brings the version that was asked for, or ask for the version that the image brings."
        ),
        new(
            Reasons.EtcdTooOld,
            true,
            "Leave the tag of etcd's image to Gantry, or ask for the present version again with the tag that is named; when every "
                + "control plane has it, upgrade."
        ),
        new(Reasons.VersionSkipped, true, "Ask for the next minor version first; Kubernetes is upgraded one minor at a time."),
        new(Reasons.UnsupportedChange, true, "Take the change back as the message says, or create another cluster."),
        new(GatewayLimits, true, "Widen the limits in the gateway's configuration, or wait until its hourly budget allows more."),
        new(
            Reasons.ImageMissing,
            true,
            "Import or upload the image in MAAS, choose another, or name a stockImage, on which machines install packages."
        ),
        new(
            Reasons.InstallationFails,
            true,
            "Correct the image or the settings of the nodes; or, when the machines were to blame, clear their "
                + "quarantine to try again."
        ),
        new(
            Reasons.PackagesUnavailable,
            true,
            "Mend what the message names: the address, key or proxy of the package repository in the profile, or the way to it. Gantry tries "
                + "again by itself, at once when the profile changes."
        ),
        new(Reasons.MachineLocked, true, "Unlock the machine in MAAS."),
        new(
            Reasons.MachineOutOfService,
            true,
            "Finish the work on the machine in MAAS: mark it fixed, end its test or leave rescue mode."
        ),
        new(Reasons.NoMachineFits, true, "Relax the pool's constraints as why-not proposes, or add machines that meet them."),
        new(
            Reasons.TooFewMachines,
            true,
            "Free or add machines that fit, relax the pool's constraints as why-not proposes, or ask for fewer."
        ),
        new(Reasons.NoSpareMachine, true, "Free or add one machine that fits, or let the pool contract first."),
        new(
            Reasons.PowerUnknown,
            true,
            "Make the machine's power readable in MAAS, its BMC's address and password; switch the machine on by hand, or replace it."
        ),
        new(
            Reasons.RepairBudgetSpent,
            true,
            "Look for one cause behind the failed machines, such as a switch or a rack's power; replace machines "
                + "yourself or wait for the budget."
        ),
        new(
            Reasons.ReleaseFailed,
            true,
            "Mend what MAAS names, mostly the machine's BMC or its disks. Gantry asks for the release again until it succeeds, at "
                + "most every five minutes. Where the machine will not come back, gantry cluster abandon-machine ends that."
        ),
        new(
            Reasons.DeployFailed,
            false,
            "Gantry puts the machine in quarantine and takes another; the quarantine list holds MAAS's own words."
        ),
        new(Reasons.AddressUnavailable, true, "Free the address, or choose another one for the API server."),
        new(
            Reasons.SubnetMissing,
            true,
            "Choose a subnet for the API server that MAAS has: change the endpoint of the cluster or the preferred subnet of its account, or "
                + "make the subnet in MAAS. Gantry looks again by itself."
        ),
        new(
            Reasons.DomainMissing,
            true,
            "Choose a domain for the API server that MAAS has, or make it in MAAS. Gantry looks again by itself."
        ),
        new(
            Reasons.DnsNeedsAdministrator,
            true,
            "Write the key of a MAAS administrator into the account, or choose a virtual IP for the API server."
        ),
        new(
            Reasons.AddressTaken,
            true,
            "See in MAAS who has the address of the API server, and free it there; Gantry reserves it again by itself. Two hosts with one "
                + "address cut the cluster off."
        ),
        new(
            Reasons.DnsRecordTaken,
            true,
            "See in MAAS who made the record, and delete it or give it back to the cluster; Gantry writes it again once it is gone, and "
                + "changes no record of somebody else."
        ),
        new(
            Reasons.ControlPlaneLost,
            true,
            "Restore etcd from a backup, or delete the cluster; Gantry installs nothing in its place."
        ),
        new(
            Reasons.QuorumAtRisk,
            true,
            "Bring the control planes that are not Ready back; Gantry takes none away while etcd would lose its majority."
        ),
        new(
            Reasons.EtcdAlarm,
            true,
            "Make room on the control plane that is named: compact and defragment etcd, or raise quota-backend-bytes in "
                + "the arguments of etcd; then disarm the alarm with etcdctl alarm disarm."
        ),
        new(
            Reasons.EtcdMemberMissing,
            true,
            "Replace the machine that is named with gantry cluster replace-machine; its successor becomes a member. Until then "
                + "etcd survives the loss of fewer control planes."
        ),
        new(
            Reasons.EtcdUnhealthy,
            true,
            "Look at etcd on the control plane that is named: its disk, clock and network. Gantry changes no control "
                + "plane before it is healthy."
        ),
        new(
            Reasons.EndpointUnreached,
            true,
            "Set the addresses behind the load balancer as the message says, on the port 6443 of the control planes. Gantry sees "
                + "it and goes on."
        ),
        new(
            Reasons.ApiNotReachable,
            true,
            "See that the control planes run and that the gateway reaches the API server's address. Gantry goes on "
                + "when it answers."
        ),
        new(
            Reasons.ApiRefused,
            true,
            "Look at what the API server refuses: a webhook or a policy of the cluster. Gantry tries again."
        ),
        new(Reasons.AddonsFailed, true, "Correct the manifest of the layer that is named. Gantry applies it again."),
        new(
            Reasons.NetworkMissing,
            true,
            "See why the pods of the network layer do not run on the node that is named; Gantry applies what is missing of the "
                + "layer and leaves the machine alone."
        ),
        new(
            Reasons.ScriptFailed,
            false,
            "Gantry puts the machine in quarantine and takes another; the quarantine list holds what kubeadm said."
        ),
        new(
            Reasons.JoinTimedOut,
            false,
            "Gantry puts the machine in quarantine and takes another; its own log says why kubeadm failed."
        ),
        new(Reasons.NodeSilent, false, "Gantry waits, then switches the machine off and on, then replaces it."),
        new(
            Reasons.NodeNotReady,
            false,
            "Gantry waits for the node and repairs its machine when it stays like this; kubectl describe node says more."
        ),
        new(
            Reasons.DrainBlocked,
            true,
            "Let the pods that are named go: raise their replicas, relax their disruption budget, or delete them. A "
                + "volume that stays attached is its CSI driver's to detach: see that the driver runs. A drain timeout of the pool or "
                + "the cluster ends the wait."
        ),
        new(Elsewhere, true, "Read the message; this console is older than its gateway and knows no more."),
        new(
            Reasons.RepaveNeedsApproval,
            true,
            "Look at the reasons and approve the repave, or take back the change that causes it."
        ),
        new(Residue, true, "Give back in MAAS what is named, then dismiss the list; Gantry goes on trying until then."),
        new(Reasons.WaitsForTurn, false, "Gantry serves the clusters before this one first and then goes on."),
        new(
            Reasons.AwaitingMaas,
            false,
            "Gantry goes on with whatever does not need the answer and takes it when it comes; after three minutes it asks again. Look at "
                + "MAAS's region and rack controllers, and at the BMC of a machine that is named, when that lasts."
        ),
        new(Reasons.Observing, false, "Gantry looks again until it can tell; unknown is never a reason to act."),
        new(Reasons.Releasing, false, "Gantry waits for MAAS to give the machine up."),
        new(Reasons.Deploying, false, "Gantry waits for MAAS to install the machines."),
        new(Reasons.Initializing, false, "Gantry waits for the first control plane."),
        new(Reasons.Joining, false, "Gantry waits for the machines to become nodes."),
        new(Reasons.Upgrading, false, "Gantry goes on with the upgrade, one control plane at a time and then the workers."),
        new(Reasons.Rolling, false, "Gantry goes on replacing machines, as the pool's rolling update says."),
        new(InProgress, false, "Gantry goes on; nothing is to be done."),
        new(
            NodeTroubled,
            true,
            "Free what is named on the node, or ask for another machine in its place; Gantry replaces no node that is "
                + "Ready, and the kubelet evicts pods by itself."
        ),
        new(
            EndpointBackends,
            false,
            "Set the addresses behind the load balancer as the message says. The cluster goes on as it is; an address that is there "
                + "and that the load balancer never shows to the gateway needs nothing."
        ),
        new(
            Reasons.DrainCut,
            false,
            "Nothing is to be done for the machine. See that the workloads that are named run elsewhere; a longer drain timeout of the "
                + "pool gives them more time."
        ),
        new(
            Reasons.Drift,
            false,
            "The cluster goes on as it is. Undo in MAAS what was changed there, if the effect that is named is not meant."
        ),
        new(AsItShouldBe, false, "Nothing is to be done."),
    ];

    private static readonly Dictionary<string, int> Ranks = Causes
        .Select((cause, rank) => (cause.Reason, rank))
        .ToDictionary(pair => pair.Reason, pair => pair.rank);

    /// <summary>The reasons that have an action.</summary>
    public static IEnumerable<string> KnownReasons => Causes.Select(cause => cause.Reason).Where(reason => reason != Elsewhere);

    /// <summary>What to do about a reason.</summary>
    internal static string ActionFor(string reason) => Causes[Ranks[reason]].Action;

    /// <param name="status">The gateway's last report; <c>null</c> before the first.</param>
    public static Explanation Write(ClusterSpec desired, ClusterStatus? status, Surroundings around, DateTimeOffset now)
    {
        var finding = Findings(desired, status, around).MinBy(finding => finding.Rank)!;
        var cause = Causes[finding.Rank];
        return new Explanation(
            finding.Reason,
            Sentence(finding.Message),
            NextAction(cause, desired, status, now),
            cause.ActionRequired || (!desired.AutoRepair && NeedsRepair(cause.Reason)),
            finding.Since
        );
    }

    private static IEnumerable<Finding> Findings(ClusterSpec desired, ClusterStatus? status, Surroundings around)
    {
        // A deleted cluster needs no action, except for its residue.
        if (status is { Phase: ClusterPhase.Deleted })
        {
            yield return status.Residue.Count > 0
                ? Found(
                    Residue,
                    $"The cluster is deleted, but this was not given back: {string.Join("; ", status.Residue)}",
                    null
                )
                : Found(AsItShouldBe, "The cluster is deleted and everything was given back", null);
            yield break;
        }

        if (around.Trouble is { } trouble)
        {
            yield return Found(trouble.Reason, trouble.Message, around.GatewayOnline ? null : around.GatewaySince);
        }

        if (!around.AccountPresent)
        {
            yield return Found(Reasons.AccountUnknown, $"The cloud account {desired.Account} does not exist", null);
        }

        if (status is null || status.ObservedGeneration < desired.Generation)
        {
            yield return Found(
                NotTakenUp,
                status is null
                    ? "The gateway has not reported on this cluster yet"
                    : $"The gateway reports on generation {status.ObservedGeneration} and generation {desired.Generation} is "
                        + "wanted",
                null
            );
        }

        if (status is not null)
        {
            foreach (var finding in OfStatus(desired, status))
            {
                yield return finding;
            }
        }

        yield return Found(AsItShouldBe, "The cluster is as it should be", null);
    }

    private static IEnumerable<Finding> OfStatus(ClusterSpec desired, ClusterStatus status)
    {
        foreach (var condition in status.Conditions.Where(condition => condition.Status is not ConditionStatus.True))
        {
            yield return OfCondition(condition, status);
        }

        var silent = status.Machines.FirstOrDefault(IsNotReady);
        if (silent is not null)
        {
            var stage = silent.Stage.Length > 0 ? $": {silent.Stage}" : "";
            yield return Found(Reasons.NodeNotReady, $"The node {silent.Hostname} is not Ready{stage}", silent.StateSince);
        }

        if (status.Repave is { } repave && repave.Hash != desired.ApprovedRepave)
        {
            var why = string.Join("; ", repave.Reasons.Select(reason => reason.Message));
            yield return Found(
                Reasons.RepaveNeedsApproval,
                $"{Counted.Of(repave.Machines.Count, "machine is", "machines are")} to be replaced and nobody has agreed "
                    + $"yet: {why}",
                null
            );
        }
        else if (status.Machines.FirstOrDefault(machine => machine.StaleReasons.Count > 0) is { } stale)
        {
            yield return Found(
                Reasons.Rolling,
                $"{stale.Hostname} is to be replaced: {string.Join("; ", stale.StaleReasons)}",
                null
            );
        }

        if (status.Residue.Count > 0)
        {
            yield return Found(Reasons.Releasing, $"Not given back yet: {string.Join("; ", status.Residue)}", null);
        }

        if (status.Phase is not ClusterPhase.Running || status.Progress < 100)
        {
            yield return Found(InProgress, status.Message.Length > 0 ? status.Message : $"The cluster is {status.Phase}", null);
        }
        else if (status.Health is Health.Unknown)
        {
            yield return Found(
                Reasons.Observing,
                status.Message.Length > 0 ? status.Message : "The health of the cluster is not known",
                null
            );
        }

        foreach (var troubled in status.Machines.Where(machine => machine.Problems.Count > 0))
        {
            yield return Found(
                NodeTroubled,
                $"The node {troubled.Hostname} complains: {string.Join("; ", troubled.Problems)}",
                null
            );
        }

        if (status.Backends is { } backends && (backends.Add.Count > 0 || backends.Remove.Count > 0))
        {
            var never = backends.Add.Count > 0 ? $"; never met there: {string.Join(", ", backends.Add)}" : "";
            var away = backends.Remove.Count > 0 ? $"; to take away: {string.Join(", ", backends.Remove)}" : "";
            yield return Found(
                EndpointBackends,
                $"Behind {status.Endpoint?.Host}:{status.Endpoint?.Port} belong {string.Join(", ", backends.Belong)}{never}{away}",
                null
            );
        }

        foreach (var cut in status.Machines.Where(machine => machine.DrainCut is not null))
        {
            yield return Found(
                Reasons.DrainCut,
                $"The drain of {cut.Hostname} ended at its limit, and it leaves with {cut.DrainCut}",
                null
            );
        }

        if (status.Drift is [var drift, ..])
        {
            var more = status.Drift.Count > 1 ? $" (and {status.Drift.Count - 1} more)" : "";
            yield return Found(Reasons.Drift, $"{drift.Text}{more}", null);
        }
    }

    private static Finding OfCondition(ClusterCondition condition, ClusterStatus status)
    {
        var words = condition.Message.Length > 0 ? condition.Message : $"{condition.Type}: {condition.Reason}";
        return condition switch
        {
            // A pending condition waits for another condition or for the work under way.
            { Reason: "Pending" } => Found(
                InProgress,
                status.Message.Length > 0 ? status.Message : words,
                condition.LastTransition
            ),
            { Status: ConditionStatus.Unknown } => Found(Reasons.Observing, words, condition.LastTransition),

            // A new node is not Ready until the network add-on runs on it; that is expected.
            { Reason: Reasons.NodeNotReady } when !status.Machines.Any(IsNotReady) => new Finding(
                Ranks[Reasons.Joining],
                condition.Reason,
                words,
                condition.LastTransition
            ),
            _ => new Finding(
                Ranks.GetValueOrDefault(condition.Reason, Ranks[Elsewhere]),
                condition.Reason,
                words,
                condition.LastTransition
            ),
        };
    }

    private static bool IsNotReady(MachineStatus machine) => machine.State is nameof(MachineState.NotReady);

    private static bool NeedsRepair(string reason) => reason is Reasons.NodeSilent or Reasons.NodeNotReady;

    private static string NextAction(Cause cause, ClusterSpec desired, ClusterStatus? status, DateTimeOffset now)
    {
        if (desired.Deletion is { Force: false } deletion && status is not { Phase: ClusterPhase.Deleted })
        {
            var wait = deletion.RequestedAt + Deletion.ForceAfter - now;
            return cause.Action
                + (
                    wait > TimeSpan.Zero
                        ? $" The deletion may be forced in {Counted.Of((int)Math.Ceiling(wait.TotalMinutes), "minute")}."
                        : " The deletion may be forced now."
                );
        }

        return !desired.AutoRepair && NeedsRepair(cause.Reason)
            ? "Look at the machine and replace it, or switch automatic repair on; it is off for this cluster."
            : cause.Action;
    }

    private static string Sentence(string message) => message.EndsWith('.') ? message : $"{message}.";

    private static Finding Found(string reason, string message, DateTimeOffset? since) =>
        new(Ranks[reason], reason, message, since);

    /// <param name="ActionRequired">Whether an operator has to act.</param>
    private sealed record Cause(string Reason, bool ActionRequired, string Action);

    private sealed record Finding(int Rank, string Reason, string Message, DateTimeOffset? Since);
}
