using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Gantry.Api;

/// <summary>Version and kinds of documents.</summary>
public static class DocumentKinds
{
    public const string Cluster = "Cluster";
    public const string ClusterProfile = "ClusterProfile";
}

/// <summary>The one version of the form of documents.</summary>
public static class DocumentVersions
{
    public const string V1 = "gantry.dev/v1";
}

/// <summary>
/// A cluster as a file: all that its owner decides, by names and never by uids. What it leaves out has its default. It holds no secret:
/// accounts are named, and SSH keys are public ones.
/// </summary>
[Description("A Kubernetes cluster on machines that MAAS manages.")]
public sealed record ClusterDocument
{
    [Description("Version of the form of the document.")]
    [OneOf(typeof(DocumentVersions))]
    [Required]
    public string? ApiVersion { get; init; }

    [Description("Kind of the document.")]
    [OneOf(typeof(ClusterKind))]
    [Required]
    public string? Kind { get; init; }

    [Required]
    public DocumentMeta? Metadata { get; init; }

    [Required]
    public ClusterDocumentSpec? Spec { get; init; }
}

/// <summary>The kind of <see cref="ClusterDocument"/>.</summary>
public static class ClusterKind
{
    public const string Value = DocumentKinds.Cluster;
}

/// <summary>The kind of <see cref="ClusterProfileDocument"/>.</summary>
public static class ClusterProfileKind
{
    public const string Value = DocumentKinds.ClusterProfile;
}

[Description("Name and labels of an object.")]
public sealed record DocumentMeta
{
    [Description("Name, unique among the objects of its kind in the project.")]
    [Required]
    public string? Name { get; init; }

    [Description("Labels (tags) of the object.")]
    public IReadOnlyDictionary<string, string>? Labels { get; init; }

    [Description("Annotations of the object.")]
    public IReadOnlyDictionary<string, string>? Annotations { get; init; }
}

[Description("The desired state of a cluster.")]
public sealed record ClusterDocumentSpec
{
    [Description("Name of the cloud account; it cannot change.")]
    [Required]
    public string? Account { get; init; }

    [Description("Cluster profiles, the one with the operating system and Kubernetes first.")]
    [Required]
    public IReadOnlyList<ProfileUse>? Profiles { get; init; }

    [Description("Kubernetes version in place of the profile's: 1.36.5.")]
    public string? Kubernetes { get; init; }

    [Description(
        "API endpoint: vip (default), vip:ADDRESS, dns:DOMAIN, or HOST:PORT of your own load balancer; it cannot change."
    )]
    public string? Endpoint { get; init; }

    [Description("SSH public keys for the nodes.")]
    public IReadOnlyList<string>? SshKeys { get; init; }

    [Description("Time servers of the nodes beside those of the profile.")]
    public IReadOnlyList<string>? NtpServers { get; init; }

    [Description(
        "Seconds after which a leaving node is drained no longer, whatever is left on it; without it there is no limit."
    )]
    public int? DrainTimeoutSeconds { get; init; }

    [Description("Whether worker pools are rolled side by side.")]
    public bool? UpdateWorkerPoolsInParallel { get; init; }

    [Description("Machine pools; exactly one is the control plane.")]
    [Required]
    public IReadOnlyList<PoolDocument>? Pools { get; init; }
}

[Description("A cluster profile that a cluster uses.")]
public sealed record ProfileUse
{
    [Description("Profile and version, NAME:VERSION.")]
    [Required]
    public string? Name { get; init; }

    [Description("The cluster's own settings of single packs.")]
    public IReadOnlyList<PackOverride>? Packs { get; init; }
}

[Description("A cluster's own settings of a pack.")]
public sealed record PackOverride
{
    [Description("Name of a pack of the profile.")]
    [Required]
    public string? Name { get; init; }

    [Description("Version of the pack in place of the profile's.")]
    public string? Tag { get; init; }

    [Description("Values (YAML) in place of the profile's.")]
    public string? Values { get; init; }

    [Description("Manifests in place of the profile's of the same name.")]
    public IReadOnlyList<ManifestDocument>? Manifests { get; init; }
}

[Description("Kubernetes objects.")]
public sealed record ManifestDocument
{
    [Description("Name of the manifest.")]
    [Required]
    public string? Name { get; init; }

    [Description("Kubernetes objects as YAML.")]
    [Required]
    public string? Content { get; init; }
}

[Description("A machine pool.")]
public sealed record PoolDocument
{
    [Description("Name of the pool; it cannot change.")]
    [Required]
    public string? Name { get; init; }

    [Description("Whether this pool is the control plane.")]
    public bool? ControlPlane { get; init; }

    [Description("Number of machines; 1, 3 or 5 for the control plane.")]
    [Required]
    public int? Size { get; init; }

    [Description("Whether control planes run ordinary workload.")]
    public bool? Schedulable { get; init; }

    [Description("Minimum CPUs of a machine.")]
    public int? MinCpu { get; init; }

    [Description("Minimum memory of a machine in MiB.")]
    public int? MinMemoryMiB { get; init; }

    [Description("Minimum size of the machine's largest disk in GB.")]
    public int? MinDiskGB { get; init; }

    [Description("Zones to take machines from; any when left out.")]
    public IReadOnlyList<string>? Zones { get; init; }

    [Description("MAAS resource pool to take machines from.")]
    public string? ResourcePool { get; init; }

    [Description("MAAS tags that machines must carry.")]
    public IReadOnlyList<string>? Tags { get; init; }

    [Description("MAAS tags that machines must not carry.")]
    public IReadOnlyList<string>? NotTags { get; init; }

    [Description("Architecture in MAAS: amd64.")]
    public string? Architecture { get; init; }

    [Description(
        "Network in which machines have an address and nodes theirs: subnet's CIDR or name in MAAS, space:NAME or tag:NAME of an interface."
    )]
    public string? Subnet { get; init; }

    [Description("Labels of the pool's nodes.")]
    public IReadOnlyDictionary<string, string>? Labels { get; init; }

    [Description("Annotations of the pool's nodes.")]
    public IReadOnlyDictionary<string, string>? Annotations { get; init; }

    [Description("Taints of the pool's nodes.")]
    public IReadOnlyList<TaintDocument>? Taints { get; init; }

    public RollingUpdateDocument? RollingUpdate { get; init; }

    [Description("Minimum seconds between two replacements of machines of a worker pool.")]
    public int? RepaveIntervalSeconds { get; init; }

    [Description("Seconds after which a leaving node of this pool is drained no longer; 0 has no limit.")]
    public int? DrainTimeoutSeconds { get; init; }

    [Description("How MAAS erases the disks of a released machine.")]
    [OneOf(typeof(ErasePolicies))]
    public string? Erase { get; init; }
}

[Description("A taint of nodes.")]
public sealed record TaintDocument
{
    [Description("Key of the taint.")]
    [Required]
    public string? Key { get; init; }

    [Description("Value of the taint.")]
    public string? Value { get; init; }

    [Description("What the taint does to pods without a toleration.")]
    [OneOf(typeof(TaintEffects))]
    [Required]
    public string? Effect { get; init; }
}

[Description("How a pool is rolled; without it one machine is added before another leaves.")]
public sealed record RollingUpdateDocument
{
    [Description("Machines beyond the size, a number or a share such as 25%.")]
    public string? MaxSurge { get; init; }

    [Description("Machines that may be missing, a number or a share such as 25%.")]
    public string? MaxUnavailable { get; init; }
}
