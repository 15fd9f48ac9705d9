using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization;
using Gantry.Maas.Dns;
using Gantry.Maas.Networks;
using Gantry.Maas.ResourcePools;
using Gantry.Maas.Zones;

namespace Gantry.Maas.Machines;

/// <summary>A machine as MAAS reports it.</summary>
public sealed record Machine : IJsonOnDeserialized
{
    public required string SystemId { get; init; }

    /// <summary>Short name, without the domain.</summary>
    public required string Hostname { get; init; }

    /// <summary>
    /// Which part of MAAS's answer could not be read; <c>null</c> when all of it was. No other field than the system id and the host
    /// name is known then.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenReading)]
    public string? Unreadable { get; init; }

    public string Fqdn { get; init; } = "";

    public string Description { get; init; } = "";

    public Domain? Domain { get; init; }

    [JsonRequired]
    public MachineStatus Status { get; init; }

    public string StatusName { get; init; } = "";

    /// <summary>Text of the newest event; may be <c>null</c>.</summary>
    public string? StatusMessage { get; init; }

    public string? StatusAction { get; init; }

    /// <summary>Why the machine is broken or its deployment failed; from MAAS 3.5.</summary>
    public string? ErrorDescription { get; init; }

    /// <summary>Name of the user who owns the machine; <c>null</c> when it is free.</summary>
    [JsonRequired]
    public string? Owner { get; init; }

    /// <summary>Workload annotations. MAAS deletes them at the end of a release.</summary>
    [JsonRequired]
    public IReadOnlyDictionary<string, string> OwnerData { get; init; } = new Dictionary<string, string>();

    [JsonRequired]
    public bool Locked { get; init; }

    /// <summary>With sub-architecture: <c>amd64/generic</c>.</summary>
    [JsonRequired]
    public string Architecture { get; init; } = "";

    public string? HweKernel { get; init; }

    public string? MinHweKernel { get; init; }

    [JsonRequired]
    public int CpuCount { get; init; }

    /// <summary>MHz.</summary>
    public int CpuSpeed { get; init; }

    /// <summary>MiB.</summary>
    [JsonRequired]
    public int Memory { get; init; }

    /// <summary>Size of all physical disks, in 10^6 bytes.</summary>
    public double Storage { get; init; }

    /// <summary>Bytes; 0 disables swap, <c>null</c> is MAAS's default.</summary>
    public long? SwapSize { get; init; }

    public string? Osystem { get; init; }

    public string? DistroSeries { get; init; }

    public bool EphemeralDeploy { get; init; }

    public bool Netboot { get; init; }

    public bool? EnableHwSync { get; init; }

    [JsonRequired]
    public string PowerType { get; init; } = "";

    /// <summary><c>on</c>, <c>off</c>, <c>unknown</c> or <c>error</c>, as of MAAS's last query of the BMC.</summary>
    [JsonRequired]
    public string PowerState { get; init; } = "unknown";

    public string BiosBootMethod { get; init; } = "";

    [JsonRequired]
    public IReadOnlyList<string> TagNames { get; init; } = [];

    /// <summary>Configured addresses if there are any, else observed ones; ordered by interface, not by importance.</summary>
    [JsonRequired]
    public IReadOnlyList<string> IpAddresses { get; init; } = [];

    [JsonRequired, DisallowNull]
    public Zone? Zone { get; init; }

    [JsonRequired, DisallowNull]
    public ResourcePool? Pool { get; init; }

    public int NodeType { get; init; }

    /// <summary>The VM host of a virtual machine; <c>null</c> for a physical machine.</summary>
    public VmHostReference? Pod { get; init; }

    [JsonRequired]
    public Interface? BootInterface { get; init; }

    [JsonRequired]
    public IReadOnlyList<Interface> InterfaceSet { get; init; } = [];

    public BlockDevice? BootDisk { get; init; }

    [JsonPropertyName("blockdevice_set")]
    public IReadOnlyList<BlockDevice> BlockDevices { get; init; } = [];

    [JsonRequired, JsonPropertyName("physicalblockdevice_set")]
    public IReadOnlyList<BlockDevice> PhysicalBlockDevices { get; init; } = [];

    /// <summary>Vendor, product, serial, CPU model and mainboard, as found by commissioning.</summary>
    public IReadOnlyDictionary<string, string> HardwareInfo { get; init; } = new Dictionary<string, string>();

    public string? CommissioningStatusName { get; init; }

    public string? TestingStatusName { get; init; }

    public string ResourceUri { get; init; } = "";

    // What is read and cannot be was not read right, and would make a machine look free, or nobody's, that is not.
    void IJsonOnDeserialized.OnDeserialized()
    {
        var part = this switch
        {
            _ when !Enum.IsDefined(Status) => "status",
            { Owner: "" } => "owner",
            { Owner: null } when Status.HasOwner() => "owner",
            { CpuCount: < 0 } => "cpu_count",
            { Memory: < 0 } => "memory",
            _ when !IpAddresses.All(address => IPAddress.TryParse(address, out _)) => "ip_addresses",
            _ when PhysicalBlockDevices.Any(disk => disk.Size < 0) => "physicalblockdevice_set",
            _ => null,
        };
        if (part is not null)
        {
            throw new JsonException(message: null, $"$.{part}", lineNumber: null, bytePositionInLine: null);
        }
    }
}

public sealed record VmHostReference(int Id, string Name);

/// <summary>A disk, or a device made of disks.</summary>
public sealed record BlockDevice
{
    public int Id { get; init; }

    public string Name { get; init; } = "";

    /// <summary><c>physical</c> or <c>virtual</c>.</summary>
    public string Type { get; init; } = "";

    public string? Path { get; init; }

    public string? IdPath { get; init; }

    public string? Model { get; init; }

    public string? Serial { get; init; }

    /// <summary>Bytes.</summary>
    [JsonRequired]
    public long Size { get; init; }

    /// <summary>Bytes.</summary>
    public long AvailableSize { get; init; }

    public string? UsedFor { get; init; }

    public IReadOnlyList<string> Tags { get; init; } = [];
}

/// <summary>A network interface of a machine.</summary>
public sealed record Interface
{
    public int Id { get; init; }

    public string Name { get; init; } = "";

    /// <summary><c>physical</c>, <c>bond</c>, <c>bridge</c>, <c>vlan</c>.</summary>
    public string Type { get; init; } = "";

    [JsonRequired]
    public bool Enabled { get; init; }

    public string? MacAddress { get; init; }

    public bool LinkConnected { get; init; }

    /// <summary>Mbit/s.</summary>
    public int LinkSpeed { get; init; }

    public int EffectiveMtu { get; init; }

    [JsonRequired]
    public IReadOnlyList<string> Tags { get; init; } = [];

    public Vlan? Vlan { get; init; }

    [JsonRequired]
    public IReadOnlyList<InterfaceLink> Links { get; init; } = [];
}

/// <param name="Mode"><c>auto</c>, <c>dhcp</c>, <c>static</c> or <c>link_up</c>.</param>
/// <param name="IpAddress">Absent until MAAS has assigned an automatic address.</param>
public sealed record InterfaceLink(
    int Id,
    string Mode,
    [property: JsonConverter(typeof(AddressConverter))] string? IpAddress = null,
    Subnet? Subnet = null
);
