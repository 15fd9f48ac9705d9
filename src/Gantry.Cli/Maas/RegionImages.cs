using System.Text.RegularExpressions;
using Gantry.Clusters.Model;
using Gantry.Maas.Images;

namespace Gantry.Cli.Maas;

/// <summary>What a region's images mean for clusters with the layers that Gantry comes with.</summary>
public sealed partial class RegionImages
{
    public RegionImages(IReadOnlyList<BootResource> images)
    {
        var names = images.Select(image => image.Name).Distinct().Order(StringComparer.Ordinal).ToList();
        Prepared = [.. names.Where(name => VersionOf(name) is not null)];
        Stock = [.. names.Where(name => Release().IsMatch(name))];
    }

    /// <summary>Images whose names end in the Kubernetes version that they hold.</summary>
    public IReadOnlyList<string> Prepared { get; }

    /// <summary>Releases of Ubuntu, on which machines install packages.</summary>
    public IReadOnlyList<string> Stock { get; }

    /// <summary>Which of the two ways a new cluster takes, and why.</summary>
    public string Way =>
        (Prepared, Stock) switch
        {
            ([], []) => "no image can become a node: import ubuntu/noble in MAAS, or upload one that docs/images.md describes",
            ([], _) => $"no image holds Kubernetes: machines get {string.Join(" or ", Stock)} and install packages",
            (_, []) =>
                $"images hold Kubernetes {Versions}; other versions need an image of theirs, because MAAS has no ubuntu/noble",
            _ => $"images hold Kubernetes {Versions}; for others machines get {string.Join(" or ", Stock)} and install packages",
        };

    private string Versions => string.Join(", ", Prepared.Select(VersionOf).Distinct());

    /// <summary>The Kubernetes version in an image's name; <c>null</c> when it has none.</summary>
    public static string? VersionOf(string name) =>
        Suffix().Match(name) is { Success: true } found
        && KubernetesVersion.TryParse(found.Groups["version"].Value, out var version)
            ? $"{version}"
            : null;

    [GeneratedRegex(@"k8s-v?(?<version>\d+\.\d+\.\d+)\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Suffix();

    [GeneratedRegex(@"^ubuntu/(jammy|noble|resolute)\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Release();
}
