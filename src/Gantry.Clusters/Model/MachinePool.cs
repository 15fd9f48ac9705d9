namespace Gantry.Clusters.Model;

public enum PoolRole
{
    ControlPlane,
    Worker,
}

/// <summary>A set of machines with one role and one placement.</summary>
public sealed record MachinePool
{
    public const int MostMachines = 1000;

    /// <summary>
    /// Bytes of the keys and values of a pool's annotations. Kubernetes takes 256 KiB for an object, and a node carries others.
    /// </summary>
    public const int MostAnnotationBytes = 192 * 1024;

    /// <summary>Unique within its cluster.</summary>
    public required DnsLabel Name { get; init; }

    public required PoolRole Role { get; init; }

    public required int Size { get; init; }

    public PoolPlacement Placement { get; init; } = new();

    public ValueMap<LabelKey, LabelValue> Labels { get; init; } = [];

    public ValueMap<LabelKey, string> Annotations { get; init; } = [];

    public ValueList<Taint> Taints { get; init; } = [];

    /// <summary>Control planes also run ordinary workloads: they carry no control-plane taint.</summary>
    public bool AlsoWorker { get; init; }

    public RollingUpdate RollingUpdate { get; init; } = RollingUpdate.ExpandFirst;

    public ErasePolicy Erase { get; init; } = ErasePolicy.None;

    /// <summary>
    /// Whether a control plane may have this size: an even number of etcd members tolerates no more failures than one less.
    /// </summary>
    public static bool IsControlPlaneSize(int size) => size is 1 or 3 or 5;

    /// <summary>The minimum time between two replacements in this pool.</summary>
    public TimeSpan RepaveInterval { get; init; }

    /// <summary>
    /// <see cref="ClusterSpec.DrainTimeout"/> of this pool's nodes; <c>null</c> takes that of the cluster, zero waits without limit.
    /// </summary>
    public TimeSpan? DrainTimeout { get; init; }
}

/// <summary>The constraints on the machines of a pool. All of them must hold.</summary>
public sealed record PoolPlacement
{
    /// <summary>MAAS resource pool; <c>null</c> or empty means any pool the account may see.</summary>
    public string? ResourcePool { get; init; }

    /// <summary>MAAS zones the pool is spread over; empty means any.</summary>
    public ValueList<string> Zones { get; init; } = [];

    public int MinCpu { get; init; }

    public int MinMemoryMiB { get; init; }

    /// <summary>Minimum size of the largest disk, in MAAS's GB of 10^9 bytes.</summary>
    public int MinDiskGB { get; init; }

    /// <summary>The architecture's name in MAAS, for example <c>amd64</c>; <c>null</c> means that of the image.</summary>
    public string? Architecture { get; init; }

    /// <summary>Tags that a machine must all have.</summary>
    public ValueList<string> Tags { get; init; } = [];

    /// <summary>Tags that a machine must not have.</summary>
    public ValueList<string> NotTags { get; init; } = [];

    /// <summary>
    /// The network in which a machine must have an address, and in which its node is; <c>null</c> means any, and the node is where
    /// <see cref="Planning.NodeNetwork"/> says.
    /// </summary>
    public NetworkSelector? Subnet { get; init; }
}

/// <param name="MaxSurge">Machines above the size during a rolling replacement.</param>
/// <param name="MaxUnavailable">Machines below the size during a rolling replacement.</param>
public sealed record RollingUpdate(int MaxSurge, int MaxUnavailable)
{
    public static RollingUpdate ExpandFirst { get; } = new(1, 0);

    public static RollingUpdate ContractFirst { get; } = new(0, 1);
}

/// <summary>What MAAS does to the disks on release.</summary>
public enum ErasePolicy
{
    None,
    Quick,
    Secure,
    Full,
}
