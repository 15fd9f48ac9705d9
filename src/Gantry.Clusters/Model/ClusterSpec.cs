using System.Text.Json.Serialization;

namespace Gantry.Clusters.Model;

/// <summary>
/// The desired state of a cluster. The console writes it, the gateway receives it, the planner compares it with the
/// observation.
/// </summary>
public sealed record ClusterSpec
{
    public required ClusterId Id { get; init; }

    /// <summary>Unique within its project.</summary>
    public required DnsLabel Name { get; init; }

    public required AccountId Account { get; init; }

    /// <summary>Raised by every change of the desired state; a status names the generation it observed.</summary>
    public long Generation { get; init; } = 1;

    /// <summary>When the cluster was created. Machine requests are served in this order.</summary>
    public DateTimeOffset CreatedAt { get; init; }

    public required KubernetesVersion KubernetesVersion { get; init; }

    /// <summary>The image that MAAS deploys. It holds Kubernetes, unless it is <see cref="StockImage"/>.</summary>
    public required ImageName Image { get; init; }

    /// <summary>
    /// An image without Kubernetes, on which machines install packages: deployed where MAAS lacks <see cref="Image"/>. <c>null</c>
    /// when no machine installs packages.
    /// </summary>
    public ImageName? StockImage { get; init; }

    public required EndpointChoice Endpoint { get; init; }

    public ClusterNetwork Network { get; init; } = new();

    public NodeEnvironment Nodes { get; init; } = new();

    public required ValueList<MachinePool> Pools { get; init; }

    /// <summary>
    /// Manifests applied once the API server answers, in this order: network first, then storage, then add-ons.
    /// </summary>
    public AddonLayers Addons { get; init; } = [];

    public bool UpdateWorkerPoolsInParallel { get; init; }

    /// <summary>Whether silent machines are power-cycled and replaced automatically.</summary>
    public bool AutoRepair { get; init; } = true;

    /// <summary><see cref="RepaveNeed.Hash"/> of the approved repave.</summary>
    public string? ApprovedRepave { get; init; }

    /// <summary>Control planes that joined before this moment are replaced, which renews their certificates.</summary>
    public DateTimeOffset? RenewCertificatesOlderThan { get; init; }

    /// <summary>
    /// Machines that an operator wants replaced; machines that are not (or no longer) of the cluster are ignored.
    /// </summary>
    public ValueList<SystemId> Replace { get; init; } = [];

    /// <summary>
    /// How long a planned drain waits for pods that cannot be evicted or do not end, and for volumes that stay attached; zero
    /// waits without limit. A pool may have a limit of its own.
    /// </summary>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.Zero;

    /// <summary>Set when the cluster is to be deleted.</summary>
    public Deletion? Deletion { get; init; }

    /// <summary>Set while the control planes get another etcd before an upgrade; see <see cref="EtcdRoll.Apply"/>.</summary>
    [JsonIgnore]
    public EtcdRoll? EtcdRoll { get; init; }

    /// <summary>Whether a machine with <see cref="Image"/> installs Kubernetes from packages.</summary>
    [JsonIgnore]
    public bool InstallsPackages => Image == StockImage;

    [JsonIgnore]
    public MachinePool ControlPlane => Pools.First(pool => pool.Role is PoolRole.ControlPlane);

    [JsonIgnore]
    public IEnumerable<MachinePool> Workers => Pools.Where(pool => pool.Role is PoolRole.Worker);
}

/// <param name="Force">Finish without the resources that could not be released, after listing them; see <see
/// cref="ForceAfter"/>.</param>
/// <param name="Drain">Drain every node before its machine is released.</param>
public sealed record Deletion(DateTimeOffset RequestedAt, bool Force = false, bool Drain = false)
{
    /// <summary>How long a deletion must run before it may be forced.</summary>
    public static TimeSpan ForceAfter { get; } = TimeSpan.FromMinutes(15);
}

/// <summary>How clients and nodes reach the API server.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(VirtualIp), "virtualIp")]
[JsonDerivedType(typeof(MaasDns), "maasDns")]
[JsonDerivedType(typeof(Given), "given")]
public abstract record EndpointChoice
{
    private EndpointChoice() { }

    /// <summary>A virtual IP served by kube-vip and reserved in MAAS, so that MAAS does not assign it.</summary>
    /// <param name="Subnet">CIDR or name of the MAAS subnet; <c>null</c> takes the subnet of the first control plane.</param>
    /// <param name="Address">A fixed address of that subnet; <c>null</c> lets MAAS choose.</param>
    public sealed record VirtualIp(string? Subnet = null, IpAddress? Address = null) : EndpointChoice;

    /// <summary>A MAAS DNS record that points at all control planes.</summary>
    /// <param name="Domain">A domain that MAAS serves.</param>
    public sealed record MaasDns(DnsName Domain) : EndpointChoice;

    /// <summary>An address or name that the operator keeps pointing at the control planes.</summary>
    public sealed record Given(HostAddress Host, int Port = 6443) : EndpointChoice;
}

public sealed record ClusterNetwork
{
    /// <summary>
    /// A part of the shared address space (RFC 6598), which machine networks rarely use, with a /24 for each of 1,024 nodes.
    /// A stored cluster carries the network that it was created with.
    /// </summary>
    public Cidr PodCidr { get; init; } = Cidr.Parse("100.64.0.0/14");

    /// <summary>The default of kubeadm.</summary>
    public Cidr ServiceCidr { get; init; } = Cidr.Parse("10.96.0.0/12");

    public string DnsDomain { get; init; } = "cluster.local";
}

/// <summary>Node settings outside Kubernetes.</summary>
public sealed record NodeEnvironment
{
    public ProxySettings? Proxy { get; init; }

    public ValueList<RegistryMirror> RegistryMirrors { get; init; } = [];

    public ValueList<string> NtpServers { get; init; } = [];

    public ValueList<string> SshKeys { get; init; } = [];

    /// <summary>Shell lines run before kubeadm, in order.</summary>
    public ValueList<string> PreKubeadmCommands { get; init; } = [];

    /// <summary>Shell lines run after kubeadm, in order, also when it failed.</summary>
    public ValueList<string> PostKubeadmCommands { get; init; } = [];

    public ValueList<NodeFile> Files { get; init; } = [];

    /// <summary>
    /// Extra arguments by component: <c>apiServer</c>, <c>controllerManager</c>, <c>scheduler</c>, <c>kubelet</c>, <c>etcd</c>.
    /// </summary>
    public ValueMap<string, ValueList<ExtraArg>> ExtraArgs { get; init; } = [];

    /// <summary>
    /// What the components of the control plane see of the machine beside what kubeadm mounts, by component: <c>apiServer</c>,
    /// <c>controllerManager</c>, <c>scheduler</c>.
    /// </summary>
    public ValueMap<string, ValueList<ComponentVolume>> ExtraVolumes { get; init; } = [];

    /// <summary>The tag of etcd's image, for example <c>3.6.14-0</c>; <c>null</c> leaves it to kubeadm.</summary>
    public string? EtcdImageTag { get; init; }

    /// <summary>
    /// The tag with which control planes are replaced before an upgrade that needs another patch of etcd first; <c>null</c> leaves
    /// it to Gantry, <see cref="EtcdRoll.Off"/> makes no such roll.
    /// </summary>
    public string? EtcdUpgradeImageTag { get; init; }

    /// <summary>
    /// The network of nodes whose machines have several, where neither their pool nor the endpoint's address decides it. A machine
    /// without an address there keeps that of its default route.
    /// </summary>
    public NetworkSelector? Subnet { get; init; }

    /// <summary>Where packages come from, for machines that install them; <c>null</c> for the public ones.</summary>
    public PackageSources? Packages { get; init; }
}

public sealed record ProxySettings(string? Http, string? Https, ValueList<string> NoProxy);

/// <param name="Registry">The registry that images name, for example <c>docker.io</c>.</param>
/// <param name="Endpoints">URLs asked instead, in order.</param>
public sealed record RegistryMirror(string Registry, ValueList<string> Endpoints, string? CaPem = null);

/// <param name="Permissions">Octal, as <c>0644</c>.</param>
/// <param name="TemplateOnNode">Whether the node expands Jinja in the content.</param>
public sealed record NodeFile(
    string Path,
    string Content,
    string Permissions = "0644",
    string Owner = "root:root",
    bool TemplateOnNode = false
);

public sealed record ExtraArg(string Name, string Value);
