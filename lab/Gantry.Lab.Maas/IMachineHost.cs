namespace Gantry.Lab.Maas;

/// <summary>
/// The metal behind the region: told by the region what happens to a machine's power and disk. The region plays the
/// installation (PXE, ephemeral image, curtin, reboot) itself; what the installed system then does happens here.
/// </summary>
public interface IMachineHost
{
    /// <summary>A freshly installed system has started and fetched its user-data; its cloud-init runs now.</summary>
    void Boot(InstalledMachine machine);

    /// <summary>Power is back on a machine whose disk still holds an installed system.</summary>
    void PowerOn(string systemId);

    /// <summary>Power is cut: kubelet and everything else on the machine stop at once.</summary>
    void PowerOff(string systemId);

    /// <summary>
    /// The kubelet of a running system stops reporting though its power is on, or reports again. Losing power ends it too.
    /// </summary>
    void Hang(string systemId, bool hangs);

    /// <summary>The machine was released: its disk counts as empty, nothing of it may come back.</summary>
    void Wipe(string systemId);
}

/// <summary>The facts that an installed system has when cloud-init starts.</summary>
/// <param name="Hostname">Short name, as MAAS gives it.</param>
/// <param name="Image">Operating system and release, as <c>ubuntu/noble</c>.</param>
/// <param name="UserData">The bytes the metadata service serves: base64 of the deploy call already taken off.</param>
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
);

/// <summary>The way back: what a machine reports to its region, as cloud-init's webhook does.</summary>
public interface IMachineReports
{
    /// <param name="name">Stage as cloud-init names it, for example <c>modules-final/config-scripts_user</c>.</param>
    void CloudInit(string systemId, string name, string description, bool success);
}
