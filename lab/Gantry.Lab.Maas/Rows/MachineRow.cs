namespace Gantry.Lab.Maas.Rows;

/// <summary>The stored state of a machine.</summary>
public sealed record MachineRow
{
    /// <summary>The sort key of lists.</summary>
    public required int Id { get; init; }

    public required string SystemId { get; init; }

    public required string Hostname { get; init; }

    public string Description { get; init; } = "";

    public int DomainId { get; init; }

    public string Architecture { get; init; } = "amd64/generic";

    public int CpuCount { get; init; }

    public int CpuSpeed { get; init; }

    /// <summary>Memory in MiB.</summary>
    public int Memory { get; init; }

    public long? SwapSize { get; init; }

    public IReadOnlyList<DiskRow> Disks { get; init; } = [];

    public IReadOnlyList<NicRow> Nics { get; init; } = [];

    public int ZoneId { get; init; } = 1;

    public int PoolId { get; init; }

    public IReadOnlyList<string> Tags { get; init; } = [];

    public int Status { get; init; } = MachineStatus.Ready;

    /// <summary>The status to return to from a temporary one.</summary>
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

    /// <summary>The power parameters as set; null for those of the lab's own machines.</summary>
    public IReadOnlyDictionary<string, string>? PowerParameters { get; init; }

    /// <summary>The power state MAAS shows: the BMC's last answer.</summary>
    public string PowerState { get; init; } = "off";

    /// <summary>Whether the machine has power, if that may differ from what MAAS shows; otherwise null.</summary>
    public bool? ReallyOn { get; init; }

    /// <summary>The fault of the BMC: <c>unknown</c> or <c>error</c>; empty for none.</summary>
    public string BmcAnswers { get; init; } = "";

    public string? StatusMessage { get; init; }

    /// <summary>The action of the event that <see cref="StatusMessage"/> is the text of.</summary>
    public string StatusAction { get; init; } = "";

    public string ErrorDescription { get; init; } = "";

    public bool Netboot { get; init; } = true;

    public bool EphemeralDeploy { get; init; }

    public bool EnableHwSync { get; init; }

    public bool Commissioned { get; init; } = true;

    /// <summary>The state of the last commissioning; null for what <see cref="Commissioned"/> says.</summary>
    public int? CommissioningStatus { get; init; }

    /// <summary>The state of the tests of the storage; null for tests that wait, of a commissioned machine.</summary>
    public int? TestingStatus { get; init; }

    /// <summary>The ids of the newest script sets.</summary>
    public int? CommissioningResult { get; init; }

    public int? TestingResult { get; init; }

    public int? InstallationResult { get; init; }

    /// <summary>How the disks are laid out; null for <c>flat</c>.</summary>
    public string? Layout { get; init; }

    /// <summary>The ids of what the layout made; null for those of the disk.</summary>
    public int? PartitionId { get; init; }

    public int? VolumeGroupId { get; init; }

    public int? LogicalVolumeId { get; init; }

    /// <summary>The layout is not that of the last call: its UUIDs are others.</summary>
    public int LayoutNumber { get; init; }

    /// <summary>The id of the link whose gateway was chosen for the machine.</summary>
    public int? GatewayLinkId { get; init; }

    public string? HardwareUuid { get; init; }

    public bool IsDpu { get; init; }

    public string? BiosBootMethod { get; init; }

    public IReadOnlyDictionary<string, string> HardwareInfo { get; init; } = new Dictionary<string, string>();

    /// <summary>The stage of the transition under way.</summary>
    public int Stage { get; init; }

    /// <summary>When the next stage begins; <c>null</c> without a transition.</summary>
    public DateTimeOffset? Due { get; init; }

    /// <summary>How the release erases the disks.</summary>
    public EraseKind Erase { get; init; }

    /// <summary>Deployments fail until this is cleared.</summary>
    public bool FailsToDeploy { get; init; }

    /// <summary>Deployments hang until this is cleared.</summary>
    public bool HangsOnDeploy { get; init; }

    /// <summary>The number of deployments, which seeds the durations of each.</summary>
    public int Deployments { get; init; }
}

public enum EraseKind
{
    None,
    Quick,
    Secure,
    Full,
}

/// <param name="Size">Size in bytes.</param>
public sealed record DiskRow(int Id, string Name, long Size, IReadOnlyList<string> Tags, string Model = "", string Serial = "");

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

    /// <returns>-1 for an unknown name.</returns>
    public static int Parse(string name) => Array.IndexOf(Names, name);
}
