using System.Net;

namespace Gantry.Lab.Maas;

/// <summary>
/// The emulated hardware behind the region, which notifies it of changes to a machine's power and disk. The region simulates the
/// installation (PXE, ephemeral image, curtin, reboot) itself; the host runs the installed system.
/// </summary>
public interface IMachineHost
{
    /// <summary>A newly installed system has booted and fetched its user-data; cloud-init starts.</summary>
    void Boot(InstalledMachine machine);

    /// <summary>Power is restored to a machine whose disk holds an installed system.</summary>
    void PowerOn(string systemId);

    /// <summary>Power is cut: all processes of the machine stop at once.</summary>
    void PowerOff(string systemId);

    /// <summary>
    /// The kubelet of a running system stops reporting while power is on, or resumes. A power cut ends the fault too.
    /// </summary>
    void Hang(string systemId, bool hangs);

    /// <summary>The machine is released: its disk counts as empty, and its system must not come back.</summary>
    void Wipe(string systemId);
}

/// <summary>The facts of an installed system when cloud-init starts.</summary>
/// <param name="Hostname">The short host name in MAAS.</param>
/// <param name="Image">The operating system and release, as <c>ubuntu/noble</c>.</param>
/// <param name="UserData">The bytes the metadata service serves, with the base64 of the deploy call decoded.</param>
public sealed record InstalledMachine(
    string SystemId,
    string Hostname,
    string Fqdn,
    string Zone,
    string Image,
    string Architecture,
    int CpuCount,
    int MemoryMiB,
    IReadOnlyList<string> IpAddresses,
    byte[] UserData
)
{
    /// <summary>The addresses by interface; empty in a record of an older lab, whose machines had one interface.</summary>
    public IReadOnlyList<InstalledAddress> Interfaces { get; init; } = [];
}

/// <param name="HasDefaultRoute">The machine reaches all networks that it has no interface in through this one.</param>
public sealed record InstalledAddress(string Interface, string Ip, int Prefix, bool HasDefaultRoute)
{
    /// <summary>Whether an address lies in the network of this one, so that machines there ask for it.</summary>
    public bool IsBeside(IPAddress other) => IPNetwork.Parse($"{Ip}/{Prefix}").Contains(other);
}

/// <summary>The reports of a machine to its region, as cloud-init's webhook sends them.</summary>
public interface IMachineReports
{
    /// <param name="name">The stage by cloud-init's name, for example <c>modules-final/config-scripts_user</c>.</param>
    void CloudInit(string systemId, string name, string description, bool success);

    /// <summary>
    /// <c>kubeadm init</c> has formed a cluster on the machine. Only the lab's record shows it: MAAS knows nothing of kubeadm. A kill of
    /// the lab may repeat the report.
    /// </summary>
    void Initialized(string systemId) { }
}
