using Gantry.Lab.Maas.Rows;

namespace Gantry.Lab.Maas.Images;

/// <summary>Resolves <c>distro_series</c> to an image, as MAAS does.</summary>
internal static class Series
{
    /// <summary>The release of machines and commissioning when nobody has set another.</summary>
    public const string Default = "noble";

    private static readonly Dictionary<string, string> Versions = new()
    {
        ["18.04"] = "bionic",
        ["20.04"] = "focal",
        ["22.04"] = "jammy",
        ["24.04"] = "noble",
    };

    public static (string Osystem, string Series) Resolve(RegionState state, string asked)
    {
        var wanted = asked.Length > 0 ? asked : state.Settings.Find("default_distro_series")?.Value ?? Default;
        var images = state.Images.All.Where(image => image.Complete).Select(Split).Distinct().ToList();
        return Named(images, wanted)
            ?? Prefixed(images, wanted)
            ?? throw RegionFault.Field("distro_series", NotValid(wanted, images));
    }

    /// <summary>By series or "system/series", by an Ubuntu version, or the highest series of a system named alone.</summary>
    private static (string Osystem, string Series)? Named(List<(string Osystem, string Series)> images, string wanted)
    {
        var name = Versions.GetValueOrDefault(wanted, wanted);
        return Highest(images.Where(image => name == image.Series || name == $"{image.Osystem}/{image.Series}"))
            ?? Highest(images.Where(image => name == image.Osystem));
    }

    /// <summary>For systems other than Ubuntu the beginning of a series is enough, and the highest wins.</summary>
    private static (string Osystem, string Series)? Prefixed(List<(string Osystem, string Series)> images, string wanted)
    {
        var (kind, name) = wanted.Split('/', 2) is [var before, var after] ? (before, after) : (null, wanted);
        return name.Length == 0
            ? null
            : Highest(
                images.Where(image =>
                    image.Osystem != "ubuntu"
                    && (kind is null || image.Osystem == kind)
                    && image.Series.StartsWith(name, StringComparison.Ordinal)
                )
            );
    }

    private static (string Osystem, string Series)? Highest(IEnumerable<(string Osystem, string Series)> images) =>
        images
            .OrderByDescending(image => image.Series, StringComparer.Ordinal)
            .Select(image => ((string, string)?)image)
            .FirstOrDefault();

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
        // What does not look like a kernel is passed over.
        return !IsKernelName(asked) ? known.Find(kernel => kernel.StartsWith("ga-", StringComparison.Ordinal)) ?? ""
            : known.Contains(asked) ? asked
            : throw RegionFault.Field("hwe_kernel", $"{asked} is not available for {osystem}/{series} on {architecture}.");
    }

    private static bool IsKernelName(string text) =>
        text.StartsWith("hwe-", StringComparison.Ordinal) || text.StartsWith("ga-", StringComparison.Ordinal);

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
