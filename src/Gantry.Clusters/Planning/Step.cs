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
    public sealed record Cordon(SystemId Machine, string Because) : Step(Because);

    public sealed record Drain(SystemId Machine, string Because) : Step(Because);

    public sealed record DeleteNode(SystemId Machine, string Because) : Step(Because);

    /// <summary>Keep the machine's failure with its evidence, so that nobody takes it again.</summary>
    public sealed record Quarantine(SystemId Machine, string Because) : Step(Because);

    public sealed record Release(SystemId Machine, string Because) : Step(Because);

    /// <summary>The control plane died before anybody used it: give up what belongs to it and begin anew.</summary>
    public sealed record StartOver(string Because) : Step(Because);

    /// <summary>Give back the reserved address or the DNS record.</summary>
    public sealed record ReleaseEndpoint(string Because) : Step(Because);

    /// <summary>Stop trying to give a machine back; it is named in the residue.</summary>
    public sealed record Forget(SystemId Machine, string Because) : Step(Because);

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
        Drain step => step.Machine,
        DeleteNode step => step.Machine,
        Quarantine step => step.Machine,
        Release step => step.Machine,
        Forget step => step.Machine,
        _ => null,
    };

    /// <summary>It takes away something that may be in use.</summary>
    public bool IsDisruptive => this is Cordon or Drain or DeleteNode or Quarantine or Release or StartOver or ReleaseEndpoint;

    /// <summary><c>+</c> adds, <c>-</c> removes, <c>~</c> changes in place.</summary>
    public string Symbol => this switch
    {
        ReserveAddress or Allocate or Deploy or JoinControlPlane or JoinWorker => "+",
        Drain or DeleteNode or Quarantine or Release or StartOver or ReleaseEndpoint or Forget => "-",
        _ => "~",
    };
}

/// <summary>What to do now, what to wait for, and what cannot be done.</summary>
/// <param name="Steps">In the order in which they may be carried out.</param>
public sealed record Plan(IReadOnlyList<Step> Steps, IReadOnlyList<Wait> Waits, IReadOnlyList<Refusal> Refusals)
{
    public static Plan Nothing { get; } = new([], [], []);

    /// <summary>The desired state is reached.</summary>
    public bool IsSettled => Steps.Count is 0 && Waits.Count is 0 && Refusals.Count is 0;
}

/// <param name="Reason">CamelCase and stable, for example <c>Deploying</c>.</param>
/// <param name="Message">A sentence.</param>
public sealed record Wait(string Reason, string Message, SystemId? Machine = null);
