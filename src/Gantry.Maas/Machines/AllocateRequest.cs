using Gantry.Maas.Http;

namespace Gantry.Maas.Machines;

/// <summary>
/// Constraints of an allocation. A machine must meet all of them; MAAS allocates the cheapest that does, by CPU count and memory.
/// </summary>
public sealed record AllocateRequest
{
    /// <summary>Only this machine.</summary>
    public string? SystemId { get; init; }

    /// <summary>Host name or FQDN.</summary>
    public string? Name { get; init; }

    public string? Architecture { get; init; }

    public double? MinCpuCount { get; init; }

    /// <summary>MiB.</summary>
    public double? MinMemory { get; init; }

    /// <summary>MHz.</summary>
    public double? MinCpuSpeed { get; init; }

    /// <summary>Mbit/s.</summary>
    public double? MinLinkSpeed { get; init; }

    public IReadOnlyList<string> Tags { get; init; } = [];

    public IReadOnlyList<string> NotTags { get; init; } = [];

    public string? Zone { get; init; }

    public IReadOnlyList<string> NotInZones { get; init; } = [];

    public string? Pool { get; init; }

    public IReadOnlyList<string> NotInPools { get; init; } = [];

    public IReadOnlyList<string> Subnets { get; init; } = [];

    public IReadOnlyList<string> NotSubnets { get; init; } = [];

    public IReadOnlyList<string> Vlans { get; init; } = [];

    public IReadOnlyList<string> NotVlans { get; init; } = [];

    public IReadOnlyList<string> Fabrics { get; init; } = [];

    public IReadOnlyList<string> NotFabrics { get; init; } = [];

    public IReadOnlyList<string> FabricClasses { get; init; } = [];

    public IReadOnlyList<string> NotFabricClasses { get; init; } = [];

    /// <summary><c>label:size(tag,tag),…</c> with sizes in GB of 10^9; the first is the disk that holds <c>/</c>.</summary>
    public string? Storage { get; init; }

    /// <summary><c>label:key=value,…;label2:…</c></summary>
    public string? Interfaces { get; init; }

    /// <summary><c>vendor_id=…,product_id=…</c></summary>
    public IReadOnlyList<string> Devices { get; init; } = [];

    /// <summary>Excludes machines of a VM host; MAAS up to 3.8.</summary>
    public string? NotPod { get; init; }

    /// <summary>An identifier that the caller chooses. The machine can be found by it until it is released.</summary>
    public string? AgentName { get; init; }

    public string? Comment { get; init; }

    public bool? BridgeAll { get; init; }

    public string? BridgeType { get; init; }

    public bool? BridgeStp { get; init; }

    public int? BridgeForwardDelay { get; init; }

    /// <summary>Return the machine that would be allocated, without allocating it.</summary>
    public bool? DryRun { get; init; }

    internal MaasForm ToForm() =>
        new MaasForm()
            .Add("system_id", SystemId)
            .Add("name", Name)
            .Add("arch", Architecture)
            .Add("cpu_count", MinCpuCount)
            .Add("mem", MinMemory)
            .Add("cpu_speed", MinCpuSpeed)
            .Add("link_speed", MinLinkSpeed)
            .AddAll("tags", Tags)
            .AddAll("not_tags", NotTags)
            .Add("zone", Zone)
            .AddAll("not_in_zone", NotInZones)
            .Add("pool", Pool)
            .AddAll("not_in_pool", NotInPools)
            .AddAll("subnets", Subnets)
            .AddAll("not_subnets", NotSubnets)
            .AddAll("vlans", Vlans)
            .AddAll("not_vlans", NotVlans)
            .AddAll("fabrics", Fabrics)
            .AddAll("not_fabrics", NotFabrics)
            .AddAll("fabric_classes", FabricClasses)
            .AddAll("not_fabric_classes", NotFabricClasses)
            .Add("storage", Storage)
            .Add("interfaces", Interfaces)
            .AddAll("devices", Devices)
            .Add("not_pod", NotPod)
            .Add("agent_name", AgentName)
            .Add("comment", Comment)
            .Add("bridge_all", BridgeAll)
            .Add("bridge_type", BridgeType)
            .Add("bridge_stp", BridgeStp)
            .Add("bridge_fd", BridgeForwardDelay)
            .Add("dry_run", DryRun);
}

/// <summary>The result of an allocation. That no machine matches is a result, not an exception.</summary>
public abstract record AllocateResult
{
    private AllocateResult() { }

    public sealed record Allocated(Machine Machine) : AllocateResult;

    /// <param name="Reason">MAAS's message, which names the constraints.</param>
    public sealed record NoneAvailable(string Reason) : AllocateResult;
}
