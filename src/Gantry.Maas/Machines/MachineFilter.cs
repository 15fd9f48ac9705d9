using Gantry.Maas.Http;

namespace Gantry.Maas.Machines;

/// <summary>
/// Filters of a machine list. A machine must match every filter; values of one filter are alternatives, except tags, which must
/// all match. MAAS refuses an unknown zone, pool, tag or owner (<see cref="MaasInvalidException"/>).
/// </summary>
public sealed record MachineFilter
{
    public IReadOnlyList<string> SystemIds { get; init; } = [];

    /// <summary>Short names.</summary>
    public IReadOnlyList<string> Hostnames { get; init; } = [];

    public IReadOnlyList<string> MacAddresses { get; init; } = [];

    public IReadOnlyList<string> Domains { get; init; } = [];

    public IReadOnlyList<string> Zones { get; init; } = [];

    public IReadOnlyList<string> NotInZones { get; init; } = [];

    public IReadOnlyList<string> Pools { get; init; } = [];

    public IReadOnlyList<string> NotInPools { get; init; } = [];

    /// <summary>Agent names of allocations. MAAS filters by the agent name but does not return it.</summary>
    public IReadOnlyList<string> AgentNames { get; init; } = [];

    public IReadOnlyList<MachineStatus> Statuses { get; init; } = [];

    public IReadOnlyList<string> Owners { get; init; } = [];

    public IReadOnlyList<string> PowerStates { get; init; } = [];

    public string? Architecture { get; init; }

    public IReadOnlyList<string> Tags { get; init; } = [];

    public IReadOnlyList<string> NotTags { get; init; } = [];

    public int? MinCpuCount { get; init; }

    /// <summary>MiB.</summary>
    public int? MinMemory { get; init; }

    internal MaasForm ToForm() =>
        new MaasForm()
            .AddAll("id", SystemIds)
            .AddAll("hostname", Hostnames)
            .AddAll("mac_address", MacAddresses)
            .AddAll("domain", Domains)
            .AddAll("zone", Zones)
            .AddAll("not_in_zone", NotInZones)
            .AddAll("pool", Pools)
            .AddAll("not_in_pool", NotInPools)
            .AddAll("agent_name", AgentNames)
            .AddAll("status", Statuses.Select(EnumName))
            .AddAll("owner", Owners)
            .AddAll("power_state", PowerStates)
            .Add("arch", Architecture)
            .AddAll("tags", Tags)
            .AddAll("not_tags", NotTags)
            .Add("cpu_count", MinCpuCount)
            .Add("mem", MinMemory);

    /// <summary>MAAS's filter value of a status, which is not always the label in lower case.</summary>
    private static string EnumName(MachineStatus status) =>
        status switch
        {
            MachineStatus.FailedCommissioning => "failed_commissioning",
            MachineStatus.FailedDeployment => "failed_deployment",
            MachineStatus.ReleasingFailed => "failed_releasing",
            MachineStatus.DiskErasing => "disk_erasing",
            MachineStatus.FailedDiskErasing => "failed_disk_erasing",
            MachineStatus.RescueMode => "rescue_mode",
            MachineStatus.EnteringRescueMode => "entering_rescue_mode",
            MachineStatus.FailedEnteringRescueMode => "failed_entering_rescue_mode",
            MachineStatus.ExitingRescueMode => "exiting_rescue_mode",
            MachineStatus.FailedExitingRescueMode => "failed_exiting_rescue_mode",
            MachineStatus.FailedTesting => "failed_testing",
            _ => status.ToString().ToLowerInvariant(),
        };
}
