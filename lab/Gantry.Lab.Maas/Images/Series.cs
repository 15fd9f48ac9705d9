using Gantry.Lab.Maas.Rows;

namespace Gantry.Lab.Maas.Images;

/// <summary>Resolves <c>distro_series</c> to an image, as MAAS does.</summary>
internal static class Series
{
    private const string Default = "noble";

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

    public static string? Kernel(string osystem, string series) =>
        (osystem, series) switch
        {
            ("ubuntu", "jammy") => "ga-22.04",
            ("ubuntu", "noble") => "ga-24.04",
            _ => "",
        };

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
