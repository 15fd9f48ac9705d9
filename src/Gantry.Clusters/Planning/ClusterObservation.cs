using Gantry.Clusters.Distributions;
using Gantry.Clusters.Model;

namespace Gantry.Clusters.Planning;

/// <summary>The observed state of one cluster at one moment, from the ledger, MAAS and the cluster's API server.</summary>
public sealed record ClusterObservation
{
    public static ClusterObservation Nothing { get; } = new();

    public IReadOnlyList<MemberObservation> Members { get; init; } = [];

    /// <summary>The reserved address or the recorded name; <c>null</c> before there is one.</summary>
    public EndpointFacts? Endpoint { get; init; }

    /// <summary>Set once, when the first API server serves kubeadm's configuration.</summary>
    public bool Initialized { get; init; }

    /// <summary>Every node has been Ready once, so the cluster may carry workloads.</summary>
    public bool Formed { get; init; }

    /// <summary>The size of each pool when all of its nodes were Ready last; empty before every node of the cluster was.</summary>
    public ValueMap<DnsLabel, int> ReachedSizes { get; init; } = [];

    /// <summary>
    /// Absent before the first API server answered, and when a cluster that was never formed has been silent for longer
    /// than <see cref="Limits.SilentBeforeRebootstrap"/> while MAAS answers; otherwise silence is unknown.
    /// </summary>
    public Observation<ApiFacts> Api { get; init; } = new Observation<ApiFacts>.Absent();

    /// <summary><see cref="AddonLayers.Digest"/> of the last applied manifests.</summary>
    public string? AppliedAddons { get; init; }

    public AddonFacts Addons { get; init; } = AddonFacts.None;

    /// <summary>
    /// The Kubernetes version that the whole control plane has reached; <c>null</c> before the first one serves.
    /// </summary>
    public KubernetesVersion? Version { get; init; }

    /// <summary>The version in the cluster's kubeadm configuration; the next control plane must have it to join.</summary>
    public KubeadmVersionState? KubeadmVersion { get; init; }

    /// <summary>
    /// <see cref="NodeBuild.ControlPlaneSettings"/> in the cluster's kubeadm configuration; the next control plane starts with
    /// them.
    /// </summary>
    public ValueMap<string, string> ControlPlaneSettings { get; init; } = [];

    /// <summary>Observed in every run in which the API server answers.</summary>
    public Observation<EtcdFacts> Etcd { get; init; } = new Observation<EtcdFacts>.Unknown("nobody has asked etcd yet");

    /// <summary>Nodes with one of our provider ids whose machine no longer belongs to this cluster.</summary>
    public IReadOnlyList<string> OrphanNodes { get; init; } = [];

    /// <summary>The current revision of the node documents.</summary>
    public string Template { get; init; } = "";

    /// <summary>When a machine of each pool was last released for replacement.</summary>
    public ValueMap<DnsLabel, DateTimeOffset> LastRepaved { get; init; } = [];

    /// <summary>The cluster is being deleted; its nodes are no longer observed.</summary>
    public bool Ends { get; init; }

    /// <summary>How long the API server of an initialized cluster has been silent; <c>null</c> while it answers.</summary>
    public TimeSpan? SilentFor { get; init; }

    /// <summary>Why no machine of this gateway may be repaired now; <c>null</c> when they may.</summary>
    public string? RepairsHeldUp { get; init; }

    /// <summary>With which image the cluster is installed; <c>null</c> for the image of the desired state.</summary>
    public ImageChoice? ImageChoice { get; init; }

    /// <summary>The roll of etcd before an upgrade that has begun; <c>null</c> when none has.</summary>
    public EtcdRoll? EtcdRoll { get; init; }

    /// <summary>Whether MAAS has the image that the cluster is installed with.</summary>
    public Observation<ImageName> Image { get; init; } = new Observation<ImageName>.Unknown("nobody has asked MAAS yet");

    /// <summary>The image that MAAS lacks; <c>null</c> for the one that machines are installed with now.</summary>
    public ImageName? MissingImage { get; init; }

    /// <summary>MAAS has not answered yet which images it has: no replacement and no upgrade begins.</summary>
    public bool AwaitsImages { get; init; }

    /// <summary>What MAAS has not answered, a sentence each; whatever needs an answer is unknown.</summary>
    public IReadOnlyList<string> Unanswered { get; init; } = [];

    /// <summary>How much MAAS has of an image that is being uploaded, in per cent; <c>null</c> when it is not.</summary>
    public decimal? ImageProgress { get; init; }

    /// <summary>Architectures that MAAS has the image for; empty when nobody has asked.</summary>
    public ValueList<string> Architectures { get; init; } = [];

    /// <summary>Who is reached through an endpoint that is given; absent for other endpoints.</summary>
    public Observation<EndpointReach> Reach { get; init; } = new Observation<EndpointReach>.Absent();

    /// <summary>Who serves the virtual IP; absent for other endpoints, and where kube-vip has no lease.</summary>
    public Observation<VirtualIpFacts> VirtualIp { get; init; } = new Observation<VirtualIpFacts>.Absent();

    /// <summary>When the endpoint was last seen to reach no API server although one answered; <c>null</c> when never.</summary>
    public DateTimeOffset? EndpointCutAt { get; init; }

    /// <summary>Addresses that were met through the endpoint, and may be behind it still.</summary>
    public ValueList<string> EndpointSeen { get; init; } = [];

    /// <summary>The subnets in which MAAS shows machines; empty once something of the cluster exists.</summary>
    public IReadOnlyList<MachineSubnet> Subnets { get; init; } = [];

    /// <summary>What MAAS shows of the endpoint that the cluster asks for; not looked at once the cluster has one.</summary>
    public EndpointSite EndpointSite { get; init; } = EndpointSite.Unknown;

    /// <summary>
    /// Nothing of the cluster exists: no machine, no address of ours, no control plane. Its desired state may become anything.
    /// </summary>
    public bool IsUntouched { get; init; }

    /// <summary>Pools whose machines fail to become nodes with their current installation.</summary>
    public IReadOnlyList<InstallFailure> InstallFailures { get; init; } = [];

    /// <summary>Machines did not get their packages with the current installation; <c>null</c> when that is not known of any.</summary>
    public PackageFailure? PackageFailure { get; init; }

    /// <summary>Machines that a person took from the cluster in MAAS within the last day.</summary>
    public ValueList<LostMachine> Lost { get; init; } = [];

    /// <summary>What the engine could not carry out in its last run; a plan that begins with the same step meets the same.</summary>
    public IReadOnlyList<StepRefusal> Refusals { get; init; } = [];
}

/// <param name="Machines">How many machines failed and are in quarantine for it, while none has succeeded.</param>
/// <param name="Last">The failure of the last of them.</param>
public sealed record InstallFailure(DnsLabel Pool, int Machines, string Last);

/// <param name="Maas">The machine in MAAS; absent when MAAS shows that the machine is not ours.</param>
/// <param name="Node">The machine's node in the cluster's API server.</param>
public sealed record MemberObservation(Member Member, Observation<MaasFacts> Maas, Observation<NodeFacts> Node)
{
    public SystemId Id => Member.Machine;

    /// <summary>MAAS shows the machine as Broken, and has released it therefore.</summary>
    public bool IsBroken { get; init; }
}

/// <summary>The state of a machine of ours in MAAS.</summary>
public enum MaasProgress
{
    Allocated,
    Deploying,
    Deployed,
    FailedDeployment,
    Releasing,

    /// <summary>MAAS gave up releasing the machine; another release call may succeed.</summary>
    FailedReleasing,

    /// <summary>Broken, in rescue mode or in test: an operator is working on the machine.</summary>
    OutOfService,
}

/// <param name="Message">MAAS's status message.</param>
/// <param name="Locked">MAAS refuses to change the machine until an operator unlocks it.</param>
/// <param name="PowerState">The last power state in MAAS, up to five minutes old; a hint that never justifies a step.</param>
/// <param name="Hardware">The hardware facts that placement uses, as MAAS shows them now.</param>
/// <param name="Script">What MAAS was told of failures of the script that runs kubeadm, before the machine is a node.</param>
public sealed record MaasFacts(
    MaasProgress Progress,
    string Message,
    ValueList<string> Addresses,
    bool Locked = false,
    string PowerState = "unknown",
    Candidate? Hardware = null,
    NodeReport? Script = null
)
{
    /// <summary>What MAAS says beyond the name of the machine's status; empty when that is nothing.</summary>
    public string Detail { get; init; } = "";

    /// <summary>What MAAS says where <paramref name="known"/> is said already: its detail, or another status.</summary>
    public string Beyond(MaasProgress known) => Progress == known ? Detail : Message;

    /// <summary>Why the machine failed: what MAAS says beyond the status, or the status itself.</summary>
    public string Cause => Detail.Length > 0 ? Detail : Message;

    /// <summary>MAAS can neither ask for the machine's power nor switch it.</summary>
    public bool IsSwitchedByHand { get; init; }
}

/// <param name="Labelled">The node carries the pool's labels, annotations and taints, and none that we set earlier and no
/// longer want.</param>
/// <param name="Silent">The node's kubelet has stopped reporting.</param>
/// <param name="Problems">Pressure conditions on disk or memory, which a Ready node may have. The kubelet evicts pods by
/// itself then.</param>
/// <param name="AwaitsNetwork">The kubelet reports that no network plug-in has set up its machine.</param>
/// <param name="MarkedAsLeaving">The node carries Gantry's mark that Gantry cordoned it, and not a person.</param>
/// <param name="Joined">kubeadm has ended well: the node of a control plane carries the label that kubeadm sets at its end. Its
/// kubelet reports before that, while etcd may not have taken the member yet.</param>
public sealed record NodeFacts(
    string Name,
    bool Ready,
    bool Unschedulable,
    bool Labelled,
    string KubeletVersion,
    string Message = "",
    bool Silent = false,
    ValueList<string>? Problems = null,
    bool AwaitsNetwork = false,
    bool MarkedAsLeaving = false,
    bool Joined = true
);

/// <param name="Nodes">How many nodes the API server lists.</param>
public sealed record ApiFacts(int Nodes);

/// <param name="Host">Address or name that clients use.</param>
/// <param name="DnsAddresses">Addresses in the MAAS DNS record; empty for other kinds of endpoint.</param>
/// <param name="Taken">MAAS has confirmed the endpoint; until then it may or may not be ours.</param>
public sealed record EndpointFacts(string Host, int Port, ValueList<string> DnsAddresses, bool Taken = true)
{
    /// <summary>What MAAS shows of the endpoint against the ledger; <c>null</c> when it agrees.</summary>
    public EndpointProblem? Problem { get; init; }
}

/// <param name="Message">A clause for a blocker.</param>
public sealed record EndpointProblem(EndpointFault Fault, string Message);

public enum EndpointFault
{
    /// <summary>MAAS keeps the address for nobody that it names; it may be reserved again.</summary>
    ReservationGone,

    /// <summary>MAAS does not reserve the address again: somebody else has it.</summary>
    AddressTaken,

    /// <summary>The DNS record holds none of the cluster's addresses, now or before, and others.</summary>
    RecordTaken,
}
