using Gantry.Clusters.Model;

namespace Gantry.Clusters.Planning;

/// <summary>What a machine's first boot does.</summary>
public enum Bootstrap
{
    InitControlPlane,
    JoinControlPlane,
    JoinWorker,
}

/// <summary>One act of the engine with its reason. Each is safe to repeat.</summary>
/// <param name="Because">The log line, the event and the progress text.</param>
public abstract record Step(string Because)
{
    /// <summary>Keep the virtual IP away from everybody else.</summary>
    /// <param name="Subnet">CIDR or name as MAAS knows it; <c>null</c> means the subnet of the first control plane.</param>
    public sealed record ReserveAddress(string? Subnet, string? Address, string Because) : Step(Because);

    /// <summary>Let the name point at exactly these addresses.</summary>
    public sealed record RecordDns(string Fqdn, IReadOnlyList<string> Addresses, string Because) : Step(Because)
    {
        public bool Equals(RecordDns? other) =>
            other is not null && Fqdn == other.Fqdn && Because == other.Because && Addresses.SequenceEqual(other.Addresses);

        public override int GetHashCode() => HashCode.Combine(Fqdn, Because, Addresses.Count);
    }

    public sealed record Allocate(
        SystemId Machine, string Hostname, string Zone, string Pool, PoolRole Role, string Because)
        : Step(Because);

    public sealed record Deploy(SystemId Machine, Bootstrap Bootstrap, string Because) : Step(Because);

    /// <summary>Give the waiting machine its turn: its bootstrap token begins to work, or is renewed.</summary>
    public sealed record JoinControlPlane(SystemId Machine, string Because) : Step(Because);

    /// <inheritdoc cref="JoinControlPlane"/>
    public sealed record JoinWorker(SystemId Machine, string Because) : Step(Because);

    public sealed record ApplyAddons(string Digest, string Because) : Step(Because);

    /// <summary>Put on the node what its kubelet may not set itself: role, labels of the pool, annotations.</summary>
    public sealed record LabelNode(SystemId Machine, string Because) : Step(Because);

    /// <summary>The machine is to leave: take no new pods there.</summary>
    public sealed record Cordon(SystemId Machine, RemovalKind Kind, string Because) : Step(Because);

    /// <summary>The machine need not leave after all.</summary>
    public sealed record Uncordon(SystemId Machine, string Because) : Step(Because);

    /// <param name="Force">Delete the pods that do not let themselves be evicted.</param>
    public sealed record Drain(SystemId Machine, bool Force, string Because) : Step(Because);

    public sealed record DeleteNode(SystemId Machine, string Because) : Step(Because);

    /// <summary>Delete a node whose machine is not ours any more.</summary>
    public sealed record DeleteOrphanNode(string Node, string Because) : Step(Because);

    /// <param name="To">Id of the voting member that is to lead.</param>
    /// <param name="Machine">The control plane that leads now and is to leave.</param>
    public sealed record MoveEtcdLeader(SystemId Machine, string To, string Because) : Step(Because);

    /// <param name="Machine">The control plane it belongs to; <c>null</c> when that is gone already.</param>
    public sealed record RemoveEtcdMember(SystemId? Machine, string Member, string Because) : Step(Because);

    /// <summary>Let kubeadm's configuration in the cluster name the version that the next machines bring.</summary>
    public sealed record PrepareVersion(string Version, string Because) : Step(Because);

    /// <summary>Every control plane runs the version: kube-proxy and CoreDNS follow.</summary>
    public sealed record UpgradeAddons(string Version, string Because) : Step(Because);

    /// <summary>Ask the machine's BMC whether it is on.</summary>
    public sealed record QueryPower(SystemId Machine, string Because) : Step(Because);

    public sealed record PowerOn(SystemId Machine, string Because) : Step(Because);

    /// <summary>Cut the power of a machine that is on and silent; it is switched on again when it is seen to be off.</summary>
    public sealed record PowerCycle(SystemId Machine, string Because) : Step(Because);

    /// <summary>Nothing brings it back: another machine is to take its place.</summary>
    public sealed record MarkForReplacement(SystemId Machine, string Because) : Step(Because);

    /// <summary>Keep the machine's failure with its evidence, so that nobody takes it again.</summary>
    public sealed record Quarantine(SystemId Machine, string Because) : Step(Because);

    public sealed record Release(SystemId Machine, string Because) : Step(Because);

    /// <summary>The control plane died before anybody used it: give up what belongs to it and begin anew.</summary>
    public sealed record Rebootstrap(string Because) : Step(Because);

    /// <summary>Give back the reserved address or the DNS record.</summary>
    public sealed record ReleaseEndpoint(string Because) : Step(Because);

    /// <summary>Stop trying to give a machine back; it is named in the residue.</summary>
    public sealed record Abandon(SystemId Machine, string Because) : Step(Because);

    public string Name => GetType().Name;

    /// <summary>The machine it acts on, when it acts on one.</summary>
    public SystemId? Target => this switch
    {
        Allocate step => step.Machine,
        Deploy step => step.Machine,
        JoinControlPlane step => step.Machine,
        JoinWorker step => step.Machine,
        LabelNode step => step.Machine,
        Cordon step => step.Machine,
        Uncordon step => step.Machine,
        MoveEtcdLeader step => step.Machine,
        RemoveEtcdMember step => step.Machine,
        QueryPower step => step.Machine,
        PowerOn step => step.Machine,
        PowerCycle step => step.Machine,
        MarkForReplacement step => step.Machine,
        Drain step => step.Machine,
        DeleteNode step => step.Machine,
        Quarantine step => step.Machine,
        Release step => step.Machine,
        Abandon step => step.Machine,
        _ => null,
    };

    /// <summary>It takes away something that may be in use.</summary>
    public bool IsDisruptive => this is Cordon or Drain or DeleteNode or Quarantine or Release or Rebootstrap or ReleaseEndpoint
        or RemoveEtcdMember or PowerCycle or MarkForReplacement;

    /// <summary><c>+</c> adds, <c>-</c> removes, <c>~</c> changes in place.</summary>
    public string Symbol => this switch
    {
        ReserveAddress or Allocate or Deploy or JoinControlPlane or JoinWorker => "+",
        Drain or DeleteNode or DeleteOrphanNode or RemoveEtcdMember or Quarantine or Release or Rebootstrap or ReleaseEndpoint or Abandon => "-",
        _ => "~",
    };
}

/// <summary>What to do now, what to wait for, and what cannot be done.</summary>
/// <param name="Steps">In the order in which they may be carried out.</param>
public sealed record Plan(IReadOnlyList<Step> Steps, IReadOnlyList<Wait> Pending, IReadOnlyList<Blocker> Blockers)
{
    public static Plan Nothing { get; } = new([], [], []);

    /// <summary>A replacement that nobody asked for and that waits for a person's agreement.</summary>
    public RepaveNeed? Repave { get; init; }

    /// <summary>What was changed in MAAS behind our back.</summary>
    public IReadOnlyList<DriftNote> Drift { get; init; } = [];

    /// <summary>Why machines are to be replaced, whether they may be yet or not.</summary>
    public IReadOnlyDictionary<SystemId, IReadOnlyList<StaleReason>> Stale { get; init; } = new Dictionary<SystemId, IReadOnlyList<StaleReason>>();

    /// <summary>The desired state is reached.</summary>
    public bool IsSettled => Steps.Count is 0 && Pending.Count is 0 && Blockers.Count is 0;
}

/// <param name="Reason">CamelCase and stable, for example <c>Deploying</c>.</param>
/// <param name="Message">A sentence.</param>
public sealed record Wait(string Reason, string Message, SystemId? Machine = null);
