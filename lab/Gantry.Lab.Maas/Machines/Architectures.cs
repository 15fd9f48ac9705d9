namespace Gantry.Lab.Maas.Machines;

/// <summary>The architectures that the region's images are for.</summary>
internal static class Architectures
{
    public static IReadOnlyList<string> Usable(RegionState state)
    {
        var known = state.Images.All.Select(image => $"{image.Architecture.Split('/')[0]}/generic").Distinct();
        return [.. known.Order(StringComparer.Ordinal)];
    }

    /// <returns>MAAS's refusal of an architecture; null for a usable one.</returns>
    public static string? Refusal(RegionState state, string architecture)
    {
        var usable = Usable(state);
        return usable.Contains(architecture)
            ? null
            : $"'{architecture}' is not a valid architecture.  It should be one of: "
                + $"{string.Join(", ", usable.Select(one => $"'{one}'"))}.";
    }
}
