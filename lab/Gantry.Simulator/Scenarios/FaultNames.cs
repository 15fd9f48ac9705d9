namespace Gantry.Simulator.Scenarios;

/// <summary>Fault families on the command line: <c>all</c>, <c>none</c>, or a comma-separated list.</summary>
public static class FaultNames
{
    public static IReadOnlyList<string> Known { get; } =
    [
        "all",
        "none",
        .. Enum.GetValues<FaultFamilies>().Where(family => family is not (FaultFamilies.All or FaultFamilies.None)).Select(Name),
    ];

    /// <exception cref="FormatException">Names the unknown family; the message lists the known ones.</exception>
    public static FaultFamilies Parse(string text)
    {
        var families = FaultFamilies.None;
        foreach (var name in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            families |= Known.Contains(name, StringComparer.Ordinal)
                ? Enum.Parse<FaultFamilies>(name, ignoreCase: true)
                : throw new FormatException($"'{name}' is no family of faults; write {string.Join(", ", Known)}");
        }

        return families;
    }

    public static string Write(FaultFamilies families) =>
        families is FaultFamilies.All or FaultFamilies.None
            ? Name(families)
            : string.Join(
                ',',
                Enum.GetValues<FaultFamilies>()
                    .Where(family => family is not (FaultFamilies.All or FaultFamilies.None) && families.HasFlag(family))
                    .Select(Name)
            );

    private static string Name(FaultFamilies family) => family.ToString().ToLowerInvariant();
}
