using System.Text.Json.Serialization;
using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Engine.Ports;

namespace Gantry.Engine.Ledger;

/// <summary>
/// The engine's record of a cluster. Everything that Gantry takes from MAAS for the cluster is stored here before the call
/// that takes it. The record holds no secret; <see cref="ClusterSecrets"/> is stored separately.
/// </summary>
public sealed record ClusterRecord
{
    /// <summary>
    /// The last known desired state. The engine uses it while the desired state is not available.
    /// </summary>
    public required ClusterSpec Spec { get; init; }

    public ClusterPhase Phase { get; init; } = ClusterPhase.Pending;

    public ValueList<Member> Members { get; init; } = [];

    public EndpointRecord? Endpoint { get; init; }

    /// <summary>
    /// Where and as whom everything named here was taken; <c>null</c> in a record from before this was kept.
    /// </summary>
    public MaasIdentity? TakenAs { get; init; }

    public bool Initialized { get; init; }

    public bool Formed { get; init; }

    /// <summary>
    /// The cluster may run workloads: its control plane was once complete with every node Ready, or a kubeconfig was issued.
    /// </summary>
    public bool InUse { get; init; }

    public string? AppliedAddons { get; init; }

    /// <summary>
    /// What layers may have brought into the cluster and was not pruned since; <c>null</c> in an older record.
    /// </summary>
    public ValueList<AddonObject>? AddonObjects { get; init; }

    /// <summary>The Kubernetes version that the whole control plane has reached.</summary>
    public KubernetesVersion? Version { get; init; }

    /// <summary>The version in kubeadm's configuration in the cluster, or the version that is being written.</summary>
    public KubeadmVersionState? KubeadmVersion { get; init; }

    /// <summary>What kubeadm's configuration names, as <see cref="NodeBuild.ControlPlaneSettings"/>.</summary>
    [JsonPropertyName("kubeadmArguments")]
    public ValueMap<string, string> ControlPlaneSettings { get; init; } = [];

    /// <summary>With which image the cluster is installed; <c>null</c> while it has only one.</summary>
    public ImageChoice? ImageChoice { get; init; }

    /// <summary>The roll of etcd that has begun before an upgrade; <c>null</c> when none has.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public EtcdRoll? EtcdRoll { get; init; }

    /// <summary>When the last replacement of each pool began.</summary>
    public ValueMap<DnsLabel, DateTimeOffset> LastRepaved { get; init; } = [];

    /// <summary>The newest generation whose plan was recorded as an event.</summary>
    public long PlannedGeneration { get; init; }

    /// <summary>The newest generation that the cluster has reached completely.</summary>
    public long ReachedGeneration { get; init; }

    /// <inheritdoc cref="ClusterObservation.ReachedSizes"/>
    public ValueMap<DnsLabel, int> ReachedSizes { get; init; } = [];

    /// <summary>When the API server of an initialized cluster stopped answering; <c>null</c> while it answers.</summary>
    public DateTimeOffset? SilentSince { get; init; }

    /// <summary>
    /// When a given endpoint was last seen to reach no API server although one answered, to the minute; <c>null</c> when never.
    /// </summary>
    public DateTimeOffset? EndpointCutAt { get; init; }

    /// <summary>Addresses that were met through a given endpoint, and may be behind it still; <c>null</c> when nobody has looked.</summary>
    public ValueList<string>? EndpointSeen { get; init; }

    /// <summary>When the cluster began to lack machines; <c>null</c> while it lacks none.</summary>
    public DateTimeOffset? WaitingSince { get; init; }

    /// <summary>
    /// Machines that the console was told of, and that MAAS did not show to the account's user when the cluster's deletion was
    /// forced on a ledger that knew nothing of them; <c>null</c> when there are none.
    /// </summary>
    public ValueList<HiddenMachine>? Hidden { get; init; }

    /// <summary>
    /// Machines that a person took from the cluster in MAAS within the last day; <c>null</c> when there was none. Placement leaves
    /// them alone for a while, for every cluster.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ValueList<LostMachine>? Lost { get; init; }

    /// <summary>Machines did not get their packages; <c>null</c> when none failed so, or one has become a node since.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public PackageFailure? PackageFailure { get; init; }

    /// <summary>The number of failed reconciles in a row. The back-off depends on it and survives a restart.</summary>
    public int Failures { get; init; }

    public DateTimeOffset? NextTry { get; init; }

    public ValueList<ClusterCondition> Conditions { get; init; } = [];

    /// <summary>MAAS may hold something for the cluster.</summary>
    [JsonIgnore]
    public bool HoldsAnything => Members.Count > 0 || Endpoint is { Kind: not EndpointKind.Given } || Hidden is { Count: > 0 };

    /// <summary>The cluster is deleted and nothing is left of it; the record stays until the console knows.</summary>
    [JsonIgnore]
    public bool HasEnded => Phase is ClusterPhase.Deleted && !HoldsAnything;

    /// <summary>Nothing of the cluster exists; a given endpoint is its operator's.</summary>
    [JsonIgnore]
    public bool IsUntouched => !HoldsAnything && !Initialized;

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

/// <summary>A machine that another MAAS user may have.</summary>
public sealed record HiddenMachine(SystemId Machine, string Hostname);

/// <summary>The endpoint of a cluster. It is stored before MAAS is asked for it, so MAAS may not have it yet.</summary>
/// <param name="Host">The address or the DNS name.</param>
/// <param name="Taken">MAAS has confirmed the endpoint.</param>
/// <param name="DnsAddresses">The addresses in the DNS record.</param>
public sealed record EndpointRecord(EndpointKind Kind, string Host, int Port, bool Taken, ValueList<string> DnsAddresses)
{
    private const int MostWritten = 32;

    /// <summary>
    /// The addresses that this cluster has put into its DNS record, newest last; <c>null</c> before the first one. An interrupted
    /// call may still put an earlier one back.
    /// </summary>
    public ValueList<string>? Written { get; init; }

    public EndpointRecord WithDns(ValueList<string> addresses) =>
        this with
        {
            Taken = true,
            DnsAddresses = addresses,
            Written = [.. (Written ?? []).Except(addresses).Concat(addresses).TakeLast(MostWritten)],
        };
}

public enum EndpointKind
{
    ReservedAddress,
    DnsRecord,
    Given,
}

/// <summary>The keys of a cluster. They are never logged and never reported.</summary>
/// <param name="Pki">JSON of the cluster's certificate authorities.</param>
/// <param name="TokenKey">The key from which bootstrap tokens are derived.</param>
public sealed record ClusterSecrets(string Pki, byte[] TokenKey)
{
    public override string ToString() => "cluster secrets";
}

/// <summary>A machine in quarantine, with MAAS's account of its failure.</summary>
/// <param name="Evidence">The status message, then the newest events of MAAS, newest first.</param>
/// <param name="Pool">The pool that the machine was in.</param>
/// <param name="Build">The installation that failed; <c>null</c> for a machine that had joined.</param>
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
    /// <summary>A machine whose entry in the ledger cannot be read stays in quarantine until somebody clears it.</summary>
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
