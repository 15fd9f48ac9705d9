using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Engine.Ledger;
using Gantry.Engine.Ports;
using Gantry.Engine.Views;

namespace Gantry.Engine;

/// <summary>Builds a cluster's status and conditions from its record, observation and plan. Pure.</summary>
internal static class StatusWriter
{
    private const string EtcdHealthy = "EtcdHealthy";
    private const string MachinesReleased = "MachinesReleased";

    private static readonly (string Type, string MetReason, string MetMessage, string[] Reasons)[] Table =
    [
        (
            "MaasReachable",
            "Reachable",
            "MAAS answers.",
            [
                Reasons.AccountUnknown,
                Reasons.CredentialsRejected,
                Reasons.OtherMaasUser,
                Reasons.MaasUnreachable,
                Reasons.MaasRefused,
            ]
        ),
        (
            "SpecAccepted",
            "Accepted",
            "The desired state can be built.",
            [
                Reasons.SpecInvalid,
                Reasons.UnsupportedChange,
                Reasons.EtcdTooOld,
                Reasons.VersionSkipped,
                Reasons.DowngradeRefused,
                Reasons.OtherVersionInstalled,
                Reasons.Internal,
                Reasons.RecordUnreadable,
                Reasons.LedgerOutdated,
            ]
        ),
        (
            "MachinesAvailable",
            "Available",
            "Every pool has its machines.",
            [
                Reasons.TooFewMachines,
                Reasons.NoMachineFits,
                Reasons.NoSpareMachine,
                Reasons.WaitsForTurn,
                Reasons.ImageMissing,
                Reasons.InstallationFails,
                Reasons.PackagesUnavailable,
                Reasons.MachineLocked,
                Reasons.MachineOutOfService,
                Reasons.DeployFailed,
                Reasons.Deploying,
                Reasons.AwaitingMaas,
                Reasons.Observing,
            ]
        ),
        (
            "EndpointReady",
            "Taken",
            "API server address reserved.",
            [
                Reasons.AddressUnavailable,
                Reasons.SubnetMissing,
                Reasons.DomainMissing,
                Reasons.DnsNeedsAdministrator,
                Reasons.AddressTaken,
                Reasons.DnsRecordTaken,
                Reasons.EndpointUnreached,
            ]
        ),
        (
            "ControlPlaneReady",
            "Serving",
            "The API server answers.",
            [Reasons.Initializing, Reasons.ControlPlaneLost, Reasons.ApiNotReachable]
        ),
        (
            EtcdHealthy,
            "Healthy",
            "Every control plane runs a healthy member of etcd.",
            [Reasons.EtcdAlarm, Reasons.EtcdMemberMissing, Reasons.EtcdUnhealthy, Reasons.QuorumAtRisk]
        ),
        ("AddonsApplied", "Applied", "The add-ons are applied.", [Reasons.AddonsFailed, Reasons.ApiRefused]),
        (
            "NodesReady",
            "Ready",
            "Every node is Ready.",
            [
                Reasons.NetworkMissing,
                Reasons.ScriptFailed,
                Reasons.JoinTimedOut,
                Reasons.Joining,
                Reasons.NodeNotReady,
                Reasons.NodeSilent,
                Reasons.PowerUnknown,
                Reasons.RepairBudgetSpent,
                Reasons.DrainBlocked,
            ]
        ),
        (
            "UpToDate",
            "UpToDate",
            "Every machine is installed from the desired state.",
            [Reasons.Upgrading, Reasons.Rolling, Reasons.RepaveNeedsApproval]
        ),
        (MachinesReleased, "Released", "No machine is being released.", [Reasons.ReleaseFailed, Reasons.Releasing]),
    ];

    /// <summary>Builds the conditions from the obstacles. An unchanged condition keeps its transition time.</summary>
    /// <param name="etcd">What this run saw of etcd; <c>null</c> when it did not look.</param>
    /// <param name="leaving"><see cref="Plan.Leaving"/>.</param>
    public static ValueList<ClusterCondition> Conditions(
        ClusterRecord record,
        IReadOnlyList<(string Reason, string Message)> obstacles,
        bool sawMaas,
        DateTimeOffset now,
        Observation<EtcdFacts>? etcd = null,
        IReadOnlyList<Wait>? leaving = null
    )
    {
        var written = new List<ClusterCondition>();
        foreach (var (type, metReason, metMessage, reasons) in Table)
        {
            var obstacle =
                type is MachinesReleased && leaving is [var left, ..]
                    ? (left.Reason, left.Message)
                    : obstacles.FirstOrDefault(obstacle => reasons.Contains(obstacle.Reason));
            var before = record.Conditions.FirstOrDefault(condition => condition.Type == type);
            ClusterCondition next;
            if (obstacle.Reason is not null)
            {
                next = new ClusterCondition(type, ConditionStatus.False, obstacle.Reason, obstacle.Message, now);
            }
            else if (!sawMaas && type is not "MaasReachable" && IsStopped(obstacles))
            {
                // The record may be older than what has happened since, so that what it says may no longer hold.
                next = new ClusterCondition(
                    type,
                    ConditionStatus.Unknown,
                    Reasons.Observing,
                    "The gateway does not look at this while the cluster is stopped.",
                    now
                );
            }
            else if (!sawMaas && (type is not "MaasReachable" || obstacles.Any(one => one.Reason is Reasons.AwaitingMaas)))
            {
                next = before ?? new ClusterCondition(type, ConditionStatus.Unknown, Reasons.Observing, "Not observed yet.", now);
            }
            else if (
                type is EtcdHealthy
                && record is { Initialized: true, Spec.Deletion: null }
                && etcd is not { IsPresent: true }
            )
            {
                // Silence of etcd is not its illness: the gateway may not reach it.
                next = new ClusterCondition(
                    type,
                    ConditionStatus.Unknown,
                    Reasons.Observing,
                    $"etcd cannot be seen: {(etcd as Observation<EtcdFacts>.Unknown)?.Reason ?? "nobody looked"}.",
                    now
                );
            }
            else
            {
                next =
                    Reached(record, type) ? new ClusterCondition(type, ConditionStatus.True, metReason, metMessage, now)
                    : record.Spec.Deletion is not null
                        ? new ClusterCondition(type, ConditionStatus.Unknown, "Deleting", "The cluster is being deleted.", now)
                    : new ClusterCondition(type, ConditionStatus.False, "Pending", "Waiting for earlier conditions.", now);
            }

            written.Add(
                before is not null && before.Status == next.Status && before.Reason == next.Reason
                    ? next with
                    {
                        LastTransition = before.LastTransition,
                    }
                    : next
            );
        }

        return [.. written];
    }

    // The reasons that Ownership stops a cluster for.
    private static bool IsStopped(IReadOnlyList<(string Reason, string Message)> obstacles) =>
        obstacles.Any(obstacle => obstacle.Reason is Reasons.LedgerOutdated or Reasons.OtherMaasUser or Reasons.Observing);

    public static ClusterStatus Write(
        ClusterRecord record,
        ClusterObservation observed,
        RegionView? region,
        Plan plan,
        string message,
        DateTimeOffset now
    ) =>
        new()
        {
            Id = record.Spec.Id,
            ObservedGeneration = record.Spec.Generation,
            Phase = record.Phase,
            Health = HealthOf(record, observed),
            Message = message,
            Progress = Progress(record),
            Conditions = record.Conditions,
            Machines = [.. record.Members.Select(member => Describe(member, observed, region, plan))],
            Endpoint = record.Endpoint is { Taken: true } endpoint ? new ApiEndpoint(endpoint.Host, endpoint.Port) : null,
            KubernetesVersion = record.Version,
            Residue = Residue(record, region),
            Repave = plan.Repave,
            Drift = plan.Drift,
            Backends = plan.Backends,
            ReportedAt = now,
        };

    public static string MessageOf(UnreadableRecord unreadable) =>
        "The gateway cannot read its record of this cluster; its log says why. The cluster is not reconciled"
        + (
            unreadable.Machines.Count is 0 ? "." : $", and no other takes its machines: {string.Join(", ", unreadable.Machines)}."
        );

    public static int Progress(ClusterRecord record)
    {
        if (record.Phase is ClusterPhase.Deleted)
        {
            return 100;
        }

        if (record.Spec.Deletion is not null)
        {
            // Progress counts against all machines, so that it does not fall when a machine is released.
            var all = Math.Max(1, Math.Max(record.Members.Count, record.Spec.Pools.Sum(pool => pool.Size)));
            return Math.Min(99, 100 - (record.Members.Sum(member => member.State is MachineState.Releasing ? 50 : 100) / all));
        }

        var size = record.Spec.Pools.Sum(pool => pool.Size);
        var done = record.Members.Where(member => member.Stays).Sum(member => Weight(member));
        var percent = size is 0 ? 0 : Math.Min(100, done / size);
        return percent is 100 && !record.Formed ? 99 : percent;
    }

    private static int Weight(Member member) =>
        member.State switch
        {
            MachineState.Allocated => 5,
            MachineState.Deploying => 20,
            MachineState.Joining => 70,
            MachineState.NotReady => 90,
            MachineState.Ready => 100,
            _ => 0,
        };

    private static bool Reached(ClusterRecord record, string type) =>
        type switch
        {
            "MachinesAvailable" => Planner.Shortfalls(record.Spec, record.Members).Count is 0,
            "EndpointReady" => record.Endpoint is { Taken: true },
            "ControlPlaneReady" or EtcdHealthy => record.Initialized,
            "AddonsApplied" => record.Initialized
                && (record.Spec.Addons.Count is 0 || record.AppliedAddons == record.Spec.Addons.Digest),
            "NodesReady" => AreReady(record),
            _ => true,
        };

    private static Health HealthOf(ClusterRecord record, ClusterObservation observed)
    {
        if (!record.Formed || !observed.Api.IsPresent)
        {
            return Health.Unknown;
        }

        var etcdIsSick = record.Conditions.Any(condition => condition is { Type: EtcdHealthy, Status: ConditionStatus.False });
        return !etcdIsSick && AreReady(record) ? Health.Healthy : Health.UnHealthy;
    }

    // What leaves is not asked for any more; a machine that breaks or is replaced is missing until another is in its place.
    private static bool AreReady(ClusterRecord record) =>
        record.Members.Any(member => member.Stays)
        && record.Members.All(member => member.State is MachineState.Ready || !member.Stays)
        && (
            record.Members.All(member => member.Stays)
            || record.Spec.Deletion is not null
            || Planner.Shortfalls(record.Spec, record.Members).Count is 0
        );

    private static ValueList<string> Residue(ClusterRecord record, RegionView? region)
    {
        if (record.Spec.Deletion is null)
        {
            return [];
        }

        var left = record
            .Members.Select(member =>
                $"machine {member.Hostname} ({member.Machine}): {member.Residue ?? member.State.ToString()}"
            )
            .ToList();

        left.AddRange(
            (record.Hidden ?? []).Select(machine =>
                $"machine {machine.Hostname} ({machine.Machine}): MAAS does not show it to the account's user"
            )
        );

        // They are given back once they may be taken into the ledger. A forced deletion does not wait for that.
        left.AddRange(
            (region?.Machines.FindMarked(record.Spec.Id) ?? [])
                .Where(machine => record.FindMember(machine.Id) is null)
                .OrderBy(machine => machine.Hostname, StringComparer.Ordinal)
                .Select(machine =>
                    $"machine {machine.Hostname} ({machine.Id}): MAAS shows it as {machine.StatusName} with the cluster's mark, and the "
                    + "gateway's ledger does not know it"
                )
        );

        // A user who is no administrator does not see what others have, and the ledger may be older than the newest of it.
        if (
            record.TakenAs is { } former
            && record.Conditions.Any(condition => condition is { Reason: Reasons.OtherMaasUser, Status: ConditionStatus.False })
        )
        {
            left.Add(
                $"any other machine of the MAAS user {former.User} with the annotation {MachineMark.ClusterKey}={record.Spec.Id}: the "
                    + "account's user may not see it"
            );
        }

        if (record.Endpoint is { Kind: not EndpointKind.Given } endpoint)
        {
            left.Add(endpoint.Kind is EndpointKind.DnsRecord ? $"DNS record {endpoint.Host}" : $"address {endpoint.Host}");
        }

        return [.. left];
    }

    private static MachineStatus Describe(Member member, ClusterObservation observed, RegionView? region, Plan plan)
    {
        var seen = observed.Members.FirstOrDefault(seen => seen.Id == member.Machine);
        var machine = region?.Machines.Find(member.Machine);
        var node = seen?.Node.ValueOrDefault;
        return new MachineStatus
        {
            SystemId = member.Machine,
            Hostname = member.Hostname,
            Pool = member.Pool,
            Role = member.Role,
            Zone = member.Zone,
            ResourcePool = machine?.ResourcePool ?? "",
            State = member.State.ToString(),
            Stage = Stage(member, seen, node),
            StateSince = member.Since,
            Addresses = member.Addresses,
            NodeReady = node?.Ready ?? false,
            Problems = node?.Problems ?? [],
            KubernetesVersion = node?.KubeletVersion.TrimStart('v'),
            CpuCount = machine?.CpuCount ?? 0,
            MemoryMiB = machine?.MemoryMiB ?? 0,
            Tags = machine?.Tags ?? [],
            PowerState = machine?.PowerState ?? "unknown",
            ReleaseBlocked = plan.Leaving.FirstOrDefault(wait => wait.Machine == member.Machine)?.Message,
            DrainCut = member.DrainCut,
            StaleReasons = [.. plan.Stale.GetValueOrDefault(member.Machine, []).Select(reason => reason.Message)],
            CertificatesUntil = member is { Role: PoolRole.ControlPlane, JoinedAt: { } joined }
                ? joined + Limits.Default.CertificateLife
                : null,
        };
    }

    public static string Stage(Member member, MemberObservation? seen, NodeFacts? node) =>
        member.State switch
        {
            MachineState.Failed => member.Failure ?? "",
            MachineState.Joining when node is { Ready: false } => $"node registered, not Ready: {node.Message}",
            MachineState.Joining when node is not null => "node is Ready, kubeadm has not ended",
            MachineState.Joining when member.Initializes => "kubeadm init",
            MachineState.Joining => member.AdmittedAt is null ? "waiting for its turn to join" : "kubeadm join",
            MachineState.Ready when node is { Problems: { Count: > 0 } problems } => string.Join("; ", problems),

            // Of a Ready node the kubelet only says again that it is Ready.
            MachineState.Ready or MachineState.NotReady => node is { Ready: false } ? node.Message : "",
            _ => seen?.Maas.ValueOrDefault is { } facts ? Stage(member.State, facts) : "",
        };

    // Where MAAS's status is what the state implies, only what MAAS adds to it is worth a word. What it adds to Deployed was said
    // while the machine became a node.
    private static string Stage(MachineState state, MaasFacts facts) =>
        state switch
        {
            MachineState.Allocated => facts.Beyond(MaasProgress.Allocated),
            MachineState.Deploying => facts.Beyond(MaasProgress.Deploying),
            MachineState.Draining or MachineState.Releasing when facts.Progress is MaasProgress.Deployed => "",
            MachineState.Releasing => facts.Beyond(MaasProgress.Releasing),
            _ => facts.Message,
        };
}
