using System.Text.Json.Serialization;

namespace Gantry.Clusters.Model;

/// <summary>
/// What a cluster should be. The console writes it, the gateway receives it, the planner compares it with what is.
/// </summary>
public sealed record ClusterSpec
{
    public required ClusterId Id { get; init; }

    /// <summary>Unique within its project.</summary>
    public required DnsLabel Name { get; init; }

    public required AccountId Account { get; init; }

    /// <summary>Raised by every change of the desired state; status names the generation it speaks of.</summary>
    public long Generation { get; init; } = 1;

    /// <summary>When the cluster was asked for. Requests are served in this order.</summary>
    public DateTimeOffset CreatedAt { get; init; }

    public required KubernetesVersion KubernetesVersion { get; init; }

    /// <summary>The image that MAAS deploys.</summary>
    public required ImageName Image { get; init; }

    public required EndpointChoice Endpoint { get; init; }

    public ClusterNetwork Network { get; init; } = new();

    public NodeEnvironment Nodes { get; init; } = new();

    public required ValueList<MachinePool> Pools { get; init; }

    /// <summary>
    /// Manifests applied once the API server answers, in this order: network first, then storage, then add-ons.
    /// </summary>
    public AddonLayers Addons { get; init; } = [];

    public bool UpdateWorkerPoolsInParallel { get; init; }

    /// <summary>Whether machines that fell silent are power-cycled and replaced without a person.</summary>
    public bool AutoRepair { get; init; } = true;

    /// <summary><see cref="RepaveNeed.Hash"/> of the repave that a person has agreed to.</summary>
    public string? ApprovedRepave { get; init; }

    /// <summary>Control planes that joined before this moment are replaced, and their certificates with them.</summary>
    public DateTimeOffset? RenewCertificatesOlderThan { get; init; }

    /// <summary>
    /// Machines that a person wants replaced by others; those that are not of the cluster (any more) do not matter.
    /// </summary>
    public ValueList<SystemId> Replace { get; init; } = [];

    /// <summary>
    /// How long a planned drain waits for pods that do not let themselves be evicted, and for volumes that stay attached; zero
    /// waits for ever.
    /// </summary>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.Zero;

    /// <summary>Set when the cluster is to go away.</summary>
    public Deletion? Deletion { get; init; }

    [JsonIgnore]
    public MachinePool ControlPlane => Pools.First(pool => pool.Role is PoolRole.ControlPlane);

    [JsonIgnore]
    public IEnumerable<MachinePool> Workers => Pools.Where(pool => pool.Role is PoolRole.Worker);
}

/// <param name="Force">Give up on what cannot be given back, after naming it; see <see cref="ForceAfter"/>.</param>
/// <param name="Drain">Evict the pods of every node before its machine is given back.</param>
public sealed record Deletion(DateTimeOffset RequestedAt, bool Force = false, bool Drain = false)
{
    /// <summary>How long a deletion must have been under way before it may be forced.</summary>
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

    /// <summary>A virtual IP served by kube-vip and reserved in MAAS so that MAAS hands it to nobody.</summary>
    /// <param name="Subnet">CIDR or name of the MAAS subnet; <c>null</c> takes the subnet of the first control plane.</param>
    /// <param name="Address">A certain address of that subnet; <c>null</c> lets MAAS choose.</param>
    public sealed record VirtualIp(string? Subnet = null, IpAddress? Address = null) : EndpointChoice;

    /// <summary>A MAAS DNS record that points at all control planes.</summary>
    /// <param name="Domain">A domain that MAAS serves.</param>
    public sealed record MaasDns(DnsName Domain) : EndpointChoice;

    /// <summary>An address or name that the operator keeps pointing at the control planes.</summary>
    public sealed record Given(HostAddress Host, int Port = 6443) : EndpointChoice;
}

public sealed record ClusterNetwork
{
    public Cidr PodCidr { get; init; } = Cidr.Parse("192.168.0.0/16");

    public Cidr ServiceCidr { get; init; } = Cidr.Parse("10.96.0.0/12");

    public string DnsDomain { get; init; } = "cluster.local";
}

/// <summary>What is written to every node beside Kubernetes itself.</summary>
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
