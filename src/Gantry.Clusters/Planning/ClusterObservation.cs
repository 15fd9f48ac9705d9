using Gantry.Clusters.Model;

namespace Gantry.Clusters.Planning;

/// <summary>Everything known about one cluster at one moment: ledger, MAAS and its own API server.</summary>
public sealed record ClusterObservation
{
    public static ClusterObservation Nothing { get; } = new();

    public IReadOnlyList<MemberObservation> Members { get; init; } = [];

    /// <summary>The reserved address or the recorded name; <c>null</c> before there is one.</summary>
    public EndpointFacts? Endpoint { get; init; }

    /// <summary>Set once, when the first API server answered with kubeadm's configuration in it.</summary>
    public bool Initialized { get; init; }

    /// <summary>Every node was Ready once, so that people may have put their work on it.</summary>
    public bool Formed { get; init; }

    /// <summary>
    /// Absent before the first API server answered, and when a cluster that was never formed has been silent for longer
    /// than <see cref="Limits.SilentBeforeRebootstrap"/> while MAAS answers; otherwise silence is unknown.
    /// </summary>
    public Observation<ApiFacts> Api { get; init; } = new Observation<ApiFacts>.Absent();

    /// <summary><see cref="AddonLayers.Digest"/> of the manifests that were applied last.</summary>
    public string? AppliedAddons { get; init; }

    /// <summary>
    /// The Kubernetes version that the whole control plane has reached; <c>null</c> before the first one serves.
    /// </summary>
    public KubernetesVersion? Version { get; init; }

    /// <summary>The version in kubeadm's configuration in the cluster: what the next control plane must have to join.</summary>
    public KubeadmVersionState? KubeadmVersion { get; init; }

    /// <summary>Looked at only while control planes come, go or are not Ready.</summary>
    public Observation<EtcdFacts> Etcd { get; init; } = new Observation<EtcdFacts>.Unknown("nobody has asked etcd yet");

    /// <summary>Nodes with a provider id of ours whose machine is not of this cluster any more.</summary>
    public IReadOnlyList<string> OrphanNodes { get; init; } = [];

    /// <summary>The revision of the form in which nodes are set up now.</summary>
    public string Template { get; init; } = "";

    /// <summary>When a machine of a pool was last taken away to be replaced.</summary>
    public ValueMap<DnsLabel, DateTimeOffset> LastRepaved { get; init; } = [];

    /// <summary>The cluster is to go away: its nodes are not looked at any more.</summary>
    public bool Ends { get; init; }

    /// <summary>How long the API server of an initialized cluster has been silent; <c>null</c> while it answers.</summary>
    public TimeSpan? SilentFor { get; init; }

    /// <summary>Why no machine of this gateway may be repaired now; <c>null</c> when they may.</summary>
    public string? RepairsHeldUp { get; init; }

    /// <summary>Whether MAAS has the image the cluster asks for.</summary>
    public Observation<ImageName> Image { get; init; } = new Observation<ImageName>.Unknown("nobody has asked MAAS yet");

    /// <summary>Pools whose machines have failed to become nodes as they are to be installed now.</summary>
    public IReadOnlyList<InstallFailure> InstallFailures { get; init; } = [];
}

/// <param name="Machines">How many machines failed like that and are in quarantine for it, while none has succeeded.</param>
/// <param name="Last">What the last of them failed of.</param>
public sealed record InstallFailure(DnsLabel Pool, int Machines, string Last);

/// <param name="Maas">What MAAS shows of the machine; absent when it shows that the machine is not ours.</param>
/// <param name="Node">What the cluster's API server shows of its node.</param>
public sealed record MemberObservation(Member Member, Observation<MaasFacts> Maas, Observation<NodeFacts> Node)
{
    public SystemId Id => Member.Machine;
}

/// <summary>How far MAAS is with a machine of ours.</summary>
public enum MaasProgress
{
    Allocated,
    Deploying,
    Deployed,
    FailedDeployment,
    Releasing,

    /// <summary>MAAS gave up releasing it; asking again may help.</summary>
    FailedReleasing,

    /// <summary>Broken, in rescue mode, in test: a person is at work on it.</summary>
    OutOfService,
}

/// <param name="Message">MAAS's own words of what happens.</param>
/// <param name="Locked">MAAS refuses to change it until somebody unlocks it.</param>
/// <param name="PowerState">As MAAS saw it last, up to five minutes ago; a hint, never the ground of an act.</param>
/// <param name="Hardware">What placement looks at, as MAAS shows it now.</param>
public sealed record MaasFacts(
    MaasProgress Progress,
    string Message,
    ValueList<string> Addresses,
    bool Locked = false,
    string PowerState = "unknown",
    Candidate? Hardware = null
);

/// <param name="Labelled">The pool's labels, annotations and taints are on the node, and nothing that we put there is left
/// over.</param>
/// <param name="Silent">Its kubelet has stopped reporting.</param>
/// <param name="Problems">What it complains of though it may be Ready: pressure on disk or memory. The kubelet evicts pods by
/// itself then.</param>
public sealed record NodeFacts(
    string Name,
    bool Ready,
    bool Unschedulable,
    bool Labelled,
    string KubeletVersion,
    string Message = "",
    bool Silent = false,
    ValueList<string>? Problems = null
);

/// <param name="Nodes">How many nodes the API server lists.</param>
public sealed record ApiFacts(int Nodes);

/// <param name="Host">Address or name that clients use.</param>
/// <param name="DnsAddresses">What the MAAS DNS record points at; empty for other kinds.</param>
/// <param name="Taken">MAAS has confirmed it; until then it may or may not be ours.</param>
public sealed record EndpointFacts(string Host, int Port, ValueList<string> DnsAddresses, bool Taken = true);
