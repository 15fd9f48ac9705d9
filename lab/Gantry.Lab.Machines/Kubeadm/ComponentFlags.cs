using System.Globalization;

namespace Gantry.Lab.Machines.Kubeadm;

/// <summary>
/// The flags with which each component of a version starts, from the product's table of facts; here a flag that the table does not
/// have is unknown to the component.
/// </summary>
internal static class ComponentFlags
{
    private static readonly Dictionary<string, Dictionary<string, string>> Table = Read();

    /// <param name="component">The component's name in kubeadm's configuration.</param>
    /// <param name="minor">The minor version of Kubernetes.</param>
    /// <param name="arguments">The arguments that the component is started with.</param>
    /// <returns>What the component writes before it ends; <c>null</c> when it starts.</returns>
    public static string? Problem(string component, int minor, IReadOnlyDictionary<string, string> arguments)
    {
        foreach (var (flag, value) in arguments)
        {
            if (!Has(component, flag, minor))
            {
                return component is "etcd"
                    ? $"error verifying flags, flag provided but not defined: -{flag}. See 'etcd --help'."
                    : $"Error: unknown flag: --{flag}";
            }

            if (flag is "feature-gates" && GateThatIsGone(value, minor) is { } gate)
            {
                return $"Error: invalid argument \"{value}\" for \"--feature-gates\" flag: unrecognized feature gate: {gate}";
            }
        }

        return null;
    }

    private static bool Has(string component, string flag, int minor) =>
        Table[component].TryGetValue(flag, out var range) && Covers(range, minor);

    private static string? GateThatIsGone(string gates, int minor) =>
        gates
            .Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Select(gate => gate.Split('=')[0])
            .FirstOrDefault(gate => Table["featureGates"].TryGetValue(gate, out var range) && !Covers(range, minor));

    // "31-34": since 1.31, and gone since 1.34; either may be missing.
    private static bool Covers(string range, int minor)
    {
        var ends = range.Split('-');
        return (ends[0].Length is 0 || minor >= int.Parse(ends[0], CultureInfo.InvariantCulture))
            && (ends[1].Length is 0 || minor < int.Parse(ends[1], CultureInfo.InvariantCulture));
    }

    private static Dictionary<string, Dictionary<string, string>> Read()
    {
        Dictionary<string, Dictionary<string, string>> table = new(StringComparer.Ordinal);
        using var resource = typeof(ComponentFlags).Assembly.GetManifestResourceStream("component-flags.txt")!;
        using var reader = new StreamReader(resource);
        var section = "";
        while (reader.ReadLine() is { } line)
        {
            if (line.StartsWith('['))
            {
                section = line.Trim('[', ']');
                table[section] = new Dictionary<string, string>(StringComparer.Ordinal);
            }
            else if (!line.StartsWith('#'))
            {
                foreach (var entry in line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
                {
                    var parts = entry.Split('@');
                    table[section][parts[0]] = parts.ElementAtOrDefault(1) ?? "-";
                }
            }
        }

        return table;
    }
}
