using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;

namespace Gantry.Engine.Ledger;

/// <summary>
/// What the engine must not forget of a cluster. Whatever we may have taken from MAAS for it is named here before the
/// call that takes it. Holds no secret; those lie beside it as <see cref="ClusterSecrets"/>.
/// </summary>
public sealed record ClusterRecord
{
    /// <summary>
    /// As it was last seen, so that a cluster goes on being looked after when nobody can tell what it should be.
    /// </summary>
    public required ClusterSpec Spec { get; init; }

    public ClusterPhase Phase { get; init; } = ClusterPhase.Pending;

    public ValueList<Member> Members { get; init; } = [];

    public EndpointRecord? Endpoint { get; init; }

    public bool Initialized { get; init; }

    public bool Formed { get; init; }

    /// <summary>
    /// The control plane was whole and every node Ready once: people may use it, whatever else is still missing.
    /// </summary>
    public bool InUse { get; init; }

    public string? AppliedAddons { get; init; }

    /// <summary>The Kubernetes version that the whole control plane has reached.</summary>
    public KubernetesVersion? Version { get; init; }

    /// <summary>The version that we wrote into kubeadm's configuration in the cluster.</summary>
    public KubeadmVersionState? KubeadmVersion { get; init; }

    /// <summary>The arguments in kubeadm's configuration, as <see cref="NodeBuild.ControlPlaneArguments"/>.</summary>
    public ValueMap<string, string> KubeadmArguments { get; init; } = [];

    /// <summary>When a machine of a pool was last taken away to be replaced.</summary>
    public ValueMap<DnsLabel, DateTimeOffset> LastRepaved { get; init; } = [];

    /// <summary>The newest generation whose plan people were told.</summary>
    public long PlannedGeneration { get; init; }

    /// <summary>The newest generation that was reached in full.</summary>
    public long ReachedGeneration { get; init; }

    /// <summary>Since when the API server of an initialized cluster has been silent.</summary>
    public DateTimeOffset? SilentSince { get; init; }

    /// <summary>Since when the cluster has lacked machines; <c>null</c> while it lacks none.</summary>
    public DateTimeOffset? WaitingSince { get; init; }

    /// <summary>Failed runs in a row; the back-off grows with it and survives a restart.</summary>
    public int Failures { get; init; }

    public DateTimeOffset? NextTry { get; init; }

    public ValueList<ClusterCondition> Conditions { get; init; } = [];

    public Member? FindMember(SystemId machine) => Members.FirstOrDefault(member => member.Machine == machine);

    public ClusterRecord With(Member changed) =>
        this with
        {
            Members = [.. Members.Select(member => member.Machine == changed.Machine ? changed : member)],
        };

    public ClusterRecord Without(SystemId machine) =>
        this with
        {
            Members = [.. Members.Where(member => member.Machine != machine)],
        };
}

/// <summary>The endpoint of a cluster. Stored before MAAS is asked for it, so it may not be there yet.</summary>
/// <param name="Host">The address or the DNS name.</param>
/// <param name="Taken">MAAS has confirmed it.</param>
/// <param name="DnsAddresses">What the DNS record points at.</param>
public sealed record EndpointRecord(EndpointKind Kind, string Host, int Port, bool Taken, ValueList<string> DnsAddresses);

public enum EndpointKind
{
    ReservedAddress,
    DnsRecord,
    Given,
}

/// <summary>The keys of a cluster. Never logged, never reported.</summary>
/// <param name="Pki">JSON of the cluster's certificate authorities.</param>
/// <param name="TokenKey">Bootstrap tokens are derived from it, so none needs to be stored.</param>
public sealed record ClusterSecrets(string Pki, byte[] TokenKey)
{
    public override string ToString() => "cluster secrets";
}

/// <summary>A machine that failed us, with what MAAS said about it.</summary>
/// <param name="Evidence">Status message and newest events, newest first.</param>
/// <param name="Pool">Of the cluster it was for.</param>
/// <param name="Build">The installation that failed on it; <c>null</c> for one that had been a node.</param>
public sealed record QuarantinedMachine(
    SystemId Machine,
    string Hostname,
    ClusterId Cluster,
    string Reason,
    ValueList<string> Evidence,
    DateTimeOffset At,
    DnsLabel? Pool = null,
    NodeBuild? Build = null
)
{
    /// <summary>A machine whose entry in the ledger cannot be read stays in quarantine until a person clears it.</summary>
    internal static QuarantinedMachine Unreadable(string machine) =>
        new(
            new SystemId(machine),
            machine,
            new ClusterId("unknown"),
            "the ledger's entry for this machine cannot be read",
            [],
            DateTimeOffset.UnixEpoch
        );
}
