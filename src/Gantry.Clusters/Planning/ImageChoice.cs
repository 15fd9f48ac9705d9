using Gantry.Clusters.Model;

namespace Gantry.Clusters.Planning;

/// <summary>
/// Which of its two images a cluster is installed with: the one that holds Kubernetes, or the stock image, on which machines
/// install packages. It is the first where MAAS has it when the first machine of a version is installed. The choice then holds for
/// all machines of the version, so that an image that somebody uploads later replaces nothing.
/// </summary>
/// <param name="Prepared">The cluster's image when the choice was made.</param>
/// <param name="Stock">The cluster's stock image when the choice was made.</param>
/// <param name="KubernetesVersion">The version for which the choice was made.</param>
/// <param name="Chosen">One of the two.</param>
public sealed record ImageChoice(ImageName Prepared, ImageName Stock, KubernetesVersion KubernetesVersion, ImageName Chosen)
{
    /// <summary>The cluster has two images, so that there is something to choose.</summary>
    public static bool IsOpen(ClusterSpec desired) => desired is { StockImage: not null, InstallsPackages: false };

    /// <summary>The image that machines of the cluster already have; <c>null</c> when MAAS decides.</summary>
    /// <param name="made">The choice that was stored last; <c>null</c> when none was, or when it was lost.</param>
    public static ImageName? Kept(ClusterSpec desired, ImageChoice? made, IEnumerable<Member> members)
    {
        if (!IsOpen(desired))
        {
            return desired.Image;
        }

        var installed = members
            .Where(member => member.Stays && member.Build?.KubernetesVersion == desired.KubernetesVersion)
            .Select(member => member.Build!.Image);
        return made is null ? installed.FirstOrDefault(image => image == desired.Image || image == desired.StockImage)
            : made.IsFor(desired) && installed.Contains(made.Chosen) ? made.Chosen
            : null;
    }

    /// <summary>The desired state with the image that its machines are installed with.</summary>
    public static ClusterSpec Apply(ImageChoice? made, ClusterSpec desired) =>
        made is not null && made.IsFor(desired) ? desired with { Image = made.Chosen } : desired;

    /// <summary>Says where Kubernetes comes from when it is not in the image, and why.</summary>
    /// <param name="desired">With the image that its machines are installed with.</param>
    public static IEnumerable<string> Notes(ClusterSpec desired, ImageChoice? made)
    {
        if (desired.InstallsPackages)
        {
            yield return (
                made is not null && made.Chosen == desired.Image
                    ? $"MAAS had no image {made.Prepared} when the first machine with Kubernetes "
                        + $"{desired.KubernetesVersion} was planned, and {desired.Image} holds no Kubernetes"
                    : $"{desired.Image} holds no Kubernetes"
            )
                + $": machines install {desired.KubernetesVersion} from "
                + $"{PackageSources.RepositoryFor(desired.Nodes.Packages, desired.KubernetesVersion)}.";
        }
    }

    private bool IsFor(ClusterSpec desired) =>
        IsOpen(desired)
        && Prepared == desired.Image
        && Stock == desired.StockImage
        && KubernetesVersion == desired.KubernetesVersion;
}
