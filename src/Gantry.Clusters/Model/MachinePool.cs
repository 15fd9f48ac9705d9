namespace Gantry.Clusters.Model;

public enum PoolRole
{
    ControlPlane,
    Worker,
}

/// <summary>A number of like machines with one role.</summary>
public sealed record MachinePool
{
    public const int MostMachines = 1000;

    /// <summary>Unique within its cluster.</summary>
    public required DnsLabel Name { get; init; }

    public required PoolRole Role { get; init; }

    public required int Size { get; init; }

    public PoolPlacement Placement { get; init; } = new();

    public ValueMap<LabelKey, LabelValue> Labels { get; init; } = [];

    public ValueMap<LabelKey, string> Annotations { get; init; } = [];

    public ValueList<Taint> Taints { get; init; } = [];

    /// <summary>Control planes take ordinary workload too: they carry no control-plane taint.</summary>
    public bool AlsoWorker { get; init; }

    public RollingUpdate RollingUpdate { get; init; } = RollingUpdate.ExpandFirst;

    public ErasePolicy Erase { get; init; } = ErasePolicy.None;

    /// <summary>
    /// Whether etcd on that many control planes can keep a quorum well: an even number is no safer than one less.
    /// </summary>
    public static bool IsControlPlaneSize(int size) => size is 1 or 3 or 5;

    /// <summary>The least time between two replacements in this pool while it is rolled.</summary>
    public TimeSpan RepaveInterval { get; init; }
}

/// <summary>Which machines a pool may take. All given constraints must hold.</summary>
public sealed record PoolPlacement
{
    /// <summary>MAAS resource pool; <c>null</c> or empty means any pool the account may see.</summary>
    public string? ResourcePool { get; init; }

    /// <summary>MAAS zones the pool is spread over; empty means any.</summary>
    public ValueList<string> Zones { get; init; } = [];

    public int MinCpu { get; init; }

    public int MinMemoryMiB { get; init; }

    /// <summary>Of the largest disk, in GB of 10^9 bytes as MAAS counts.</summary>
    public int MinDiskGB { get; init; }

    /// <summary>As MAAS names it, for example <c>amd64</c>; <c>null</c> means what the image is for.</summary>
    public string? Architecture { get; init; }

    /// <summary>A machine must carry all of them.</summary>
    public ValueList<string> Tags { get; init; } = [];

    /// <summary>A machine must carry none of them.</summary>
    public ValueList<string> NotTags { get; init; } = [];
}

/// <param name="MaxSurge">Machines above the size while rolling.</param>
/// <param name="MaxUnavailable">Machines below the size while rolling.</param>
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
