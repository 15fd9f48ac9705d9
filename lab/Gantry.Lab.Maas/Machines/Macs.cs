using System.Text.RegularExpressions;
using Gantry.Lab.Maas.Rows;

namespace Gantry.Lab.Maas.Machines;

/// <summary>MAC addresses: their form, and whose they are.</summary>
internal static partial class Macs
{
    public static bool IsValid(string mac) => Form().IsMatch(mac);

    public static string Refusal(string mac) => $"'{mac}' is not a valid MAC address.";

    /// <summary>The host name of the machine or device that has the address; null for a free one.</summary>
    public static string? HolderOf(RegionState state, string mac)
    {
        bool Has(IEnumerable<NicRow> nics) =>
            nics.Any(nic => nic.Type == "physical" && string.Equals(nic.Mac, mac, StringComparison.OrdinalIgnoreCase));
        return state.Machines.All.FirstOrDefault(machine => Has(machine.Nics))?.Hostname
            ?? state.Devices.All.FirstOrDefault(device => Has(device.Nics))?.Hostname;
    }

    [GeneratedRegex("^([0-9a-fA-F]{2}[:-]){5}[0-9a-fA-F]{2}$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Form();
}
