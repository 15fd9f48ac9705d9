namespace Gantry.Lab.Maas.Rows;

/// <summary>A machine as the region remembers it.</summary>
public sealed record MachineRow
{
    /// <summary>Order of lists.</summary>
    public required int Id { get; init; }

    public required string SystemId { get; init; }

    public required string Hostname { get; init; }

    public string Description { get; init; } = "";

    public int DomainId { get; init; }

    public string Architecture { get; init; } = "amd64/generic";

    public int CpuCount { get; init; }

    public int CpuSpeed { get; init; }

    /// <summary>MiB.</summary>
    public int Memory { get; init; }

    public long? SwapSize { get; init; }

    public IReadOnlyList<DiskRow> Disks { get; init; } = [];

    public IReadOnlyList<NicRow> Nics { get; init; } = [];

    public int ZoneId { get; init; } = 1;

    public int PoolId { get; init; }

    public IReadOnlyList<string> Tags { get; init; } = [];

    public int Status { get; init; } = MachineStatus.Ready;

    /// <summary>What it was before a state that ends in going back.</summary>
    public int PreviousStatus { get; init; }

    public string? Owner { get; init; }

    public string AgentName { get; init; } = "";

    public IReadOnlyDictionary<string, string> OwnerData { get; init; } =
        new SortedDictionary<string, string>(StringComparer.Ordinal);

    public bool Locked { get; init; }

    public string Osystem { get; init; } = "";

    public string DistroSeries { get; init; } = "";

    public string? HweKernel { get; init; }

    public string MinHweKernel { get; init; } = "";

    public string PowerType { get; init; } = "ipmi";

    /// <summary>As MAAS shows it: what its BMC said when it was asked last.</summary>
    public string PowerState { get; init; } = "off";

    /// <summary>Whether it really has power, where that may differ from what MAAS shows; null: it does not differ.</summary>
    public bool? ReallyOn { get; init; }

    /// <summary>What its BMC answers instead of the truth: <c>unknown</c> or <c>error</c>; empty for the truth.</summary>
    public string BmcAnswers { get; init; } = "";

    public string? StatusMessage { get; init; }

    public string ErrorDescription { get; init; } = "";

    public bool Netboot { get; init; } = true;

    public bool EphemeralDeploy { get; init; }

    public bool EnableHwSync { get; init; }

    public bool Commissioned { get; init; } = true;

    public string? BiosBootMethod { get; init; }

    public IReadOnlyDictionary<string, string> HardwareInfo { get; init; } = new Dictionary<string, string>();

    /// <summary>Where it is on the way that its status has begun.</summary>
    public int Stage { get; init; }

    /// <summary>When the next stage begins; <c>null</c> when nothing is under way.</summary>
    public DateTimeOffset? Due { get; init; }

    /// <summary>What its release does to the disks.</summary>
    public EraseKind Erase { get; init; }

    /// <summary>Deployments of it fail until this is cleared.</summary>
    public bool FailsToDeploy { get; init; }

    /// <summary>Deployments of it never end until this is cleared.</summary>
    public bool HangsOnDeploy { get; init; }

    /// <summary>Counts its deployments, so that each has durations of its own.</summary>
    public int Deployments { get; init; }
}

public enum EraseKind
{
    None,
    Quick,
    Secure,
    Full,
}

/// <param name="Size">Bytes.</param>
public sealed record DiskRow(int Id, string Name, long Size, IReadOnlyList<string> Tags, string Model = "", string Serial = "");

/// <param name="LinkId">Id of the link of mode <c>auto</c> to <paramref name="SubnetId"/>.</param>
/// <param name="Ip">While the machine is deployed or on its way to it.</param>
/// <param name="DiscoveredIp">What commissioning saw on the wire.</param>
public sealed record NicRow(
    int Id,
    string Name,
    string Mac,
    int? VlanId,
    int? LinkId,
    int? SubnetId,
    string? Ip = null,
    string? DiscoveredIp = null,
    int Speed = 10000
);

/// <summary>MAAS's status numbers and labels.</summary>
public static class MachineStatus
{
    public const int New = 0;
    public const int Commissioning = 1;
    public const int FailedCommissioning = 2;
    public const int Missing = 3;
    public const int Ready = 4;
    public const int Reserved = 5;
    public const int Deployed = 6;
    public const int Retired = 7;
    public const int Broken = 8;
    public const int Deploying = 9;
    public const int Allocated = 10;
    public const int FailedDeployment = 11;
    public const int Releasing = 12;
    public const int ReleasingFailed = 13;
    public const int DiskErasing = 14;
    public const int FailedDiskErasing = 15;
    public const int RescueMode = 16;
    public const int EnteringRescueMode = 17;
    public const int FailedEnteringRescueMode = 18;
    public const int ExitingRescueMode = 19;
    public const int FailedExitingRescueMode = 20;
    public const int Testing = 21;
    public const int FailedTesting = 22;

    private static readonly string[] Labels =
    [
        "New",
        "Commissioning",
        "Failed commissioning",
        "Missing",
        "Ready",
        "Reserved",
        "Deployed",
        "Retired",
        "Broken",
        "Deploying",
        "Allocated",
        "Failed deployment",
        "Releasing",
        "Releasing failed",
        "Disk erasing",
        "Failed disk erasing",
        "Rescue mode",
        "Entering rescue mode",
        "Failed to enter rescue mode",
        "Exiting rescue mode",
        "Failed to exit rescue mode",
        "Testing",
        "Failed testing",
    ];

    private static readonly string[] Names =
    [
        "new",
        "commissioning",
        "failed_commissioning",
        "missing",
        "ready",
        "reserved",
        "deployed",
        "retired",
        "broken",
        "deploying",
        "allocated",
        "failed_deployment",
        "releasing",
        "failed_releasing",
        "disk_erasing",
        "failed_disk_erasing",
        "rescue_mode",
        "entering_rescue_mode",
        "failed_entering_rescue_mode",
        "exiting_rescue_mode",
        "failed_exiting_rescue_mode",
        "testing",
        "failed_testing",
    ];

    public static string Label(int status) => Labels[status];

    /// <returns>-1 when there is no status of that name.</returns>
    public static int Parse(string name) => Array.IndexOf(Names, name);
}
