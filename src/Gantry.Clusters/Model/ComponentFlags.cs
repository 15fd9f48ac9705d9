using System.Globalization;

namespace Gantry.Clusters.Model;

/// <summary>
/// The flags that the components of Kubernetes know, by minor version. A component does not start with a flag that it does not know.
/// The table is <c>component-flags.txt</c>, which names its sources.
/// </summary>
public static class ComponentFlags
{
    /// <summary>The name under which the table has feature gates that are gone; those that exist are not in it.</summary>
    public const string FeatureGates = "featureGates";

    private const int NoEnd = int.MaxValue;

    // A flag that is so near to a known one is a slip of the pen and not a flag that the table lacks.
    private const int Slip = 2;

    private static readonly Dictionary<string, Dictionary<string, (int Since, int Until)>> Table = Read();

    /// <summary>The components that have a table, with the names of kubeadm's configuration.</summary>
    public static IEnumerable<string> Components => Table.Keys.Where(name => name is not FeatureGates);

    /// <summary>The minor version of Kubernetes from which on the flag is gone; <c>null</c> when none is known.</summary>
    public static int? GoneSince(string component, string flag) =>
        Find(component, flag) is { Until: < NoEnd } range ? range.Until : null;

    /// <summary>The minor version of Kubernetes that has brought the flag; <c>null</c> when every known version has it, or none.</summary>
    public static int? Since(string component, string flag) => Find(component, flag) is { Since: > 0 } range ? range.Since : null;

    /// <summary>
    /// The flag that somebody meant who wrote this one; <c>null</c> when it is known, or resembles none: the table may lack it.
    /// </summary>
    public static string? Meant(string component, string flag) =>
        !Table.TryGetValue(component, out var flags) || flags.ContainsKey(flag)
            ? null
            : flags
                .Keys.Where(known => Math.Min(known.Length, flag.Length) > 2 * Slip)
                .Select(known => (Known: known, Distance: Distance(known, flag)))
                .Where(near => near.Distance <= Slip)
                .OrderBy(near => near.Distance)
                .ThenBy(near => near.Known, StringComparer.Ordinal)
                .Select(near => near.Known)
                .FirstOrDefault();

    private static (int Since, int Until)? Find(string component, string flag) =>
        Table.GetValueOrDefault(component)?.TryGetValue(flag, out var range) is true ? range : null;

    // Of Levenshtein: how many characters one has to put in, take out or change. '_' for '-' counts once for all.
    private static int Distance(string one, string other)
    {
        other = other.Replace('_', '-').ToLowerInvariant();
        if (Math.Abs(one.Length - other.Length) > Slip)
        {
            return Slip + 1;
        }

        var row = Enumerable.Range(0, other.Length + 1).ToArray();
        for (var i = 1; i <= one.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= other.Length; j++)
            {
                var changed = diagonal + (one[i - 1] == other[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(changed, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[^1];
    }

    private static Dictionary<string, Dictionary<string, (int Since, int Until)>> Read()
    {
        Dictionary<string, Dictionary<string, (int Since, int Until)>> table = new(StringComparer.Ordinal);
        using var resource = typeof(ComponentFlags).Assembly.GetManifestResourceStream("component-flags.txt")!;
        using var reader = new StreamReader(resource);
        Dictionary<string, (int Since, int Until)> flags = [];
        while (reader.ReadLine() is { } line)
        {
            if (line.StartsWith('['))
            {
                table[line.Trim('[', ']')] = flags = new(StringComparer.Ordinal);
            }
            else if (!line.StartsWith('#'))
            {
                foreach (var entry in line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
                {
                    var parts = entry.Split('@');
                    var range = parts.Length is 1 ? ["", ""] : parts[1].Split('-');
                    flags.Add(parts[0], (Minor(range[0], 0), Minor(range[1], NoEnd)));
                }
            }
        }

        return table;
    }

    private static int Minor(string text, int otherwise) =>
        text.Length is 0 ? otherwise : int.Parse(text, CultureInfo.InvariantCulture);
}
