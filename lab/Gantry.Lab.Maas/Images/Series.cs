using Gantry.Lab.Maas.Rows;

namespace Gantry.Lab.Maas.Images;

/// <summary>Resolves <c>distro_series</c> to an image, as MAAS does.</summary>
internal static class Series
{
    /// <summary>The release of machines and commissioning when nobody has set another.</summary>
    public const string Default = "noble";

    public static (string Osystem, string Series) Resolve(RegionState state, string asked)
    {
        var wanted = asked.Length > 0 ? asked : state.Settings.Find("default_distro_series")?.Value ?? Default;
        var images = state.Images.All.Where(image => image.Complete).Select(Split).Distinct().ToList();
        foreach (var (osystem, series) in images)
        {
            if (wanted == series || wanted == $"{osystem}/{series}")
            {
                return (osystem, series);
            }
        }

        // For systems other than Ubuntu a prefix of the name matches, and the highest name wins.
        var (kind, name) = wanted.Split('/', 2) is [var before, var after] ? (before, after) : ("custom", wanted);
        return images
                .Where(image =>
                    image.Osystem == kind
                    && kind != "ubuntu"
                    && image.Series.StartsWith(name, StringComparison.Ordinal)
                    && name.Length > 0
                )
                .OrderByDescending(image => image.Series, StringComparer.Ordinal)
                .Select(image => ((string, string)?)image)
                .FirstOrDefault()
            ?? throw RegionFault.Field("distro_series", NotValid(wanted, images));
    }

    /// <summary>Whether an image of this system has files for an architecture, such as <c>arm64/generic</c>.</summary>
    public static bool Has(RegionState state, string osystem, string series, string architecture) =>
        state.Images.All.Any(image =>
            image.Complete && Split(image) == (osystem, series) && image.Architecture.Split('/')[0] == architecture.Split('/')[0]
        );

    /// <summary>The kernel of a deployment: the one asked for, or the release's own.</summary>
    /// <param name="asked">Empty for none.</param>
    /// <exception cref="RegionFault">No image of the release has such a kernel.</exception>
    public static string Kernel(RegionState state, string osystem, string series, string architecture, string asked)
    {
        if (osystem != "ubuntu")
        {
            return "";
        }

        var known = state
            .Images.All.Where(image => image.Complete && Split(image) == (osystem, series))
            .Select(image => image.Architecture.Split('/')[^1])
            .ToList();
        return asked.Length == 0 ? known.Find(kernel => kernel.StartsWith("ga-", StringComparison.Ordinal)) ?? ""
            : known.Contains(asked) ? asked
            : throw RegionFault.Field("hwe_kernel", $"{asked} is not available for {osystem}/{series} on {architecture}.");
    }

    /// <summary>Whether an image of the region has this kernel.</summary>
    public static bool IsKernel(RegionState state, string name) =>
        state.Images.All.Any(image => image.Architecture.EndsWith("/" + name, StringComparison.Ordinal));

    public static IReadOnlyList<string> UbuntuReleases(RegionState state) =>
        [
            .. state
                .Images.All.Where(image => image.Complete)
                .Select(Split)
                .Where(image => image.Osystem == "ubuntu")
                .Select(image => image.Series)
                .Distinct()
                .Order(StringComparer.Ordinal),
        ];

    /// <summary>Up to MAAS 3.7, an uploaded image has its bare name and belongs to the system <c>custom</c>.</summary>
    private static (string Osystem, string Series) Split(ImageRow image) =>
        image.Name.Split('/', 2) is [var osystem, var series] ? (osystem, series) : ("custom", image.Name);

    private static string NotValid(string wanted, List<(string Osystem, string Series)> images)
    {
        var choices = images.Select(image => $"{image.Osystem}/{image.Series}").Order(StringComparer.Ordinal).Prepend("");
        return $"'{wanted}' is not a valid distro_series.  It should be one of: "
            + $"{string.Join(", ", choices.Select(choice => $"'{choice}'"))}.";
    }
}
