using System.Text.RegularExpressions;
using Gantry.Lab.Maas.Rows;

namespace Gantry.Lab.Maas.Machines;

/// <summary>MAAS's rules for the host names of machines and devices.</summary>
internal static partial class Hostnames
{
    /// <summary>Splits a name with dots into host name and domain, which has to exist.</summary>
    /// <param name="itself">The system id of the machine that may keep its name; null for a new one.</param>
    /// <exception cref="RegionFault">The name is of a wrong form, taken, or names a domain that is not there.</exception>
    public static (string Hostname, int? DomainId) Read(RegionState state, string given, string? itself)
    {
        var (label, rest) = given.Split('.', 2) is [var first, var after] ? (first, after) : (given, null);
        if (Problem(label) is { } problem)
        {
            throw RegionFault.Field("hostname", problem);
        }

        int? domain = rest is null
            ? null
            : state.Domains.All.FirstOrDefault(one => one.Name == rest)?.Id
                ?? throw RegionFault.Field("hostname", "Nonexistant domain.");
        return
            state.Machines.All.Any(machine => machine.SystemId != itself && machine.Hostname == label)
            || state.Devices.All.Any(device => device.SystemId != itself && device.Hostname == label)
            ? throw RegionFault.Field("hostname", "Node with this Hostname already exists.")
            : (label, domain);
    }

    /// <returns>Null for a proper label.</returns>
    public static string? Problem(string label) =>
        label.Length > 63 ? $"Label is too long: '{label}'.  Maximum allowed is 63 characters."
        : label.Contains('_', StringComparison.Ordinal) ? $"Host label cannot contain underscore: '{label}'."
        : label.StartsWith('-') || label.EndsWith('-') ? $"Label cannot start or end with hyphen: '{label}'."
        : !Letters().IsMatch(label) ? $"Label contains disallowed characters: '{label}'."
        : null;

    [GeneratedRegex("^[a-zA-Z0-9-]+$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Letters();
}
