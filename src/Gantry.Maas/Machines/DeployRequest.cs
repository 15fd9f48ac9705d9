using Gantry.Maas.Http;

namespace Gantry.Maas.Machines;

/// <summary>A deployment. MAAS selects the image by <see cref="DistroSeries"/> alone.</summary>
public sealed record DeployRequest
{
    /// <summary>
    /// <c>ubuntu/jammy</c>, <c>custom/my-image</c>. Give the exact name: if no image has it, MAAS takes the highest-sorting image
    /// whose name begins with it, except for Ubuntu.
    /// </summary>
    public string? DistroSeries { get; init; }

    /// <summary>User-data for cloud-init on the machine; sent in base64.</summary>
    public ReadOnlyMemory<byte>? UserData { get; init; }

    /// <summary><c>hwe-22.04</c>, <c>ga-22.04</c>.</summary>
    public string? HweKernel { get; init; }

    /// <summary>Agent name of a machine that this call also allocates.</summary>
    public string? AgentName { get; init; }

    public string? Comment { get; init; }

    /// <summary>Run from memory and leave the disks unchanged.</summary>
    public bool? EphemeralDeploy { get; init; }

    public bool? EnableHwSync { get; init; }

    /// <summary>From MAAS 3.6.</summary>
    public bool? EnableKernelCrashDump { get; init; }

    /// <summary>Make the machine a VM host; up to MAAS 3.8, administrators only.</summary>
    public bool? InstallKvm { get; init; }

    public bool? RegisterVmHost { get; init; }

    public bool? BridgeAll { get; init; }

    internal MaasForm ToForm() =>
        new MaasForm()
            .Add("distro_series", DistroSeries)
            .Add("user_data", UserData is { } data ? Convert.ToBase64String(data.Span) : null)
            .Add("hwe_kernel", HweKernel)
            .Add("agent_name", AgentName)
            .Add("comment", Comment)
            .Add("ephemeral_deploy", EphemeralDeploy)
            .Add("enable_hw_sync", EnableHwSync)
            .Add("enable_kernel_crash_dump", EnableKernelCrashDump)
            .Add("install_kvm", InstallKvm)
            .Add("register_vmhost", RegisterVmHost)
            .Add("bridge_all", BridgeAll);

    /// <summary>User-data can hold secrets and is not printed.</summary>
    public override string ToString() => $"deploy {DistroSeries}";
}

/// <summary>How to release a machine.</summary>
public sealed record ReleaseRequest
{
    public string? Comment { get; init; }

    /// <summary>Overwrite the disks completely; takes hours.</summary>
    public bool? Erase { get; init; }

    /// <summary>Use the disks' own secure erase where they support it; implies <see cref="Erase"/>.</summary>
    public bool? SecureErase { get; init; }

    /// <summary>Overwrite the beginning and the end of each disk; takes minutes. Implies <see cref="Erase"/>.</summary>
    public bool? QuickErase { get; init; }

    /// <summary>Release even a machine that backs a VM host; up to MAAS 3.8.</summary>
    public bool? Force { get; init; }

    /// <summary>Release scripts; from MAAS 3.5.</summary>
    public IReadOnlyList<string> Scripts { get; init; } = [];

    internal MaasForm ToForm() =>
        new MaasForm()
            .Add("comment", Comment)
            .Add("erase", Erase)
            .Add("secure_erase", SecureErase)
            .Add("quick_erase", QuickErase)
            .Add("force", Force)
            .Add("scripts", Scripts.Count > 0 ? string.Join(',', Scripts) : null);
}

/// <summary>How to commission a machine.</summary>
public sealed record CommissionRequest
{
    public bool? EnableSsh { get; init; }

    public bool? SkipBmcConfig { get; init; }

    public bool? SkipNetworking { get; init; }

    public bool? SkipStorage { get; init; }

    public IReadOnlyList<string> CommissioningScripts { get; init; } = [];

    /// <summary>A single <c>none</c> runs no tests.</summary>
    public IReadOnlyList<string> TestingScripts { get; init; } = [];

    internal MaasForm ToForm() =>
        new MaasForm()
            .Add("enable_ssh", EnableSsh)
            .Add("skip_bmc_config", SkipBmcConfig)
            .Add("skip_networking", SkipNetworking)
            .Add("skip_storage", SkipStorage)
            .Add("commissioning_scripts", CommissioningScripts.Count > 0 ? string.Join(',', CommissioningScripts) : null)
            .Add("testing_scripts", TestingScripts.Count > 0 ? string.Join(',', TestingScripts) : null);
}

/// <summary>Changes of a machine by an administrator. <c>null</c> leaves a field unchanged; an empty string clears it.</summary>
public sealed record MachineUpdate
{
    public string? Hostname { get; init; }

    public string? Description { get; init; }

    public string? Domain { get; init; }

    public string? Pool { get; init; }

    public string? Zone { get; init; }

    public string? Architecture { get; init; }

    public string? MinHweKernel { get; init; }

    /// <summary>Bytes; 0 disables swap. Takes effect at the next deployment.</summary>
    public long? SwapSize { get; init; }

    internal MaasForm ToForm() =>
        new MaasForm()
            .Add("hostname", Hostname)
            .Add("description", Description)
            .Add("domain", Domain)
            .Add("pool", Pool)
            .Add("zone", Zone)
            .Add("architecture", Architecture)
            .Add("min_hwe_kernel", MinHweKernel)
            .Add("swap_size", SwapSize);
}
