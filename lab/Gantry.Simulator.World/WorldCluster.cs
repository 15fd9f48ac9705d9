using Gantry.Clusters.Model;
using Gantry.Engine.Ports;

namespace Gantry.Simulator.World;

/// <summary>The true state of one cluster: its etcd, its nodes and their pods.</summary>
public sealed class WorldCluster(ClusterId id)
{
    private IReadOnlyList<WorkloadNode>? _shown;

    public ClusterId Id { get; } = id;

    /// <summary>Incremented by each <c>kubeadm init</c>.</summary>
    public int Incarnation { get; private set; }

    public List<WorldEtcd> Etcd { get; } = [];

    public Dictionary<string, WorldNode> Nodes { get; } = new(StringComparer.Ordinal);

    /// <summary>The expiry of each bootstrap token.</summary>
    public Dictionary<string, DateTimeOffset> Tokens { get; } = new(StringComparer.Ordinal);

    /// <summary>Installed machines whose kubeadm is trying to join, in boot order.</summary>
    public List<WorldMachine> Waiting { get; } = [];

    public List<WorldApp> Apps { get; } = [];

    /// <summary>The applied manifests, in order.</summary>
    public List<string> Manifests { get; } = [];

    /// <summary>The objects of applied manifests that nobody has deleted, by their identity.</summary>
    public HashSet<AddonObject> Objects { get; } = [];

    public KubernetesVersion KubeadmVersion { get; set; }

    /// <summary>The arguments with which the next control plane starts its components.</summary>
    public ValueMap<string, ValueList<ExtraArg>> KubeadmArguments { get; private set; } = [];

    /// <summary>What the components of the next control plane see of its machine.</summary>
    public ValueMap<string, ValueList<ComponentVolume>> KubeadmVolumes { get; private set; } = [];

    /// <summary>The tag of the next member's image; empty where kubeadm chooses.</summary>
    public string EtcdImageTag { get; private set; } = "";

    public KubernetesVersion AddonVersion { get; set; }

    public string? DnsName { get; set; }

    /// <summary>The host of an endpoint that is given; <c>null</c> for other endpoints.</summary>
    public string? GivenHost { get; set; }

    /// <summary>Who serves the virtual IP; <c>null</c> for other endpoints.</summary>
    public WorldVirtualIp? VirtualIp { get; set; }

    /// <summary>
    /// The addresses that a person has put behind a given endpoint; <c>null</c> while somebody puts the right ones there in time.
    /// </summary>
    public HashSet<string>? Balancer { get; set; }

    /// <summary>When those addresses last became others.</summary>
    public DateTimeOffset BalancedAt { get; set; }

    /// <summary>Machines whose API server answers, though kubeadm init could not end through the endpoint.</summary>
    public List<WorldMachine> HalfInitialized { get; } = [];

    public bool HasNetwork { get; set; }

    /// <summary>All nodes were Ready once at the desired size, so the cluster may be in use.</summary>
    public bool WasComplete { get; set; }

    public int NextEtcdId { get; set; } = 1000;

    public int VotersNeeded => (Etcd.Count(member => member.Voting) / 2) + 1;

    /// <summary>Whether etcd has a quorum, so that the API server works.</summary>
    public bool Serves => Etcd.Count > 0 && Etcd.Count(member => member is { Voting: true, Healthy: true }) >= VotersNeeded;

    /// <summary>Machines whose API server is ready at their own address. One on a learner of etcd cannot read.</summary>
    public IEnumerable<WorldMachine> ApiServers =>
        Etcd.Where(member => member is { Healthy: true, Voting: true } && Serves)
            .Select(member => member.Machine)
            .Concat(HalfInitialized.Where(machine => machine.Runs));

    /// <summary>Whether the endpoint leads to the API server of this machine.</summary>
    public bool LeadsTo(WorldMachine machine) => GivenHost is null || Balancer is null || Balancer.Contains(machine.Address);

    /// <summary>Whether the endpoint leads to an API server that is ready.</summary>
    public bool IsReachable =>
        VirtualIp?.Answers
        ?? (GivenHost is null || Balancer is null || Etcd.Exists(member => member.Healthy && LeadsTo(member.Machine)));

    public void BeginAnew(KubeadmSettings settings, bool hasNetwork)
    {
        Incarnation++;
        HalfInitialized.Clear();
        Etcd.Clear();
        Nodes.Clear();
        Tokens.Clear();
        Apps.Clear();
        Manifests.Clear();
        Objects.Clear();
        KubeadmVersion = settings.Version;
        KubeadmArguments = settings.Arguments;
        KubeadmVolumes = settings.Volumes;
        EtcdImageTag = settings.EtcdImageTag ?? "";
        AddonVersion = settings.Version;
        HasNetwork = hasNetwork;
        WasComplete = false;
        Touch();
    }

    /// <summary>Writes settings into kubeadm's configuration; what is not named stays.</summary>
    public void Set(KubeadmSettings settings)
    {
        KubeadmArguments = Merged(KubeadmArguments, settings.Arguments);
        KubeadmVolumes = Merged(KubeadmVolumes, settings.Volumes);
        EtcdImageTag = settings.EtcdImageTag ?? EtcdImageTag;
    }

    private static ValueMap<string, ValueList<T>> Merged<T>(
        ValueMap<string, ValueList<T>> now,
        ValueMap<string, ValueList<T>> changed
    ) => [.. now.Where(one => !changed.ContainsKey(one.Key)), .. changed.Where(one => one.Value.Count > 0)];

    public void Touch() => _shown = null;

    public IReadOnlyList<WorkloadNode> Show() => _shown ??= [.. Nodes.Values.Select(node => node.Show())];

    public WorldEtcd? MemberOf(WorldMachine machine) => Etcd.Find(member => member.Machine == machine);
}

/// <summary>An etcd member. It is healthy while its system runs and its disk works.</summary>
public sealed class WorldEtcd(string id, WorldMachine machine)
{
    private readonly int _life = machine.Life;

    public string Id { get; } = id;

    public WorldMachine Machine { get; } = machine;

    public bool Voting { get; set; }

    public bool Leader { get; set; }

    /// <summary>What the member says of itself; <c>null</c> when it does not tell.</summary>
    public Version? Version { get; set; }

    /// <summary>The alarms that are raised: <c>NOSPACE</c>. The member goes on answering.</summary>
    public ValueList<string> Alarms { get; set; } = [];

    // A reboot keeps the disk; only a wipe starts another life.
    public bool Healthy => Machine.Runs && Machine.Life == _life && !Machine.EtcdSick;
}

public sealed class WorldNode(string name, WorldMachine machine)
{
    private const string ControlPlaneLabel = "node-role.kubernetes.io/control-plane";

    private WorkloadNode? _shown;

    public string Name { get; } = name;

    public WorldMachine Machine { get; } = machine;

    /// <summary>The machine's life in which the kubelet registered the node.</summary>
    public int Life { get; } = machine.Life;

    public required bool ControlPlane { get; init; }

    public required KubernetesVersion Version { get; init; }

    public bool Ready { get; private set; }

    public bool Silent { get; private set; }

    public bool AwaitsNetwork { get; private set; }

    public DateTimeOffset Since { get; private set; }

    public bool Unschedulable { get; private set; }

    // The kubelet registers itself with the provider id from our document.
    public string? ProviderId { get; } = $"maas:///{machine.Zone}/{machine.Id}";

    public IReadOnlyDictionary<string, string> Labels { get; private set; } = new Dictionary<string, string>();

    /// <summary>kubeadm has ended and marked the node of a control plane.</summary>
    public void MarkAsControlPlane()
    {
        Labels = new Dictionary<string, string>(Labels) { [ControlPlaneLabel] = "" };
        _shown = null;
    }

    public IReadOnlyDictionary<string, string> Annotations { get; private set; } = new Dictionary<string, string>();

    public ValueList<Taint> Taints { get; set; } = [];

    /// <summary>Whether the kubelet runs and reports to this object.</summary>
    public bool Reports => Machine.Runs && !Machine.KubeletStopped && Machine.Life == Life;

    public void Set(bool ready, bool silent, bool awaitsNetwork, DateTimeOffset now)
    {
        if (ready != Ready || silent != Silent || awaitsNetwork != AwaitsNetwork)
        {
            AwaitsNetwork = awaitsNetwork;
            Since = ready != Ready ? now : Since;
            Ready = ready;
            Silent = silent;
            _shown = null;
        }
    }

    public void TakeOver(WorldNode before)
    {
        Unschedulable = before.Unschedulable;
        Labels = before.Labels;
        Annotations = before.Annotations;
        Taints = before.Taints;
        Since = before.Since;
        _shown = null;
    }

    /// <param name="marked">By Gantry, which leaves its mark, and not by a person.</param>
    public void Cordon(bool cordoned, bool marked)
    {
        Unschedulable = cordoned;
        var annotations = new Dictionary<string, string>(Annotations);
        annotations.Remove(NodeMetadataCheck.LeavingAnnotation);
        if (marked)
        {
            annotations[NodeMetadataCheck.LeavingAnnotation] = "true";
        }

        Annotations = annotations;
        _shown = null;
    }

    /// <summary>
    /// Sets the metadata; entries of an earlier call that are no longer wanted are removed, as the engine's port requires.
    /// </summary>
    public void Mark(NodeMetadata metadata)
    {
        Labels =
            Labels.ContainsKey(ControlPlaneLabel) && !metadata.Labels.ContainsKey(ControlPlaneLabel)
                ? new Dictionary<string, string>(metadata.Labels) { [ControlPlaneLabel] = "" }
                : metadata.Labels;
        var annotations = new Dictionary<string, string>(metadata.Annotations)
        {
            [NodeMetadataCheck.Annotation] = NodeMetadataCheck.Serialize(metadata),
        };
        if (Annotations.TryGetValue(NodeMetadataCheck.LeavingAnnotation, out var leaving))
        {
            annotations[NodeMetadataCheck.LeavingAnnotation] = leaving;
        }

        Annotations = annotations;
        Taints = metadata.Schedulable switch
        {
            null => [.. metadata.Taints, .. Taints.Where(NodeMetadataCheck.IsOfKubeadm)],
            false => [.. metadata.Taints, NodeMetadataCheck.ControlPlaneTaint],
            true => metadata.Taints,
        };
        _shown = null;
    }

    public WorkloadNode Show() =>
        _shown ??= new WorkloadNode
        {
            Name = Name,
            Ready = Ready,
            Message =
                Ready ? "kubelet is posting ready status"
                : Silent ? "Kubelet stopped posting node status."
                : "container runtime network not ready",
            Unschedulable = Unschedulable,
            ProviderId = ProviderId,
            KubeletVersion = $"v{Version}",
            Silent = Silent,
            AwaitsNetwork = AwaitsNetwork,
            ReadySince = Since,
            Taints = Taints,
            Labels = Labels,
            Annotations = Annotations,
        };
}

/// <summary>Pods of one kind with a disruption budget of one.</summary>
public sealed class WorldApp(string name, int replicas)
{
    public string Name { get; } = name;

    public int Replicas { get; } = replicas;

    /// <summary>The node of each pod, <c>null</c> while pending, and since when the pod is ready there.</summary>
    public List<WorldPod> Pods { get; } = [.. Enumerable.Range(0, replicas).Select(_ => new WorldPod())];

    /// <summary>A finalizer that nobody removes keeps its pods: told to end, they stay on their node.</summary>
    public bool NeverEnds { get; set; }

    /// <summary>When the pod disruption budget stops blocking the eviction.</summary>
    public DateTimeOffset? PatienceUntil { get; set; }
}

public sealed class WorldPod
{
    public string? Node { get; set; }

    public DateTimeOffset ReadyAt { get; set; }
}
