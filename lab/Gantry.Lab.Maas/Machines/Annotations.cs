using System.Text.RegularExpressions;

namespace Gantry.Lab.Maas.Machines;

/// <summary>Owner data, which MAAS also calls workload annotations: one store under two names.</summary>
internal static partial class Annotations
{
    /// <summary>The data after a call that sets keys, and removes those whose value is empty.</summary>
    /// <exception cref="RegionFault">A key is too long or has a character that MAAS does not take.</exception>
    public static IReadOnlyDictionary<string, string> Changed(IReadOnlyDictionary<string, string> was, Parameters form)
    {
        var data = new SortedDictionary<string, string>(
            was.ToDictionary(pair => pair.Key, pair => pair.Value),
            StringComparer.Ordinal
        );
        foreach (var (key, value) in form.Fields)
        {
            if (!Key().IsMatch(key))
            {
                throw RegionFault.Text(500, "Invalid character in key name");
            }

            if (key.Length > 255)
            {
                throw RegionFault.Model("key", $"Ensure this value has at most 255 characters (it has {key.Length}).");
            }

            if (value.Length == 0)
            {
                data.Remove(key);
            }
            else
            {
                data[key] = value;
            }
        }

        return data;
    }

    [GeneratedRegex(@"^[a-zA-Z0-9_.\-]+$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Key();
}
